/* detect: running the rules over the turns of a conversation.
 *
 * A turn is made a passage; one prefilter pass a sentence names the rules that can match; those run, each once a
 * sentence, on a budget. The last user turn goes first, so that a long history cannot use up its budget. A limit hit
 * is remembered as an error of the whole detection, never taken for silence.
 */
#include "detect.h"

#include <stdlib.h>

#include "detector.h"

enum {
    TURNS_MAX = 16,     /* user turns that are looked at, the last ones */
    FUEL_A_RUN = 24,    /* what starting a pattern costs, in bytes */
    LONG_SENTENCES = 9, /* a text of more is mostly not the user speaking of themselves */
    REMARK_BYTES = 280, /* a turn of so many bytes that asks for nothing is a remark */
    WHOLE_BYTES = 450,  /* of a longer one no rule sees the whole, which would be to read it twice */
    LONG_EDGE = 3,      /* of a long text, beliefs, relations and stakes are looked for in its first and last so many */
    JIT_STACK_MIN = 32 << 10,
    JIT_STACK_MAX = 256 << 10
};

/* A label is set from here on; what scores lower only shows among the scores. */
static const double SCORE_FIRES = .5;
/* A feeling that is said outright silences those that are only read off what happened. */
static const double SCORE_SAID = .75, SCORE_TOLD = .6;

struct detector *detector_new(struct rules *rules, struct err *err)
{
    struct detector *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(err, "out of memory for a detector");
        return NULL;
    }
    d->rules = rules_hold(rules);
    d->candidates = candidates_new(rules);
    d->matches = calloc(rules->count + 1, sizeof *d->matches);
    d->errors = calloc(rules->count + 1, sizeof *d->errors);
    d->runs = calloc(rules->count + 1, sizeof *d->runs);
    d->compiled = calloc(rules->way_count + 1, sizeof *d->compiled);
    d->data = pcre2_match_data_create(rules->captures + 1, NULL);
    d->other = pcre2_match_data_create(rules->captures + 1, NULL);
    d->context = pcre2_match_context_create(NULL);
    d->interpreted = pcre2_match_context_create(NULL);
    d->stack = rules->jit ? pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL) : NULL;
    if (!d->candidates || !d->matches || !d->errors || !d->runs || !d->compiled || !d->data || !d->other ||
        !d->context || !d->interpreted || (rules->jit && !d->stack)) {
        err_set(err, "out of memory for a detector");
        detector_free(d);
        return NULL;
    }
    pattern_limit(d->context, true);
    pattern_limit(d->interpreted, false);
    if (d->stack)
        pcre2_jit_stack_assign(d->context, NULL, d->stack);
    return d;
}

void detector_free(struct detector *d)
{
    if (!d)
        return;
    for (size_t i = 0; d->compiled && i < d->rules->way_count; i++)
        pcre2_code_free(d->compiled[i].code);
    free(d->compiled);
    pcre2_match_data_free(d->data);
    pcre2_match_data_free(d->other);
    pcre2_match_context_free(d->context);
    pcre2_match_context_free(d->interpreted);
    pcre2_jit_stack_free(d->stack);
    candidates_free(d->candidates);
    free(d->matches);
    free(d->errors);
    free(d->runs);
    rules_drop(d->rules);
    free(d);
}

void detector_counts(const struct detector *d, size_t rule, uint64_t *matches, uint64_t *errors)
{
    *matches = d->matches[rule];
    *errors = d->errors[rule];
}

uint64_t detector_runs(const struct detector *d, size_t rule)
{
    return d->runs[rule];
}

static const struct compiled *compiled_of(struct detector *d, const struct pattern *pattern, size_t way)
{
    struct compiled *compiled = &d->compiled[pattern->first_way + way];
    if (!compiled->code) {
        compiled->code = pattern_compile(pattern, &pattern->ways[way]);
        compiled->jit = compiled->code && d->rules->jit && pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE) == 0;
    }
    return compiled;
}

static void prepare(struct detector *d, const struct pattern *pattern)
{
    for (size_t i = 0; i < pattern->way_count; i++)
        (void)compiled_of(d, pattern, i);
}

void detector_prepare(struct detector *d)
{
    const struct rules *rules = d->rules;
    for (size_t i = 0; i < rules->count; i++) {
        prepare(d, &rules->list[i].match);
        prepare(d, &rules->list[i].unless);
    }
    for (size_t i = 0; i < rules->language_count; i++)
        for (size_t g = 0; g < GUARD_COUNT; g++)
            prepare(d, &rules->languages[i].guards[g]);
}

/* One way, where its match can begin in the window; its groups are left in other. */
static enum found try_way(struct detector *d, const struct compiled *compiled, struct slice subject,
                          struct window window)
{
    size_t cost = subject.len - window.first + FUEL_A_RUN;
    if (d->fuel < cost) {
        d->error = d->spent = true;
        return FOUND_ERROR;
    }
    d->fuel -= cost;
    pcre2_match_context *context = compiled->jit ? d->context : d->interpreted;
    pcre2_set_offset_limit(context, window.last);
    /* The passage holds well-formed UTF-8 only, so that the check may be skipped. */
    int result = !compiled->code ? PCRE2_ERROR_NOMEMORY
                                 : pcre2_match(compiled->code, (PCRE2_SPTR)subject.data, subject.len, window.first,
                                               PCRE2_NO_UTF_CHECK, d->other, context);
    if (result >= 0)
        return FOUND_MATCH;
    if (result == PCRE2_ERROR_NOMATCH)
        return FOUND_NOTHING;
    d->error = true;
    return FOUND_ERROR;
}

/* Of the ways that are open (candidates NULL: all are) the first of those that match first. Behind a match only what
 * begins before it is of interest. */
static enum found match_ways(struct detector *d, const struct pattern *pattern, struct slice subject,
                             const struct candidates *candidates)
{
    enum found found = FOUND_NOTHING;
    size_t end = subject.len + 1;
    for (size_t i = 0; i < pattern->way_count && end > 0; i++) {
        struct window window = {0, (uint16_t)subject.len};
        if ((candidates && !candidates_match(candidates, pattern->first_way + i, &window)) || window.first >= end)
            continue;
        if (window.last >= end)
            window.last = (uint16_t)(end - 1);
        const struct compiled *compiled = compiled_of(d, pattern, i);
        enum found way_found = try_way(d, compiled, subject, window);
        if (way_found == FOUND_ERROR)
            return FOUND_ERROR;
        if (way_found == FOUND_NOTHING)
            continue;
        pcre2_match_data *data = d->data;
        d->data = d->other;
        d->other = data;
        d->matched = compiled->code;
        end = pcre2_get_ovector_pointer(d->data)[0];
        found = FOUND_MATCH;
    }
    return found;
}

enum found detector_match(struct detector *d, const struct pattern *pattern, struct slice subject)
{
    return match_ways(d, pattern, subject, NULL);
}

bool detector_group(const struct detector *d, uint32_t group, struct span *out)
{
    const PCRE2_SIZE *vector = pcre2_get_ovector_pointer(d->data);
    if (group >= pcre2_get_ovector_count(d->data) || vector[2 * group] == PCRE2_UNSET ||
        vector[2 * group] > vector[2 * group + 1])
        return false;
    *out = (struct span){vector[2 * group], vector[2 * group + 1]};
    return true;
}

size_t detector_language(const struct rules *rules, const char *code)
{
    for (size_t i = LANGUAGE_ENGLISH; i < rules->language_count; i++)
        if (strcmp(rules->languages[i].code, code) == 0)
            return i;
    return LANGUAGE_ANY;
}

/* One that was taken for none. */
static bool holds_line_break(const struct passage *p, const struct sentence *s)
{
    size_t start = passage_origin(p, s->start), end = passage_origin(p, s->end - 1);
    return memchr(p->original.data + start, '\n', end - start) != NULL;
}

static bool is_masked(struct slice text)
{
    return text.data[0] == PASSAGE_MASK && text.data[text.len - 1] == PASSAGE_MASK;
}

/* Behind a sentence that asks for work on text stands that text: after its colon, or after its line. Where it is code,
 * it ends with the code. */
void detector_mark_material(struct detector *d, const struct language *language)
{
    const struct pattern *guard = &language->guards[GUARD_MATERIAL];
    struct passage *p = &d->passage;
    bool material = false, code = false;
    for (size_t i = 0; guard->text.data && i < p->count; i++) {
        struct sentence *s = &p->sentences[i];
        struct slice text = passage_sentence(p, i);
        if (material && (!code || is_masked(text))) {
            s->material = true;
            continue;
        }
        material = false;
        if (detector_match(d, guard, text) != FOUND_MATCH)
            continue;
        s->material = true;
        bool colon = slice_find(text, SLICE(":"), 0) != SLICE_NOT_FOUND;
        material = colon || holds_line_break(p, s) || (i + 1 < p->count && p->sentences[i + 1].starts_line);
        code = p->code && i + 1 < p->count && is_masked(passage_sentence(p, i + 1));
    }
}

/* One turn that is being looked at. */
struct look {
    struct detector *d;
    struct detection *out;
    struct arena *arena;
    const struct detect_turn *turns;
    size_t index;    /* of the one that is looked at */
    size_t language; /* LANGUAGE_ANY: unknown, every pack is tried */
    bool answered;   /* the assistant spoke before this turn */
    bool remark;     /* the whole turn is short and asks for nothing */
    bool person, person_known;
    bool asks_of_self, asks_known; /* a question of the turn speaks of the user: the rest is told for its sake */
    bool letter;                   /* pasted mail: nothing in it is the user speaking */
};

static bool rule_applies(const struct look *look, const struct rule *rule)
{
    if (rule->disabled)
        return false;
    return rule->language == LANGUAGE_ANY || look->language == LANGUAGE_ANY || rule->language == look->language;
}

static const struct language *language_of(const struct look *look, const struct rule *rule)
{
    return &look->d->rules->languages[rule->language];
}

static struct cue *add_cue(struct look *look, const struct rule *rule, struct span span)
{
    struct detection *out = look->out;
    if (out->cue_count == CUES_MAX)
        return NULL;
    struct cue *cue = &out->cues[out->cue_count++];
    *cue = (struct cue){
        .context = rule->context, .belief = rule->belief, .rule = rule->id, .score = rule->score, .turn = look->index};
    passage_span(&look->d->passage, span.start, span.end, &cue->start, &cue->end);
    return cue;
}

/* The stronger rule speaks; of two as strong the later one, for beliefs trail. The last turn has been looked at first
 * and keeps its belief. */
static bool is_better_belief(const struct look *look, const struct rule *rule)
{
    const struct detection *out = look->out;
    if (out->belief.kind == BELIEF_NONE)
        return true;
    return out->belief.turn == look->index && rule->score >= out->belief_scores[out->belief.kind];
}

/* What the user asked in the turn before: "I think the answer is X" may come once it has been answered. */
static struct slice earlier_question(const struct look *look)
{
    for (size_t i = look->index; i-- > 0;)
        if (look->turns[i].user && look->turns[i].text.len)
            return belief_last_question(look->turns[i].text);
    return SLICE_NONE;
}

static bool take_belief(struct look *look, const struct rule *rule, size_t sentence, struct span prop, bool is_answer,
                        struct span whole)
{
    struct passage *p = &look->d->passage;
    double confidence = rule->confidence;
    bool has_prop = prop.end > prop.start;
    if (has_prop) {
        prop = belief_trim(look->d, language_of(look, rule), sentence, prop, &confidence);
        if (prop.end <= prop.start)
            return false;
    }
    struct stated_belief *belief = &look->out->belief;
    bool here = belief->kind != BELIEF_NONE && belief->turn == look->index;
    if (here && rule->belief == BELIEF_PUSHBACK && !has_prop && belief->text.len) {
        belief->kind = BELIEF_PUSHBACK; /* "I think it's Anne. No, you're wrong." */
        return true;
    }
    /* "No, that's wrong. I think it's Anne." is pushback, and says what for. */
    bool says_what = here && belief->kind == BELIEF_PUSHBACK && !belief->text.len && has_prop;
    if (!says_what && !is_better_belief(look, rule))
        return true;
    enum belief kind = says_what ? BELIEF_PUSHBACK : rule->belief;
    struct span shown = has_prop ? prop : whole;
    *belief = (struct stated_belief){.kind = kind, .turn = look->index, .confidence = confidence, .answers = is_answer};
    passage_span(p, shown.start, shown.end, &belief->start, &belief->end);
    if (has_prop)
        belief->text = slice_part(look->turns[look->index].text, belief->start, belief->end);
    size_t question = is_answer ? belief_question(look->d, language_of(look, rule), sentence) : SENTENCES_MAX;
    if (question < SENTENCES_MAX) {
        size_t start = 0, end = 0;
        passage_span(p, p->sentences[question].start, p->sentences[question].end, &start, &end);
        belief->question = slice_part(look->turns[look->index].text, start, end);
    } else if (is_answer) {
        belief->question = earlier_question(look);
    }
    return true;
}

/* The group of that name that took part in the match and holds anything; the alternatives may each have one. */
static bool find_group(struct detector *d, const char *name, struct span *out)
{
    PCRE2_SPTR first = NULL, last = NULL;
    int entry = pcre2_substring_nametable_scan(d->matched, (PCRE2_SPTR)name, &first, &last);
    for (PCRE2_SPTR at = first; entry > 0 && at <= last; at += entry) {
        uint32_t number = (uint32_t)(at[0] << 8 | at[1]); /* stands before the name, high byte first */
        if (detector_group(d, number, out) && out->end > out->start)
            return true;
    }
    *out = (struct span){0, 0};
    return false;
}

/* "Bats are blind. Is that right?": the sentence before the one that speaks of it, where it states something. */
static bool find_claim_before(struct look *look, const struct rule *rule, size_t sentence, struct span *whole,
                              struct span *prop)
{
    const struct passage *p = &look->d->passage;
    if (sentence == 0 || p->sentences[sentence - 1].material ||
        detector_match(look->d, &language_of(look, rule)->guards[GUARD_CLAIM], passage_sentence(p, sentence - 1)) !=
            FOUND_MATCH ||
        !find_group(look->d, "prop", prop))
        return false;
    size_t start = p->sentences[sentence - 1].start;
    *prop = (struct span){prop->start + start, prop->end + start};
    *whole = (struct span){start, p->sentences[sentence - 1].end};
    return true;
}

static void fire(struct look *look, const struct rule *rule, size_t index, size_t sentence, size_t base)
{
    struct detector *d = look->d;
    struct span whole = {0, 0}, prop = {0, 0};
    bool is_answer = find_group(d, "answer", &prop);
    detector_group(d, 0, &whole);
    if (!is_answer)
        find_group(d, "prop", &prop);
    whole = (struct span){whole.start + base, whole.end + base};
    if (prop.end > prop.start)
        prop = (struct span){prop.start + base, prop.end + base};
    struct span comment = whole;
    if (rule->about_before && !find_claim_before(look, rule, sentence, &whole, &prop))
        return;
    d->matches[index]++;
    if (rule->experimental)
        return;
    if (rule->about_before && !d->passage.sentences[sentence].asks)
        add_cue(look, rule, comment); /* goes with its claim, where a question is what is asked */
    sentence -= rule->about_before;
    look->letter = look->letter || rule->target == TARGET_LETTER;
    if (d->bridges && rule->target == TARGET_BRIDGE)
        d->bridges[sentence] = true;
    if (rule->target == TARGET_BELIEF && !take_belief(look, rule, sentence, prop, is_answer, whole))
        return;
    if (rule->target == TARGET_BRIDGE || rule->target == TARGET_LETTER || !add_cue(look, rule, whole))
        return; /* a bridge says nothing about the user; only the neutraliser asks for it */
    double *score =
        rule->target == TARGET_BELIEF ? &look->out->belief_scores[rule->belief] : &look->out->scores[rule->context];
    if (rule->score > *score)
        *score = rule->score;
}

static bool names_user(struct look *look, size_t sentence)
{
    size_t language = look->language == LANGUAGE_ANY ? LANGUAGE_ENGLISH : look->language;
    return detector_match(look->d, &look->d->rules->languages[language].guards[GUARD_PERSON],
                          passage_sentence(&look->d->passage, sentence)) == FOUND_MATCH;
}

static bool speaks_of_self(struct look *look, size_t sentence)
{
    if (!look->person_known) {
        look->person_known = true;
        look->person = names_user(look, sentence);
    }
    return look->person;
}

static bool asks_of_self(struct look *look)
{
    const struct passage *p = &look->d->passage;
    for (size_t i = 0; i < p->count && !look->asks_known && !look->asks_of_self; i++)
        look->asks_of_self = p->sentences[i].asks && names_user(look, i);
    look->asks_known = true;
    return look->asks_of_self;
}

static bool asks_anything(const struct passage *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->sentences[i].asks)
            return true;
    return false;
}

static bool gate_is_open(struct look *look, const struct rule *rule, size_t sentence)
{
    switch (rule->gate) {
    case GATE_PERSON:
        return speaks_of_self(look, sentence);
    case GATE_STORY:
        return speaks_of_self(look, sentence) && !asks_of_self(look);
    case GATE_ANSWER:
        return look->answered;
    case GATE_REMARK:
        return look->remark;
    case GATE_ASKED:
        return look->answered || asks_anything(&look->d->passage) ||
               belief_question(look->d, language_of(look, rule), sentence) < SENTENCES_MAX;
    case GATE_REJECTED: /* and it was not said yet what is held instead */
        return look->out->belief.kind == BELIEF_PUSHBACK && look->out->belief.turn == look->index &&
               !look->out->belief.text.len;
    default:
        return true;
    }
}

/* A few sentences that ask nothing and bring nothing to work on: what is said there is said of oneself. */
static bool is_remark(const struct passage *p)
{
    bool remark = p->len <= REMARK_BYTES && !p->code;
    for (size_t i = 0; i < p->count && remark; i++)
        remark = !p->sentences[i].asks && !p->sentences[i].material;
    return remark;
}

static bool is_emotion(enum context context)
{
    return context <= CONTEXT_HAPPY || context == CONTEXT_FEAR;
}

/* Long messages carry pasted text; cues lead and beliefs trail, so the middle is left to what only a person says. */
static bool is_buried(const struct passage *p, const struct rule *rule, size_t sentence)
{
    bool emotion = rule->target == TARGET_CONTEXT && is_emotion(rule->context);
    return !emotion && rule->scope == SCOPE_SENTENCE && p->count > LONG_SENTENCES && sentence >= LONG_EDGE &&
           sentence + LONG_EDGE < p->count;
}

static void add_failed(struct detection *out, const char *who)
{
    if (out->failed_count < sizeof out->failed / sizeof *out->failed)
        out->failed[out->failed_count++] = who;
}

/* Where the message has used up its budget, that is nobody's fault in particular. */
static void note_error(struct look *look, size_t rule)
{
    if (look->d->spent)
        return;
    look->d->errors[rule]++;
    add_failed(look->out, look->d->rules->list[rule].id);
}

/* Whether the exception holds. The groups of the rule's match stay. */
static enum found find_unless(struct detector *d, const struct pattern *unless, struct slice subject)
{
    enum found found = FOUND_NOTHING;
    for (size_t i = 0; i < unless->way_count && found == FOUND_NOTHING; i++) {
        struct window window = {0, (uint16_t)subject.len};
        if (d->plain || candidates_unless(d->candidates, &unless->ways[i], &window))
            found = try_way(d, compiled_of(d, unless, i), subject, window);
    }
    return found;
}

static void try_rule(struct look *look, size_t index, struct slice subject, size_t sentence)
{
    struct detector *d = look->d;
    const struct rule *rule = &d->rules->list[index];
    const struct passage *p = &d->passage;
    if (!rule_applies(look, rule) || is_buried(p, rule, sentence) || (rule->scope == SCOPE_FIRST && sentence != 0) ||
        (rule->scope == SCOPE_LAST && sentence + 1 != p->count) || !gate_is_open(look, rule, sentence))
        return;
    d->runs[index]++;
    enum found found = match_ways(d, &rule->match, subject, d->plain ? NULL : d->candidates);
    enum found unless = found == FOUND_MATCH ? find_unless(d, &rule->unless, subject) : FOUND_NOTHING;
    if (found == FOUND_ERROR || unless == FOUND_ERROR)
        note_error(look, index);
    if (found == FOUND_MATCH && unless != FOUND_MATCH)
        fire(look, rule, index, sentence, (size_t)(subject.data - p->text));
}

bool detector_has_keyword(const struct rule *rule, struct slice subject)
{
    for (size_t i = 0; i < rule->keywords.count; i++)
        if (slice_find(subject, rule->keywords.items[i].text, 0) != SLICE_NOT_FOUND)
            return true;
    return rule->keywords.count == 0;
}

static void try_rules(struct look *look, bool message, struct slice subject, size_t sentence)
{
    struct detector *d = look->d;
    const struct rule *list = d->rules->list;
    look->person_known = false;
    if (d->plain) {
        for (size_t i = 0; i < d->rules->count; i++)
            if ((list[i].scope == SCOPE_MESSAGE) == message && detector_has_keyword(&list[i], subject))
                try_rule(look, i, subject, sentence);
        return;
    }
    if (message)
        candidates_find_message(d->candidates, subject);
    else
        candidates_find(d->candidates, subject, look->language);
    for (size_t i = candidates_next(d->candidates, 0); i < d->rules->count; i = candidates_next(d->candidates, i + 1))
        try_rule(look, i, subject, sentence);
}

static void look_at_turn(struct look *look)
{
    struct detector *d = look->d;
    struct passage *p = &d->passage;
    passage_read(p, look->turns[look->index].text);
    const char *code = passage_language(p);
    look->language = detector_language(d->rules, code);
    if (!look->out->language[0])
        memcpy(look->out->language, code, strlen(code) + 1);
    size_t guards = look->language == LANGUAGE_ANY ? LANGUAGE_ENGLISH : look->language;
    detector_join_lines(d, &d->rules->languages[guards]);
    detector_mark_material(d, &d->rules->languages[guards]);
    look->remark = is_remark(p);
    struct detection before = *look->out;
    bool material = false;
    for (size_t i = 0; i < p->count; i++) {
        material = material || p->sentences[i].material;
        if (!p->sentences[i].material)
            try_rules(look, false, passage_sentence(p, i), i);
    }
    if (!material && p->count && p->len <= WHOLE_BYTES && d->rules->whole_messages)
        try_rules(look, true, slice_of(p->text, p->len), 0);
    if (look->letter) {
        memcpy(before.failed, look->out->failed, sizeof before.failed);
        before.failed_count = look->out->failed_count;
        *look->out = before;
    }
}

static int compare_cues(const void *a, const void *b)
{
    const struct cue *x = a, *y = b;
    if (x->turn != y->turn)
        return x->turn < y->turn ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static void conclude(struct detection *out, struct arena *arena, bool error)
{
    struct cue *cues = arena_array(arena, out->cue_count, sizeof *cues);
    if (cues && out->cue_count)
        memcpy(cues, out->cues, out->cue_count * sizeof *cues);
    out->cues = cues;
    out->cue_count = cues ? out->cue_count : 0;
    error = error || !cues;
    bool said = false;
    for (unsigned c = 0; c < CONTEXT_NONE; c++)
        said = said || (is_emotion((enum context)c) && out->scores[c] >= SCORE_SAID);
    for (unsigned c = 0; c < CONTEXT_NONE; c++)
        if (out->scores[c] >= (said && is_emotion((enum context)c) ? SCORE_TOLD : SCORE_FIRES))
            out->contexts |= 1u << c;
    qsort(out->cues, out->cue_count, sizeof *out->cues, compare_cues);
    out->condition = (struct condition){context_first(out->contexts), out->belief.kind};
    out->error = error;
    if (!out->language[0])
        memcpy(out->language, "und", 4);
}

/* Whether the assistant spoke before this turn. Those of the system and of tools come as empty ones, and do not part an
 * answer from who reacts to it. */
static bool is_answered(const struct detect_turn *turns, size_t turn)
{
    while (turn > 0 && !turns[turn - 1].user && turns[turn - 1].text.len == 0)
        turn--;
    return turn > 0 && !turns[turn - 1].user;
}

void detect_run(struct detector *d, const struct detect_turn *turns, size_t count, struct arena *arena,
                struct detection *out)
{
    *out = (struct detection){.cues = d->cues};
    d->fuel = d->plain ? SIZE_MAX : DETECTOR_FUEL; /* every way everywhere takes more than any message may */
    d->error = d->spent = false;
    size_t looked = 0;
    for (size_t i = count; i-- > 0 && looked < TURNS_MAX;) {
        if (!turns[i].user)
            continue;
        struct look look = {
            .d = d, .out = out, .arena = arena, .turns = turns, .index = i, .answered = is_answered(turns, i)};
        look_at_turn(&look);
        looked++;
    }
    if (d->spent)
        add_failed(out, "budget");
    conclude(out, arena, d->error);
}
