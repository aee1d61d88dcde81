/* rules: making, sharing and dropping a set of rules.
 *
 * Loading reads the packs, checks every pattern, works out each rule's literals and builds the prefilter.
 */
#include "rules.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "ruleset.h"
#include "split.h"

enum { ARENA_MAX = 64 << 20 };

/* A way whose literals turn up more often than this, by the estimate, would run on nearly every sentence. */
static const double COST_MAX = .02;

/* In front of what is wrong with a pattern. */
static int at_pattern(struct err *err, const struct pattern *pattern)
{
    return err_prefix(err, "%s:%u:%u", pattern->file, pattern->line, pattern->column);
}

/* split: its ways are tried one by one, where the words of each are. */
static int cut(struct pattern *pattern, bool split, struct rules *rules, struct err *err)
{
    struct slice *texts = &pattern->text;
    if (!pattern->text.data)
        return 0;
    pattern->way_count = split ? split_pattern(pattern->text, rules->arena, &texts) : 1;
    pattern->ways = arena_array(rules->arena, pattern->way_count, sizeof *pattern->ways);
    if (!pattern->ways)
        return err_set(err, "the packs are larger than the room for rules");
    for (size_t i = 0; i < pattern->way_count; i++)
        pattern->ways[i].text = texts[i];
    pattern->first_way = rules->way_count;
    rules->way_count += pattern->way_count;
    return 0;
}

/* The words that a way of a match asks for. Where the author gave keywords they are asked for, too. */
static int read_needs(struct rules *rules, const struct rule *rule, struct way *way, struct err *err)
{
    struct literals best;
    int failed = literals_of(way->text, rule->match.unicode, rules->arena, &best, &way->needs);
    if (rule->keywords.count || way->needs)
        return 0;
    struct need_set *set = arena_alloc(rules->arena, sizeof *set);
    way->needs = arena_alloc(rules->arena, sizeof *way->needs);
    if (failed || !best.count || best.cost > COST_MAX || !set || !way->needs) {
        err_set(err, "rule %s requires no word that a prefilter could look for; give it keywords", rule->id);
        return at_pattern(err, &rule->match);
    }
    set->words = best;
    way->needs->sets = set;
    return 0;
}

static int prepare_rule(struct rules *rules, struct rule *rule, struct err *err)
{
    struct pattern *match = &rule->match, *unless = &rule->unless;
    struct literals unused;
    if (cut(match, true, rules, err) || cut(unless, true, rules, err))
        return -1;
    for (size_t i = 0; i < match->way_count; i++)
        if (read_needs(rules, rule, &match->ways[i], err))
            return -1;
    for (size_t i = 0; i < unless->way_count; i++)
        if (literals_of(unless->ways[i].text, unless->unicode, rules->arena, &unused, &unless->ways[i].needs))
            unless->ways[i].needs = NULL; /* it is looked for everywhere */
    return 0;
}

/* Guards that look at the beginning of a text are anchored in the pattern: as an option of the match it would cost the
 * compiled code. */
static int anchor_guards(struct rules *rules, struct language *language, struct err *err)
{
    static const enum guard anchored[] = {GUARD_MATERIAL, GUARD_LEAD, GUARD_ASK};
    for (size_t i = 0; i < sizeof anchored / sizeof *anchored; i++) {
        struct slice *text = &language->guards[anchored[i]].text;
        if (!text->data)
            continue;
        struct buf wrapped;
        buf_init(&wrapped, 1 << 16);
        buf_add_text(&wrapped, "^(?:");
        buf_add_slice(&wrapped, *text);
        buf_add_text(&wrapped, ")");
        *text = wrapped.failed ? SLICE_NONE : arena_copy(rules->arena, buf_slice(&wrapped));
        buf_fini(&wrapped);
        if (!text->data)
            return err_set(err, "the packs are larger than the room for rules");
    }
    return 0;
}

static int prepare_guards(struct rules *rules, struct err *err)
{
    for (size_t i = 0; i < rules->language_count; i++)
        if (anchor_guards(rules, &rules->languages[i], err))
            return -1;
    for (size_t i = 0; i < rules->language_count; i++)
        for (size_t g = 0; g < GUARD_COUNT; g++)
            if (cut(&rules->languages[i].guards[g], false, rules, err))
                return -1;
    return 0;
}

static uint64_t hash_text(uint64_t hash, struct slice text)
{
    hash = hash_bytes(hash, text.data ? text.data : "", text.len);
    return hash_bytes(hash, "", 1);
}

/* Over everything that decides what a rule finds. */
static void make_version(struct rules *rules)
{
    uint64_t hash = hash_bytes(0, "engine 1", 8);
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->list[i];
        int numbers[] = {(int)rule->target,   (int)rule->context,
                         (int)rule->polarity, (int)rule->scope,
                         (int)rule->gate,     (int)(rule->score * 1000 + .5),
                         rule->disabled,      (int)(rule->confidence * 100),
                         rule->experimental,  rule->about_before};
        hash = hash_text(hash, slice_from(rule->id));
        hash = hash_text(hash, rule->match.text);
        hash = hash_text(hash, rule->unless.text);
        hash = hash_bytes(hash, numbers, sizeof numbers);
        for (size_t k = 0; k < rule->keywords.count; k++)
            hash = hash_text(hash, rule->keywords.items[k].text);
    }
    for (size_t i = 0; i < rules->language_count; i++)
        for (size_t g = 0; g < GUARD_COUNT; g++)
            hash = hash_text(hash, rules->languages[i].guards[g].text);
    snprintf(rules->version, sizeof rules->version, "%016llx", (unsigned long long)hash);
}

static int load(struct rules *rules, const char *const *paths, size_t count, struct err *err)
{
    if (packs_read(rules, paths, count, err) || prepare_guards(rules, err))
        return -1;
    for (size_t i = 0; i < rules->count; i++)
        if (prepare_rule(rules, &rules->list[i], err))
            return -1;
    if (words_index(rules, err))
        return -1;
    make_version(rules);
    return 0;
}

struct rules *rules_load(const char *const *paths, size_t count, struct err *err)
{
    struct rules *rules = calloc(1, sizeof *rules);
    if (rules) {
        rules->references = 1;
        rules->jit = pattern_host_has_jit();
        rules->arena = arena_new(ARENA_MAX);
        rules->list = rules->arena ? arena_array(rules->arena, RULES_MAX, sizeof *rules->list) : NULL;
        rules->languages = rules->list ? arena_array(rules->arena, LANGUAGES_MAX, sizeof *rules->languages) : NULL;
    }
    if (!rules || !rules->languages) {
        err_set(err, "out of memory for the rules");
        rules_drop(rules);
        return NULL;
    }
    memcpy(rules->languages[LANGUAGE_ANY].code, "any", 4);
    memcpy(rules->languages[LANGUAGE_ENGLISH].code, "en", 3);
    rules->language_count = 2;
    if (load(rules, paths, count, err)) {
        rules_drop(rules);
        return NULL;
    }
    return rules;
}

struct rules *rules_hold(struct rules *rules)
{
    atomic_fetch_add_explicit(&rules->references, 1, memory_order_relaxed);
    return rules;
}

void rules_drop(struct rules *rules)
{
    if (!rules || atomic_fetch_sub_explicit(&rules->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < WORD_GROUPS; i++)
        prefilter_free(rules->words[i]);
    free(rules->sets);
    free(rules->set_words);
    free(rules->branches);
    arena_free(rules->arena);
    free(rules);
}

size_t rules_count(const struct rules *rules)
{
    return rules->count;
}

bool rules_jit(const struct rules *rules)
{
    return rules->jit;
}

const char *rules_version(const struct rules *rules)
{
    return rules->version;
}

const char *rules_name(const struct rules *rules, size_t index)
{
    return rules->list[index].id;
}
