/* neutralise: the request without what the user feels and believes, or an honest refusal.
 *
 * Sentences that hold a cue or a stated belief go, and small talk that only leads over. Facts often ride in the same
 * sentence as a feeling ("I'm scared, I took 12 pills"): what holds a number, a person, a symptom or a dose stays, and
 * where that keeps a cue in, the rewrite is refused. A neighbour of a cut cue goes only when the question can stand
 * without it. When no question is left the belief is asked back: "Is it true that P?".
 */
#include "buf.h"
#include "detector.h"
#include "wording.h"

enum {
    TEXT_MAX = PASSAGE_HEAD + PASSAGE_TAIL,
    NEIGHBOUR_WORDS = 18, /* a longer sentence is more than mood */
    VIGNETTE_WORDS = 30,  /* a text of this length stands without its neighbours */
    PREFIX_WORDS = 4,     /* so much before a belief is a clause of its own */
    QUESTION_CONTENT = 2  /* content words that make a question stand alone */
};

/* A weaker cue is read off what happened: its sentence tells a fact as well. */
static const double SCORE_MOOD = .6;

enum fate { FATE_KEEP, FATE_CUT_CUE, FATE_CUT_BELIEF, FATE_CUT_BRIDGE, FATE_CUT_NEIGHBOUR, FATE_CUT_PART };

struct rewrite {
    struct detector *d;
    const struct detection *found;
    size_t turn;
    const struct language *language;
    enum fate fates[SENTENCES_MAX];
    struct span parts[SENTENCES_MAX]; /* FATE_CUT_PART: what goes, in the passage */
    bool bridges[SENTENCES_MAX];
    const char *refusal;
};

/* ---- deciding ---- */

static struct slice sentence_of(const struct rewrite *r, size_t i)
{
    return passage_sentence(&r->d->passage, i);
}

/* Somebody or something by name: a capital within the sentence. Where all nouns have one it tells nothing. start and
 * end are of the passage. */
static bool holds_name(const struct rewrite *r, size_t start, size_t end)
{
    static const char *const exclaimed[] = {"god", "jesus", "christ", "lord"};
    const struct passage *p = &r->d->passage;
    struct slice text = slice_part(p->original, passage_origin(p, start), passage_origin(p, end - 1) + 1);
    size_t at = 0;
    if (strcmp(r->language->code, "de") == 0)
        return false;
    (void)wording_next(text, &at);
    for (struct slice word = wording_next(text, &at); word.len; word = wording_next(text, &at))
        if (word.len >= 2 && word.data[0] >= 'A' && word.data[0] <= 'Z' && word.data[1] >= 'a' && word.data[1] <= 'z' &&
            !IS_ONE_OF(word, exclaimed))
            return true;
    return false;
}

static bool holds_fact(struct rewrite *r, size_t i)
{
    return wording_has_digit(sentence_of(r, i)) ||
           detector_match(r->d, &r->language->guards[GUARD_FACT], sentence_of(r, i)) != FOUND_NOTHING;
}

#define FEELINGS (1u << CONTEXT_SAD | 1u << CONTEXT_ANGER | 1u << CONTEXT_HAPPY | 1u << CONTEXT_FEAR)
/* All that is no fact in itself: stakes are told by what happened. */
#define MOODS (~(1u << CONTEXT_HIGH))

/* Whether a cue of these contexts and of this score or more touches these bytes of the original. */
static bool cue_touches(const struct rewrite *r, unsigned contexts, double least, size_t start, size_t end)
{
    for (size_t k = 0; k < r->found->cue_count; k++) {
        const struct cue *cue = &r->found->cues[k];
        if (cue->turn == r->turn && contexts & 1u << cue->context && cue->score >= least && cue->start < end &&
            cue->end > start)
            return true;
    }
    return false;
}

/* "I'm so stressed, I drank a bottle of wine": a clause behind another that no feeling touches tells what happened. */
static bool holds_story(const struct rewrite *r, size_t i)
{
    static const char *const joints[] = {", ", "; ", ": ", " - ", " because ", " since ", " after "};
    const struct passage *p = &r->d->passage;
    struct slice text = sentence_of(r, i);
    size_t base = p->sentences[i].start;
    for (size_t k = 0; k < sizeof joints / sizeof *joints; k++)
        for (size_t at = 0; (at = slice_find(text, slice_from(joints[k]), at)) != SLICE_NOT_FOUND; at++) {
            size_t from = at + strlen(joints[k]), to = slice_find(text, SLICE(", "), from), start = from;
            struct slice clause = slice_part(text, from, to < text.len ? to : text.len);
            if (wording_is_subject(wording_next(text, &start)) && wording_count_content(clause) > 0 &&
                !wording_any(clause, wording_is_listener) && wording_any(slice_part(text, 0, at), wording_is_subject) &&
                !cue_touches(r, MOODS, SCORE_MOOD, passage_origin(p, base + from),
                             passage_origin(p, base + from + clause.len - 1)))
                return true;
        }
    return false;
}

/* What a sentence that only tells of a mood does not do. */
static bool tells_more(struct rewrite *r, size_t i)
{
    const struct sentence *s = &r->d->passage.sentences[i];
    return holds_fact(r, i) || holds_name(r, s->start, s->end) || holds_story(r, i);
}

/* A question stands alone when it names what it asks about. */
static bool stands_alone(const struct rewrite *r, size_t i)
{
    struct slice s = sentence_of(r, i);
    return wording_count_content(s) >= QUESTION_CONTENT && !wording_leans(s);
}

/* The sentences of the passage that a span of the original touches: the first one. */
static size_t sentence_at(const struct rewrite *r, size_t original)
{
    const struct passage *p = &r->d->passage;
    size_t i = 0;
    while (i + 1 < p->count && passage_origin(p, p->sentences[i + 1].start) <= original)
        i++;
    return i;
}

/* A cue and a question in one sentence, "I'm so sad, who wrote Emma?": the question is kept from its first word on. */
static void cut_before_question(struct rewrite *r, size_t i, size_t cue_end)
{
    const struct passage *p = &r->d->passage;
    const struct sentence *s = &p->sentences[i];
    size_t at = s->start;
    while (at < s->end && passage_origin(p, at) < cue_end)
        at++;
    for (; at < s->end; at++) {
        if (!strchr(",;:-", p->text[at]))
            continue;
        size_t begin = at + 1;
        while (begin < s->end && strchr(" -", p->text[begin]))
            begin++;
        struct slice rest = slice_of(p->text + begin, s->end - begin);
        struct slice head = slice_of(p->text + s->start, at - s->start);
        if (wording_has_digit(head) || holds_name(r, s->start, at) ||
            detector_match(r->d, &r->language->guards[GUARD_ASK], rest) != FOUND_MATCH)
            continue;
        r->fates[i] = FATE_CUT_PART;
        r->parts[i] = (struct span){s->start, begin};
        return;
    }
    r->refusal = "a cue and the question stand in one sentence";
}

static void judge_cue(struct rewrite *r, const struct cue *cue)
{
    size_t i = sentence_at(r, cue->start);
    const struct sentence *s = &r->d->passage.sentences[i];
    bool asks_itself = cue->context == CONTEXT_DOWN || cue->context == CONTEXT_LOW;
    if (r->fates[i] != FATE_KEEP)
        return;
    if (cue->score < SCORE_MOOD || (s->asks ? holds_fact(r, i) : tells_more(r, i))) {
        if (!asks_itself)
            r->refusal = "a sentence with a cue also holds a fact";
        return;
    }
    if (s->asks && !(asks_itself && wording_count_content(sentence_of(r, i)) <= QUESTION_CONTENT))
        cut_before_question(r, i, cue->end);
    else
        r->fates[i] = FATE_CUT_CUE;
}

/* What stands before a belief in its sentence and is long enough to be a clause of its own stays: a question without
 * its mark, for example. */
static void judge_belief(struct rewrite *r, const struct cue *cue)
{
    const struct passage *p = &r->d->passage;
    size_t i = sentence_at(r, cue->start);
    const struct sentence *s = &p->sentences[i];
    size_t start = s->start;
    while (start < s->end && passage_origin(p, start) < cue->start)
        start++;
    /* Counted in the original, where quotations are not masked. */
    struct slice before = slice_part(p->original, passage_origin(p, s->start), cue->start);
    if (r->fates[i] == FATE_CUT_PART)
        return;
    if (wording_count(before) >= PREFIX_WORDS) {
        r->fates[i] = FATE_CUT_PART;
        r->parts[i] = (struct span){start, s->end};
    } else {
        r->fates[i] = FATE_CUT_BELIEF;
    }
}

static bool cuts_anything(const struct rewrite *r)
{
    for (size_t i = 0; i < r->d->passage.count; i++)
        if (r->fates[i] != FATE_KEEP)
            return true;
    return false;
}

static void judge_found(struct rewrite *r)
{
    for (size_t k = 0; k < r->found->cue_count; k++) {
        const struct cue *cue = &r->found->cues[k];
        if (cue->turn == r->turn && cue->context == CONTEXT_NONE && cue->belief != BELIEF_NONE)
            judge_belief(r, cue);
    }
    for (int weak = 0; weak <= 1; weak++) /* a strong cue cuts its sentence before a weak one could forbid it */
        for (size_t k = 0; k < r->found->cue_count; k++) {
            const struct cue *cue = &r->found->cues[k];
            if (cue->turn == r->turn && cue->context != CONTEXT_NONE && (cue->score < SCORE_MOOD) == weak)
                judge_cue(r, cue);
        }
    for (size_t i = 0; i < r->d->passage.count; i++)
        if (r->bridges[i] && r->fates[i] == FATE_KEEP && !tells_more(r, i) && (i == 0 || cuts_anything(r)))
            r->fates[i] = FATE_CUT_BRIDGE;
}

/* True when what is kept besides sentence i can be answered without it. */
static bool rest_stands(struct rewrite *r, size_t i)
{
    bool asked = false;
    size_t words = 0;
    for (size_t k = 0; k < r->d->passage.count; k++) {
        if (k == i || r->fates[k] != FATE_KEEP)
            continue;
        if (wording_shares(sentence_of(r, i), sentence_of(r, k)))
            return false;
        words += wording_count(sentence_of(r, k));
        asked = asked || (r->d->passage.sentences[k].asks && stands_alone(r, k));
    }
    return asked || words >= VIGNETTE_WORDS;
}

/* Mood spills over: the sentence beside a cut cue often continues it. */
static void judge_neighbours(struct rewrite *r)
{
    size_t count = r->d->passage.count;
    for (size_t i = 0; i < count; i++) {
        bool beside = (i > 0 && r->fates[i - 1] == FATE_CUT_CUE) || (i + 1 < count && r->fates[i + 1] == FATE_CUT_CUE);
        if (!beside || r->fates[i] != FATE_KEEP || r->d->passage.sentences[i].asks || tells_more(r, i) ||
            wording_count(sentence_of(r, i)) > NEIGHBOUR_WORDS || r->d->passage.sentences[i].material ||
            !wording_is_about_us(sentence_of(r, i)))
            continue;
        if (rest_stands(r, i))
            r->fates[i] = FATE_CUT_NEIGHBOUR;
    }
}

/* A name or a number alone, or "the answer is X": it answers the question that is kept. */
static bool is_answer(const struct rewrite *r, size_t i)
{
    enum { ANSWER_WORDS = 4 };
    const struct stated_belief *belief = &r->found->belief;
    return belief->kind != BELIEF_NONE && belief->turn == r->turn && sentence_at(r, belief->start) == i &&
           (belief->answers || wording_count(belief->text) <= ANSWER_WORDS);
}

/* "I think the patient has a fracture. What should be done first?": a belief with a fact goes only where it answers the
 * question, or where what is kept speaks of the same. */
static bool loses_believed_fact(struct rewrite *r)
{
    const struct passage *p = &r->d->passage;
    for (size_t i = 0; i < p->count; i++) {
        const struct sentence *s = &p->sentences[i];
        bool needed =
            r->fates[i] == FATE_CUT_BELIEF && !is_answer(r, i) && (holds_fact(r, i) || holds_name(r, s->start, s->end));
        for (size_t k = 0; needed && k < p->count; k++)
            needed = r->fates[k] != FATE_KEEP || !wording_shares(sentence_of(r, i), sentence_of(r, k));
        if (needed)
            return true;
    }
    return false;
}

/* How many words of sentence i stand behind a feeling and mean something: what it is about. */
static size_t object_words(const struct rewrite *r, size_t i)
{
    const struct passage *p = &r->d->passage;
    struct slice text = sentence_of(r, i);
    size_t at = 0, count = 0;
    bool felt = false;
    for (struct slice word = wording_next(text, &at); word.len; word = wording_next(text, &at)) {
        size_t end = p->sentences[i].start + at;
        bool touched = cue_touches(r, FEELINGS, 0, passage_origin(p, end - word.len), passage_origin(p, end - 1) + 1);
        felt = felt || touched;
        count += felt && !touched && wording_is_content(word);
    }
    return count;
}

/* "I'm worried about the mole on my back. Should I see a doctor?": what a feeling is about goes only where the question
 * does not need it. */
static bool loses_object(const struct rewrite *r)
{
    enum { OBJECT_WORDS = 2 }; /* one is too often part of the feeling */
    bool told = false;
    for (size_t i = 0; i < r->d->passage.count; i++) {
        if (r->fates[i] == FATE_KEEP && r->d->passage.sentences[i].asks && stands_alone(r, i))
            return false;
        told = told || (r->fates[i] == FATE_CUT_CUE && object_words(r, i) >= OBJECT_WORDS &&
                        !wording_any(sentence_of(r, i), wording_is_listener));
    }
    return told;
}

/* Something is left that can be answered by itself. */
static bool question_remains(struct rewrite *r)
{
    bool belief_cut = false, any = false, whole = false;
    for (size_t i = 0; i < r->d->passage.count; i++) {
        belief_cut = belief_cut || r->fates[i] == FATE_CUT_BELIEF;
        if (r->fates[i] == FATE_CUT_PART)
            any = whole = true;
        if (r->fates[i] != FATE_KEEP)
            continue;
        any = any || wording_count_content(sentence_of(r, i)) > 0;
        whole = whole ||
                (wording_count_content(sentence_of(r, i)) >= 1 && !(belief_cut && wording_leans(sentence_of(r, i))));
    }
    return belief_cut ? whole : any;
}

/* ---- writing ---- */

/* What goes of sentence i, in the passage; false when it stays whole. */
static bool gone_part(const struct rewrite *r, size_t i, struct span *out)
{
    const struct sentence *s = &r->d->passage.sentences[i];
    *out = r->fates[i] == FATE_CUT_PART ? r->parts[i] : (struct span){s->start, s->end};
    return r->fates[i] != FATE_KEEP;
}

/* Neighbouring cuts become one, with the blanks between them. */
static void collect_cuts(const struct rewrite *r, struct neutral *out)
{
    const struct passage *p = &r->d->passage;
    for (size_t i = 0; i < p->count; i++) {
        struct span part;
        size_t start = 0, end = 0;
        if (!gone_part(r, i, &part))
            continue;
        passage_span(p, part.start, part.end, &start, &end);
        while (end < p->original.len && ascii_is_space(p->original.data[end]))
            end++;
        if (out->cut_count && out->cuts[out->cut_count - 1].end >= start) {
            out->cuts[out->cut_count - 1].end = end;
        } else if (out->cut_count < sizeof out->cuts / sizeof *out->cuts) {
            out->cuts[out->cut_count].start = start;
            out->cuts[out->cut_count++].end = end;
        } else {
            out->reason = "there are too many sentences to cut";
        }
    }
}

static void write_kept(const struct rewrite *r, struct arena *arena, struct neutral *out)
{
    struct slice text = r->d->passage.original;
    struct buf kept;
    buf_init(&kept, TEXT_MAX + 1);
    size_t at = 0;
    for (size_t i = 0; i < out->cut_count; i++) {
        buf_add_slice(&kept, slice_part(text, at, out->cuts[i].start));
        at = out->cuts[i].end;
    }
    buf_add_slice(&kept, slice_part(text, at, text.len));
    out->text = arena_copy(arena, slice_trim(buf_slice(&kept)));
    buf_fini(&kept);
}

/* "Isn't Sydney the capital?": what follows the verb is no sentence by itself. */
static bool is_inverted(const struct rewrite *r, const struct stated_belief *belief)
{
    struct slice before = slice_trim(slice_part(r->d->passage.original, 0, belief->start));
    return slice_ends(before, SLICE("n't")) || slice_ends(before, SLICE("n\xE2\x80\x99t"));
}

/* Asking the belief back would lose what the user asked about it. */
static bool loses_question(const struct rewrite *r)
{
    const struct passage *p = &r->d->passage;
    for (size_t i = 0; i < p->count; i++) {
        const struct sentence *s = &p->sentences[i];
        size_t at = s->start;
        while (at < s->end && passage_origin(p, at) < r->found->belief.end)
            at++;
        if (s->asks && (wording_asks_more(sentence_of(r, i)) || wording_asks_more(slice_of(p->text + at, s->end - at))))
            return true;
    }
    return false;
}

/* "I think my code leaks": asked back it would be the user's question in the first person, which nobody asked. */
static void ask_back(struct rewrite *r, struct arena *arena, struct neutral *out)
{
    const struct stated_belief *belief = &r->found->belief;
    bool english = strcmp(r->language->code, "en") == 0;
    if (belief->kind == BELIEF_NONE || belief->turn != r->turn || !belief->text.len || !english) {
        r->refusal = "no question is left without the cue or the belief";
        return;
    }
    if (belief->kind == BELIEF_PUSHBACK || belief->answers || wording_leans(belief->text) || is_inverted(r, belief) ||
        wording_count(belief->text) < 3 || loses_question(r)) {
        r->refusal = "the belief cannot be asked back as a question of its own";
        return;
    }
    out->text = arena_format(arena, "Is it true that %.*s?", SLICE_ARGS(belief->text));
    out->cut_count = 1;
    out->cuts[0].start = 0;
    out->cuts[0].end = r->d->passage.original.len;
}

static void finish(struct rewrite *r, struct arena *arena, struct neutral *out)
{
    if (!r->refusal && cuts_anything(r)) {
        if (question_remains(r) && loses_believed_fact(r)) {
            r->refusal = "the belief holds a fact that the question may need";
        } else if (question_remains(r) && loses_object(r)) {
            r->refusal = "the question may need what the feeling is about";
        } else if (question_remains(r)) {
            collect_cuts(r, out);
            write_kept(r, arena, out);
            r->refusal = out->reason;
        } else {
            ask_back(r, arena, out);
        }
    }
    out->reason = r->refusal;
    out->safe = !r->refusal && out->text.data;
    if (!out->safe) {
        out->text = r->d->passage.original;
        out->cut_count = 0;
        out->reason = r->refusal ? r->refusal : "out of memory";
    }
}

void neutralise(struct detector *d, struct slice text, const struct detection *found, size_t turn, struct arena *arena,
                struct neutral *out)
{
    *out = (struct neutral){.text = text, .safe = true};
    struct rewrite *r = arena_alloc(arena, sizeof *r);
    if (!r || text.len > TEXT_MAX) {
        out->safe = false;
        out->reason = r ? "the text is too long to rewrite safely" : "out of memory";
        return;
    }
    *r = (struct rewrite){.d = d, .found = found, .turn = turn};
    /* Run the turn again for its sentences and bridges; its cues are known. */
    struct detection again;
    struct detect_turn one = {true, text};
    d->bridges = r->bridges;
    detect_run(d, &one, 1, arena, &again);
    d->bridges = NULL;
    size_t language = detector_language(d->rules, again.language);
    r->language = &d->rules->languages[language == LANGUAGE_ANY ? LANGUAGE_ENGLISH : language];
    if (d->passage.code) {
        r->refusal = "the text holds code";
    } else {
        judge_found(r);
        judge_neighbours(r);
    }
    finish(r, arena, out);
}
