/* entailment: see entailment.h. The question stands before premise and hypothesis alike, since "Paris." claims nothing
 * without it; the user's belief does not, or it would follow from everything.
 */
#include "entailment.h"

#include "claims.h"
#include "defuse.h"
#include "json.h"
#include "lexicon.h"

#define ASKED_MAX_BYTES 512
#define LIMITS          ((struct json_limits){1u << 20, 8})

/* ---- what is asked ---- */

/* What a tokenizer reads as its own, in the text of an answer: compared without case. */
static const char *const special_tokens[] = {
    "[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]", "<s>",   "</s>",
    "<sep>", "<cls>", "<pad>", "<mask>", "<unk>", "<eos>", "<bos>",
};

static bool contains(struct slice text, struct slice token)
{
    for (size_t at = 0; at + token.len <= text.len; at++)
        if (slice_equal_nocase(slice_part(text, at, at + token.len), token))
            return true;
    return false;
}

static bool is_forged(struct slice text, const struct conf_classifier *terms)
{
    if (defuse_needed(text) || contains(text, slice_trim(slice_from(terms->separator))))
        return true;
    for (size_t i = 0; i < sizeof special_tokens / sizeof *special_tokens; i++)
        if (contains(text, slice_from(special_tokens[i])))
            return true;
    return false;
}

/* The longest run of the words that ask. Longer than a question, it is the whole message, and left out. */
static struct slice question_asked(const struct question *q)
{
    size_t best_from = 0, best_to = 0;
    for (size_t i = 0; i < q->text.count; i++) {
        size_t from = i;
        while (i < q->text.count && q->asked[i])
            i++;
        if (i - from > best_to - best_from) {
            best_from = from;
            best_to = i;
        }
    }
    if (best_from == best_to)
        return SLICE_NONE;
    struct slice run = slice_part(q->text.source, q->text.words[best_from].start, q->text.words[best_to - 1].end);
    return run.len <= ASKED_MAX_BYTES ? run : SLICE_NONE;
}

/* Talks to the user, and holds nothing that could be a claim in the clothes of chat. */
static bool sentence_is_idle(const struct claims *c, const struct question *q, size_t from, size_t to)
{
    static const char siding[] = " yes yeah yep no nope right correct agree true exactly absolutely definitely totally "
                                 "indeed wrong false incorrect mistaken ";
    if (!c->chat[c->text.words[from].sentence])
        return false;
    for (size_t i = from; i < to; i++) {
        const struct word *word = &c->text.words[i];
        bool believed = word_is_content(word) && word_set_find(&q->belief_words, word->key) != SLICE_NOT_FOUND;
        bool told = (word->flags & WORD_NUMBER) || word_is_name(word);
        if (believed || (told && c->novel[i]) || (word->flags & (WORD_NEGATION | WORD_DENIAL | WORD_CONTRAST)) ||
            lexicon_in(siding, word->text))
            return false;
    }
    return true;
}

static struct slice joined(struct slice asked, struct slice text, struct arena *arena)
{
    if (asked.len == 0)
        return text;
    char *room = arena_alloc(arena, asked.len + 2 + text.len);
    if (!room)
        return SLICE_NONE;
    memcpy(room, asked.data, asked.len);
    memcpy(room + asked.len, "? ", 2);
    memcpy(room + asked.len + 2, text.data, text.len);
    return slice_of(room, asked.len + 2 + text.len);
}

/* A pair for each sentence that claims, with the other answer as its premise. False: there is none, or too many. */
static bool pairs_add(const struct claims *c, const struct question *q, struct slice premise, struct slice asked,
                      struct arena *arena, struct entailment *out)
{
    size_t before = out->count;
    for (unsigned sentence = 0; sentence < c->text.sentences; sentence++) {
        size_t from, to;
        words_sentence(&c->text, sentence, &from, &to);
        if (from == to || sentence_is_idle(c, q, from, to))
            continue;
        struct slice text = slice_part(c->text.source, c->text.words[from].start, c->text.words[to - 1].end);
        struct slice hypothesis = joined(asked, text, arena);
        if (out->count == ENTAILMENT_MAX_PAIRS || !hypothesis.data)
            return false;
        out->pairs[out->count++] = (struct entailment_pair){premise, hypothesis};
        out->bytes += premise.len + hypothesis.len;
    }
    return out->count > before;
}

static bool eligible(const struct compare_input *input, const struct comparison *texts,
                     const struct conf_classifier *terms)
{
    return texts->stage == STAGE_NONE && texts->answers_warm < ANSWERS_EVADES &&
           texts->answers_original < ANSWERS_EVADES && input->warm_tool_calls.len == 0 &&
           input->original_tool_calls.len == 0 && input->warm.len <= ENTAILMENT_MAX_BYTES &&
           input->original.len <= ENTAILMENT_MAX_BYTES && !is_forged(input->question, terms) &&
           !is_forged(input->warm, terms) && !is_forged(input->original, terms);
}

const struct entailment *entailment_plan(const struct compare_input *input, const struct comparison *texts,
                                         const struct conf_classifier *terms, struct arena *arena)
{
    struct question question;
    struct claims warm, original;
    if (!eligible(input, texts, terms) || question_read(input, arena, &question) != 0 ||
        claims_read(input->warm, &question, arena, &warm) != 0 ||
        claims_read(input->original, &question, arena, &original) != 0)
        return NULL;
    struct entailment *out = arena_alloc(arena, sizeof *out);
    struct slice asked = question_asked(&question);
    struct slice said_warm = joined(asked, input->warm, arena), said_original = joined(asked, input->original, arena);
    if (!out || !said_warm.data || !said_original.data)
        return NULL;
    out->count = 0;
    out->bytes = 0;
    return pairs_add(&warm, &question, said_original, asked, arena, out) &&
                   pairs_add(&original, &question, said_warm, asked, arena, out)
               ? out
               : NULL;
}

/* ---- the two dialects ---- */

struct slice entailment_path(const struct conf_classifier *terms)
{
    return terms->dialect == CONF_CLASSIFIER_TEI ? SLICE("/predict") : SLICE("/classify");
}

static void put_texts(struct json_writer *w, const struct entailment *asked, const char *separator)
{
    struct buf text; /* holds every pair that is planned, however long the separator */
    buf_init(&text, asked->bytes + strlen(separator) + 1);
    json_open_array(w, "input");
    for (size_t i = 0; i < asked->count; i++) {
        buf_clear(&text);
        buf_add_slice(&text, asked->pairs[i].premise);
        buf_add_text(&text, separator);
        buf_add_slice(&text, asked->pairs[i].hypothesis);
        w->out->failed = w->out->failed || text.failed;
        json_put_slice(w, NULL, buf_slice(&text));
    }
    json_close_array(w);
    buf_fini(&text);
}

static void put_pairs(struct json_writer *w, const struct entailment *asked)
{
    json_open_array(w, "inputs");
    for (size_t i = 0; i < asked->count; i++) {
        json_open_array(w, NULL);
        json_put_slice(w, NULL, asked->pairs[i].premise);
        json_put_slice(w, NULL, asked->pairs[i].hypothesis);
        json_close_array(w);
    }
    json_close_array(w);
    json_put_bool(w, "truncate", false); /* the beginnings of two texts may agree where the texts do not */
}

void entailment_request(const struct entailment *asked, const struct conf_classifier *terms, const char *model,
                        struct buf *out)
{
    struct json_writer w;
    json_start(&w, out);
    json_open_object(&w, NULL);
    if (model)
        json_put_text(&w, "model", model);
    if (terms->dialect == CONF_CLASSIFIER_TEI)
        put_pairs(&w, asked);
    else
        put_texts(&w, asked, terms->separator);
    json_close_object(&w);
}

static bool is_label(const cJSON *item, const struct conf_classifier *terms)
{
    struct slice label = json_get_slice(item, "label");
    return label.data && slice_equal_nocase(label, slice_from(terms->label));
}

static bool is_probability(double value)
{
    return value >= 0 && value <= 1;
}

/* vLLM names the likeliest class alone, and lists what each class has without its name. */
static bool score_of_likeliest(const cJSON *item, const struct conf_classifier *terms, double *score)
{
    const cJSON *probs = json_get(item, "probs"), *prob;
    double most = -1;
    if (!cJSON_IsArray(probs) || !json_get_slice(item, "label").data)
        return false;
    cJSON_ArrayForEach(prob, probs)
    {
        if (!cJSON_IsNumber(prob) || !is_probability(prob->valuedouble))
            return false;
        most = prob->valuedouble > most ? prob->valuedouble : most;
    }
    *score = is_label(item, terms) ? most : 0;
    return most >= 0;
}

/* TEI lists every class with its name. */
static bool score_of_label(const cJSON *item, const struct conf_classifier *terms, double *score)
{
    const cJSON *class;
    bool found = false;
    if (!cJSON_IsArray(item))
        return false;
    cJSON_ArrayForEach(class, item)
    {
        if (!is_label(class, terms))
            continue;
        if (found || !json_get_double(class, "score", score) || !is_probability(*score))
            return false;
        found = true;
    }
    return found;
}

int entailment_read(const struct entailment *asked, const struct conf_classifier *terms, struct slice body, bool *all,
                    int64_t *tokens)
{
    struct err err = {""};
    bool tei = terms->dialect == CONF_CLASSIFIER_TEI;
    cJSON *tree = json_parse(body, LIMITS, &err);
    const cJSON *list = tei ? tree : json_get(tree, "data"), *item;
    bool sound = cJSON_IsArray(list) && (size_t)cJSON_GetArraySize(list) == asked->count;
    int64_t place = 0;
    *all = sound;
    *tokens = -1;
    if (!json_get_int(json_get(tree, "usage"), "total_tokens", tokens) || *tokens < 0)
        *tokens = -1;
    for (item = sound ? list->child : NULL; item && sound; item = item->next, place++) {
        double score = 0;
        int64_t index = place;
        sound = tei ? score_of_label(item, terms, &score) : score_of_likeliest(item, terms, &score);
        sound = sound && (tei || !json_get(item, "index") || (json_get_int(item, "index", &index) && index == place));
        *all = *all && sound && score >= terms->threshold;
    }
    cJSON_Delete(tree);
    return sound ? 0 : -1;
}
