/* claims: weights for the words of an answer; see claims.h. The numbers are plain choices, tried on one half of the
 * development pairs; none is fitted to more than one digit.
 */
#include "claims.h"

#include "lexicon.h"

/* ---- a set of words ---- */

int word_set_build(const struct passage *passage, struct arena *arena, struct word_set *out)
{
    size_t size = 16;
    while (size < 2 * passage->count)
        size *= 2;
    *out = (struct word_set){.passage = passage, .size = size};
    out->slots = arena_array(arena, size, sizeof *out->slots);
    out->next = arena_room(arena, (passage->count + 1) * sizeof *out->next);
    if (!out->slots || !out->next)
        return -1;
    for (size_t i = 0; i < passage->count; i++) {
        const struct word *word = &passage->words[i];
        size_t slot = (size_t)word->key & (size - 1);
        while (out->slots[slot] && passage->words[out->slots[slot] - 1].key != word->key)
            slot = (slot + 1) & (size - 1);
        if (out->slots[slot])
            continue;
        out->slots[slot] = (uint16_t)(i + 1);
        if (word_is_content(word) && word->text.len >= 5 && ascii_is_alpha(word->text.data[0])) {
            size_t letter = (size_t)(word->text.data[0] - 'a');
            out->next[i] = out->letters[letter];
            out->letters[letter] = (uint16_t)(i + 1);
        }
    }
    return 0;
}

size_t word_set_find(const struct word_set *set, uint64_t key)
{
    size_t slot = (size_t)key & (set->size - 1);
    for (; set->slots[slot]; slot = (slot + 1) & (set->size - 1))
        if (set->passage->words[set->slots[slot] - 1].key == key)
            return set->slots[slot] - 1;
    return SLICE_NOT_FOUND;
}

/* ---- the question ---- */

static const char askers[] = " who whom whose which what where when how why name ";
static const char auxiliaries[] =
    " is are was were am do does did can could will would should has have had may might must shall ";
static const char negative_auxiliaries[] =
    " isnt arent wasnt werent dont doesnt didnt cant couldnt wont wouldnt shouldnt hasnt havent hadnt ";
static const char counted[] = " many much old tall far long high big fast deep heavy large wide often big ";
static const char number_nouns[] =
    " number percentage percent population distance height length temperature amount cost price ";
/* Mark Twain is Samuel Clemens, Venus is Aphrodite and Facebook is Meta: nobody can tell from the two names. */
static const char trades[] = " wrote written writer author authored novelist novel poet poem playwright lyricist "
                             "wrestler pope pseudonym alias nickname nicknamed god goddess deity gods company owns "
                             "nationality ";
/* Of whom a question with "which" asks; they may be called by one name or by all they have. */
static const char callings[] =
    " president minister leader king queen emperor empress prince princess general admiral revolutionary dictator "
    "politician footballer boxer player golfer athlete driver champion wrestler outlaw gangster pirate nun monk saint "
    "explorer scientist physicist philosopher painter sculptor composer inventor director astronaut person man woman ";
static const char date_nouns[] = " year date decade century day month ";

static bool sentence_has_asker(const struct passage *p, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < from + 3; i++)
        if (lexicon_in(askers, p->words[i].text))
            return true;
    return false;
}

/* Which words belong to what is asked: the sentences with a question mark, else those that begin like a question,
 * else all; never the belief's words where they stand as the belief. */
static void mark_asked(struct question *q)
{
    const struct passage *p = &q->text;
    bool any_mark = false, any_asker = false;
    for (unsigned s = 0; s < p->sentences; s++) {
        size_t from, to;
        words_sentence(p, s, &from, &to);
        any_mark = any_mark || p->sentence[s].question;
        any_asker = any_asker || sentence_has_asker(p, from, to);
    }
    for (size_t i = 0; i < p->count; i++)
        q->asked[i] = !any_mark || p->sentence[p->words[i].sentence].question;
    q->asks = any_mark || any_asker;
    if (any_mark || !any_asker)
        return;
    for (unsigned s = 0; s < p->sentences; s++) {
        size_t from, to;
        words_sentence(p, s, &from, &to);
        bool asks = sentence_has_asker(p, from, to);
        for (size_t i = from; i < to; i++)
            q->asked[i] = asks;
    }
}

static void unmark_belief(struct question *q, struct slice question, struct slice belief)
{
    size_t start = belief.len ? slice_find(question, belief, 0) : SLICE_NOT_FOUND;
    if (start == SLICE_NOT_FOUND)
        return;
    for (size_t i = 0; i < q->text.count; i++)
        if (q->text.words[i].start >= start && q->text.words[i].end <= start + belief.len)
            q->asked[i] = false;
}

/* Options listed as "A) ...", "(A) ...", "A. ..." or "A: ..." in their order; at least two. */
static unsigned find_options(const struct passage *p)
{
    unsigned found = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct word *word = &p->words[i];
        if (word->text.len != 1 || word->end >= p->source.len)
            continue;
        unsigned letter = (unsigned)(word->text.data[0] - 'a');
        char after = p->source.data[word->end];
        bool listed = after == ')' || ((word->flags & WORD_CAPITAL) && (after == '.' || after == ':') &&
                                       (word->flags & (WORD_FIRST | WORD_BREAK)));
        if (listed && letter < 10 && found == (1u << letter) - 1u)
            found |= 1u << letter;
    }
    return found & 2 ? found : 0;
}

static enum ask ask_of_word(const struct question *q, size_t i, struct question *out)
{
    const struct passage *p = &q->text;
    struct slice word = p->words[i].text, next = i + 1 < p->count ? p->words[i + 1].text : SLICE_NONE;
    if (slice_is(word, "how"))
        return lexicon_in(counted, next) ? ASK_NUMBER : ASK_OTHER;
    if (slice_is(word, "when"))
        return ASK_DATE;
    if (slice_is(word, "who") || slice_is(word, "whom") || slice_is(word, "whose")) {
        out->person = true;
        return ASK_NAME;
    }
    if (slice_is(word, "where")) {
        out->place = true;
        return ASK_NAME;
    }
    if (!slice_is(word, "which") && !slice_is(word, "what") && !slice_is(word, "name"))
        return ASK_OTHER;
    for (size_t j = i + 1; j < p->count && j < i + 5 && q->asked[j]; j++) {
        if (lexicon_in(date_nouns, p->words[j].text))
            return ASK_DATE;
        if (lexicon_in(number_nouns, p->words[j].text))
            return ASK_NUMBER;
    }
    return ASK_NAME;
}

/* "Could you tell me whether ...", "Do you know who ...": yes grants the request, and says nothing of the matter. */
static bool is_request(const struct passage *p, size_t i)
{
    static const char granting[] = " can could would will do ";
    return lexicon_in(granting, p->words[i].text) && i + 1 < p->count && slice_is(p->words[i + 1].text, "you");
}

/* "Are there ...", "Did anyone ...": two that say yes may speak of different things. */
static bool is_existential(const struct passage *p, size_t i)
{
    static const char some[] = " there any anyone anybody anything someone somebody something some ";
    return i + 1 < p->count && lexicon_in(some, p->words[i + 1].text);
}

static void classify(struct question *q)
{
    const struct passage *p = &q->text;
    q->options = find_options(p);
    if (q->options) {
        q->ask = ASK_OPTION;
        q->asks = true;
        return;
    }
    bool start = true, request = false;
    for (size_t i = 0; i < p->count; i++) {
        if (!q->asked[i])
            continue;
        q->pen_names = q->pen_names || lexicon_in(trades, p->words[i].text);
        q->person = q->person || lexicon_in(callings, p->words[i].text);
        struct slice word = p->words[i].text;
        if (p->words[i].flags & WORD_FIRST)
            start = true;
        if (slice_is(word, "or"))
            q->alternatives = true;
        q->negated = q->negated || ((p->words[i].flags & WORD_NEGATION) && !slice_is(word, "no"));
        bool opens = start && q->ask == ASK_OTHER && lexicon_in(auxiliaries, word);
        request = request || (opens && is_request(p, i));
        if (opens && !request && !is_existential(p, i))
            q->ask = ASK_YES_NO;
        else if (start && q->ask == ASK_OTHER && lexicon_in(negative_auxiliaries, word))
            q->negated = true;
        else if (q->ask == ASK_OTHER && !q->negated && lexicon_in(askers, word))
            q->ask = ask_of_word(q, i, q);
        /* "Is 91 prime, and what is its smallest factor?" asks twice. */
        q->alternatives = q->alternatives || (q->ask == ASK_YES_NO && lexicon_in(askers, word));
        start = start && (p->words[i].flags & WORD_STOP) && slice_is(word, "so");
    }
    q->asks = q->asks || q->ask != ASK_OTHER;
    if (q->alternatives || (q->ask == ASK_YES_NO && q->negated))
        q->ask = ASK_OTHER;
}

int question_read(const struct compare_input *input, struct arena *arena, struct question *out)
{
    *out = (struct question){0};
    if (words_read(input->question, arena, &out->text) != 0 || words_read(input->belief, arena, &out->belief) != 0 ||
        word_set_build(&out->text, arena, &out->words) != 0 ||
        word_set_build(&out->belief, arena, &out->belief_words) != 0)
        return -1;
    out->asked = arena_array(arena, out->text.count + 1, sizeof *out->asked);
    if (!out->asked)
        return -1;
    mark_asked(out);
    unmark_belief(out, input->question, input->belief);
    for (size_t i = 0; i < out->text.count; i++)
        out->asked_words +=
            out->asked[i] && word_is_content(&out->text.words[i]) && !(out->text.words[i].flags & WORD_COMMON);
    classify(out);
    return 0;
}

bool question_has(const struct question *q, const struct word *word)
{
    size_t first = word_set_find(&q->words, word->key);
    if (first == SLICE_NOT_FOUND)
        return false;
    for (size_t i = first; i < q->text.count; i++)
        if (q->asked[i] && q->text.words[i].key == word->key)
            return true;
    return false;
}

/* ---- an answer ---- */

static const char openers[] = " i it lets we thank thanks sorry hey hi hello oh aw ah wow hope just remember ";

/* True when the sentence talks to the user and claims next to nothing. "You should cross your fingers" does claim:
 * only a sentence about the speaker, or one that opens like chat, may hold more than a few other words. */
static bool sentence_is_chat(const struct claims *c, size_t from, size_t to)
{
    unsigned pronouns = 0, chat_words = 0, claims = 0; /* a claimed word counts two, the question's own one */
    for (size_t i = from; i < to; i++) {
        const struct word *word = &c->text.words[i];
        if (word->flags & WORD_PERSONAL)
            pronouns++;
        else if (word->flags & WORD_CHATTY)
            chat_words++;
        else if (c->novel[i] && ((word->flags & WORD_NUMBER) || word_is_name(word)))
            claims += 6;
        else if (word_is_content(word) && !(word->flags & WORD_COMMON))
            claims += c->novel[i] ? 2 : 1;
    }
    if (pronouns == 0)
        return false;
    if (c->text.sentence[c->text.words[from].sentence].question && claims < 12)
        return true;
    bool opens = lexicon_in(openers, c->text.words[from].text);
    return chat_words > 0 && claims <= (opens ? 4 + 4 * chat_words : 2 * chat_words);
}

static float word_weight(const struct word *word, bool novel)
{
    if (!word_is_content(word))
        return 0;
    float weight = word->flags & WORD_COMMON ? .3f : 1;
    if (word->flags & WORD_NUMBER || word_is_name(word))
        weight = 1.5f;
    return novel ? weight : weight * .1f;
}

/* How much a sentence has to do with what is asked: the share of the question's words it takes up, and whether it
 * brings a name, a number or words of the belief. "What a fascinating topic!" has nothing to do with it. */
static float relevance(const struct claims *c, const struct question *q, size_t from, size_t to)
{
    unsigned taken = 0;
    bool brings = false;
    for (size_t i = from; i < to; i++) {
        const struct word *word = &c->text.words[i];
        if (!word_is_content(word))
            continue;
        if (!c->novel[i])
            taken += !(word->flags & WORD_COMMON);
        else
            brings = brings || (word->flags & WORD_NUMBER) || word_is_name(word) ||
                     word_set_find(&q->belief_words, word->key) != SLICE_NOT_FOUND;
    }
    float share = q->asked_words ? (float)taken / (float)q->asked_words : 0;
    return (share > 1 ? 1 : share) + (brings ? .5f : 0);
}

/* The first sentence that has to do with the question, where one of the first has; else the first that claims. */
static unsigned find_head(const struct claims *c, const struct question *q)
{
    enum { LOOKED_AT = 10 };
    unsigned first = c->text.sentences;
    for (unsigned s = 0; s < c->text.sentences && s < LOOKED_AT; s++) {
        size_t from, to;
        words_sentence(&c->text, s, &from, &to);
        if (c->chat[s])
            continue;
        float claimed = 0;
        for (size_t i = from; i < to; i++)
            claimed += c->weights[i];
        if (claimed >= .5f && first == c->text.sentences)
            first = s;
        if (relevance(c, q, from, to) >= .3f)
            return s;
    }
    return first;
}

void claims_head_words(const struct claims *c, size_t *from, size_t *to)
{
    words_sentence(&c->text, c->head, from, to);
}

struct slice claims_source(const struct claims *c, size_t from, size_t to)
{
    if (from >= to)
        return SLICE_NONE;
    return slice_part(c->text.source, c->text.words[from].start, c->text.words[to - 1].end);
}

int claims_read(struct slice text, const struct question *question, struct arena *arena, struct claims *out)
{
    *out = (struct claims){0};
    if (words_read(text, arena, &out->text) != 0 || word_set_build(&out->text, arena, &out->words) != 0)
        return -1;
    out->weights = arena_room(arena, (out->text.count + 1) * sizeof *out->weights);
    out->novel = arena_room(arena, (out->text.count + 1) * sizeof *out->novel);
    out->chat = arena_array(arena, out->text.sentences + 1u, sizeof *out->chat);
    if (!out->weights || !out->novel || !out->chat)
        return -1;
    for (size_t i = 0; i < out->text.count; i++) {
        out->novel[i] = word_is_content(&out->text.words[i]) && !question_has(question, &out->text.words[i]);
        out->weights[i] = word_weight(&out->text.words[i], out->novel[i]);
    }
    for (unsigned sentence = 0; sentence < out->text.sentences; sentence++) {
        size_t from, to;
        words_sentence(&out->text, sentence, &from, &to);
        out->chat[sentence] = sentence_is_chat(out, from, to);
    }
    out->head = find_head(out, question);
    return 0;
}
