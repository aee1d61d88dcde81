/* pack_rule: see pack_rule.h. A rule is read by a table of its keys, whose readers say what is wrong with a value and
 * where.
 */
#include "pack_rule.h"

#include <stdio.h>

typedef int read_fn(struct pack_place *place, const struct yaml_node *value, struct err *err);

static int no_room(struct err *err, const struct yaml_node *node)
{
    return yaml_error(err, node, "the packs are larger than the room for rules");
}

static int read_word(struct pack_place *place, const struct yaml_node *node, const char **out, struct err *err)
{
    if (yaml_type(node) != YAML_SCALAR || yaml_text(node).len == 0)
        return yaml_error(err, node, "a word is expected");
    *out = arena_copy(place->rules->arena, yaml_text(node)).data;
    return *out ? 0 : no_room(err, node);
}

/* The index of the word among names, or an error that lists them. */
static int read_choice(const struct yaml_node *node, const char *const *names, size_t count, unsigned *out,
                       struct err *err)
{
    if (yaml_type(node) == YAML_SCALAR)
        for (unsigned i = 0; i < count; i++)
            if (slice_is(yaml_text(node), names[i])) {
                *out = i;
                return 0;
            }
    char all[200] = "";
    for (size_t i = 0, len = 0; i < count && len < sizeof all - 1; i++)
        len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i ? ", " : "", names[i]);
    return yaml_error(err, node, "one of these is expected: %s", all);
}

/* It stands in records, in metrics' labels, and in front of what is told. */
static int read_id(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    struct slice id = yaml_type(value) == YAML_SCALAR ? yaml_text(value) : SLICE("");
    for (size_t i = 0; i < id.len; i++)
        if (!ascii_is_alpha(id.data[i]) && !ascii_is_digit(id.data[i]) && !strchr("._-", id.data[i]))
            return yaml_error_in(err, value, i, "an id consists of letters, digits, '.', '_' and '-'");
    return read_word(place, value, &place->rule->id, err);
}

static int read_label(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    struct rule *rule = place->rule;
    struct slice word = yaml_type(value) == YAML_SCALAR ? yaml_text(value) : SLICE_NONE;
    rule->context = CONTEXT_NONE;
    if (slice_is(word, "belief"))
        rule->target = TARGET_BELIEF;
    else if (slice_is(word, "bridge"))
        rule->target = TARGET_BRIDGE;
    else if (slice_is(word, "letter"))
        rule->target = TARGET_LETTER;
    else if (context_parse(word, &rule->context) && rule->context != CONTEXT_NONE)
        rule->target = TARGET_CONTEXT;
    else
        return yaml_error(err, value, "a label is belief, bridge, letter, or a context such as emotion:sad");
    return 0;
}

int pack_read_score(const struct yaml_node *value, double *score, struct err *err)
{
    if (yaml_type(value) != YAML_SCALAR || slice_to_double(yaml_text(value), score) || *score < 0 || *score > 100)
        return yaml_error(err, value, "a score is a number from 0 to 100");
    if (*score > 0 && *score < 1)
        return yaml_error(err, value, "a score is a number from 0 to 100: %g is next to nothing, and no share", *score);
    *score /= 100;
    return 0;
}

static int read_rule_score(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    return pack_read_score(value, &place->rule->score, err);
}

static int read_status(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    static const char *const names[] = {"stable", "experimental", "disabled"};
    unsigned choice = 0;
    if (read_choice(value, names, 3, &choice, err))
        return -1;
    place->rule->experimental = choice == 1;
    place->rule->disabled = choice == 2;
    return 0;
}

static int read_scope(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    static const char *const names[SCOPE_COUNT] = {"sentence", "message", "first", "last"};
    unsigned choice = 0;
    int failed = read_choice(value, names, SCOPE_COUNT, &choice, err);
    place->rule->scope = (enum scope)choice;
    return failed;
}

static int read_gate(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    static const char *const names[GATE_COUNT] = {"none", "person", "answer", "remark", "story", "asked", "rejected"};
    unsigned choice = 0;
    int failed = read_choice(value, names, GATE_COUNT, &choice, err);
    place->rule->gate = (enum gate)choice;
    return failed;
}

static int read_about(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    static const char *const names[] = {"this", "before"};
    unsigned choice = 0;
    int failed = read_choice(value, names, sizeof names / sizeof *names, &choice, err);
    place->rule->about_before = choice == 1;
    return failed;
}

static int read_polarity(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    static const char *const names[POLARITY_COUNT] = {"assert", "deny", "ask", "attribute", "presuppose", "pushback"};
    unsigned choice = 0;
    int failed = read_choice(value, names, POLARITY_COUNT, &choice, err);
    place->rule->polarity = (enum polarity)choice;
    return failed;
}

static int read_confidence(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    static const char *const names[] = {"asks", "hedged", "plain", "strong", "certain"};
    static const double buckets[] = {.3, .4, .65, .8, .95};
    unsigned choice = 0;
    int failed = read_choice(value, names, 5, &choice, err);
    place->rule->confidence = buckets[choice];
    return failed;
}

static int read_description(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    const char *text = NULL;
    int failed = read_word(place, value, &text, err);
    place->rule->description = slice_from(text);
    return failed;
}

static int check_text(struct pack_place *place, const struct yaml_node *node, struct pattern *pattern, struct err *err);

/* Puts where the pattern is wrong in front of what is wrong with it: within what a name in it stands for, if that is
 * wrong by itself. */
static int tell_place(struct pack_place *place, const struct yaml_node *node, const struct pattern *pattern,
                      size_t wrong, struct err *err)
{
    struct slice name;
    size_t at = expand_source(&place->expansion, node, wrong, &name);
    if (!name.data)
        return yaml_error_in(err, node, at, "%s", err->text);
    const struct yaml_node *item;
    for (size_t i = 0; (item = expand_named(&place->expansion, name, i)); i++) {
        struct pattern part = {.unicode = pattern->unicode};
        struct err why = {""};
        if (check_text(place, item, &part, &why))
            return err_set(err, "%s", why.text);
    }
    return yaml_error_in(err, node, at, "%s, in what {%.*s} stands for", err->text, SLICE_ARGS(name));
}

/* Puts the text of a pattern into it and proves that it can be compiled. */
static int check_text(struct pack_place *place, const struct yaml_node *node, struct pattern *pattern, struct err *err)
{
    uint32_t captures = 0;
    size_t wrong = 0;
    if (expand_pattern(&place->expansion, node, &pattern->text, err))
        return -1;
    if (pattern_check(pattern, &captures, &wrong, err))
        return tell_place(place, node, pattern, wrong, err);
    if (captures > place->rules->captures)
        place->rules->captures = captures;
    return 0;
}

/* Half a pattern is a pattern too, so what was cut off would not be missed. */
int pack_check_whole(const struct yaml_node *pattern, struct err *err)
{
    if (yaml_type(pattern) == YAML_SCALAR && yaml_commented(pattern))
        return yaml_error_in(err, pattern, yaml_text(pattern).len,
                             "the pattern ends here, for \" #\" begins a comment; put the pattern in single quotes, or "
                             "the comment on a line of its own");
    return 0;
}

static int read_pattern(struct pack_place *place, const struct yaml_node *value, struct pattern *pattern,
                        struct err *err)
{
    pattern->file = place->path;
    pattern->line = yaml_line(value);
    pattern->column = yaml_column(value);
    pattern->unicode = place->language > LANGUAGE_ENGLISH;
    return pack_check_whole(value, err) ? -1 : check_text(place, value, pattern, err);
}

static int read_match(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    return read_pattern(place, value, &place->rule->match, err);
}

static int read_unless(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    return read_pattern(place, value, &place->rule->unless, err);
}

static bool has_capital(struct slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] >= 'A' && word.data[i] <= 'Z')
            return true;
    return false;
}

static int read_keywords(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    if (expand_words(&place->expansion, value, &place->rule->keywords, err))
        return -1;
    for (size_t i = 0; i < place->rule->keywords.count; i++)
        if (has_capital(place->rule->keywords.items[i].text))
            return yaml_error(err, value, "keyword \"%.*s\" can never be there: what is looked at is lower case",
                              SLICE_ARGS(place->rule->keywords.items[i].text));
    return 0;
}

static int read_example(struct arena *arena, const struct yaml_node *node, struct example *out, struct err *err)
{
    const struct yaml_node *text = yaml_type(node) == YAML_MAPPING ? yaml_get(node, "text") : node;
    const struct yaml_node *prop = yaml_get(node, "prop");
    if (!text || yaml_type(text) != YAML_SCALAR || (prop && yaml_type(prop) != YAML_SCALAR))
        return yaml_error(err, node, "an example is text, or a mapping of text and prop");
    out->line = yaml_line(text);
    out->text = arena_copy(arena, yaml_text(text));
    out->prop = prop ? arena_copy(arena, yaml_text(prop)) : SLICE_NONE;
    return out->text.data ? 0 : no_room(err, node);
}

static int read_example_list(struct arena *arena, const struct yaml_node *node, struct example_list *out,
                             struct err *err)
{
    if (yaml_type(node) != YAML_SEQUENCE)
        return yaml_error(err, node, "examples are lists of text");
    out->items = arena_array(arena, yaml_count(node) + 1, sizeof *out->items);
    if (!out->items)
        return no_room(err, node);
    for (size_t i = 0; i < yaml_count(node); i++)
        if (read_example(arena, yaml_item(node, i), &out->items[out->count++], err))
            return -1;
    return 0;
}

static int read_examples(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    struct rule *rule = place->rule;
    if (yaml_type(value) != YAML_MAPPING)
        return yaml_error(err, value, "examples are a mapping of match, no_match and todo_match");
    for (size_t i = 0; i < yaml_count(value); i++) {
        struct slice key = yaml_text(yaml_key(value, i));
        struct example_list *list = slice_is(key, "match")        ? &rule->matches
                                    : slice_is(key, "no_match")   ? &rule->no_matches
                                    : slice_is(key, "todo_match") ? &rule->todo_matches
                                                                  : NULL;
        if (!list)
            return yaml_error(err, yaml_key(value, i), "examples have no key \"%.*s\"", SLICE_ARGS(key));
        if (read_example_list(place->rules->arena, yaml_value(value, i), list, err))
            return -1;
    }
    return 0;
}

/* For readers of the pack; the engine does not use it. */
static int read_false_positives(struct pack_place *place, const struct yaml_node *value, struct err *err)
{
    (void)place;
    for (size_t i = 0; yaml_type(value) == YAML_SEQUENCE && i < yaml_count(value); i++)
        if (yaml_type(yaml_item(value, i)) != YAML_SCALAR)
            return yaml_error(err, yaml_item(value, i), "a false positive is text");
    return yaml_type(value) == YAML_SEQUENCE ? 0 : yaml_error(err, value, "falsepositives are a list of text");
}

static const struct {
    const char *key;
    read_fn *read;
} rule_keys[] = {
    {"id", read_id},
    {"label", read_label},
    {"score", read_rule_score},
    {"status", read_status},
    {"description", read_description},
    {"keywords", read_keywords},
    {"scope", read_scope},
    {"gate", read_gate},
    {"about", read_about},
    {"match", read_match},
    {"unless", read_unless},
    {"polarity", read_polarity},
    {"confidence", read_confidence},
    {"examples", read_examples},
    {"falsepositives", read_false_positives},
};

static int read_rule_key(struct pack_place *place, const struct yaml_node *key, const struct yaml_node *value,
                         struct err *err)
{
    for (size_t i = 0; i < sizeof rule_keys / sizeof *rule_keys; i++)
        if (slice_is(yaml_text(key), rule_keys[i].key))
            return rule_keys[i].read(place, value, err);
    return yaml_error(err, key, "a rule has no key \"%.*s\"", SLICE_ARGS(yaml_text(key)));
}

static enum belief belief_of(enum polarity polarity)
{
    switch (polarity) {
    case POLARITY_DENY:
        return BELIEF_DOUBTED;
    case POLARITY_PUSHBACK:
        return BELIEF_PUSHBACK;
    case POLARITY_ASSERT:
    case POLARITY_ASK:
    case POLARITY_ATTRIBUTE:
    case POLARITY_PRESUPPOSE:
    case POLARITY_COUNT:
        break;
    }
    return BELIEF_ASSERTED;
}

static int check_rule(struct pack_place *place, const struct yaml_node *node, struct err *err)
{
    struct rules *rules = place->rules;
    struct rule *rule = place->rule;
    if (!rule->id || !rule->match.text.data || !yaml_get(node, "label"))
        return yaml_error(err, node, "a rule needs an id, a label and a match");
    for (size_t i = 0; i + 1 < rules->count; i++)
        if (strcmp(rules->list[i].id, rule->id) == 0)
            return yaml_error(err, yaml_get(node, "id"), "there is already a rule %s, in %s:%u", rule->id,
                              rules->list[i].file, rules->list[i].line);
    rule->belief = rule->target == TARGET_BELIEF ? belief_of(rule->polarity) : BELIEF_NONE;
    return 0;
}

int pack_read_rule(struct pack_place *place, const struct yaml_node *node, struct err *err)
{
    struct rules *rules = place->rules;
    if (yaml_type(node) != YAML_MAPPING)
        return yaml_error(err, node, "a rule is a mapping");
    if (rules->count == RULES_MAX)
        return yaml_error(err, node, "there are more than %d rules", RULES_MAX);
    place->rule = &rules->list[rules->count++];
    *place->rule = (struct rule){.score = .75,
                                 .confidence = .65,
                                 .context = CONTEXT_NONE,
                                 .language = place->language,
                                 .file = place->path,
                                 .line = yaml_line(node)};
    for (size_t i = 0; i < yaml_count(node); i++)
        if (read_rule_key(place, yaml_key(node, i), yaml_value(node, i), err))
            return -1;
    return check_rule(place, node, err);
}

const char *const guard_names[GUARD_COUNT] = {"material", "person", "lead",  "tail",      "hedge",
                                              "fact",     "ask",    "claim", "unfinished"};

int pack_read_guards(struct pack_place *place, const struct yaml_node *guards, struct err *err)
{
    struct language *language = &place->rules->languages[place->language];
    for (size_t i = 0; i < yaml_count(guards); i++) {
        unsigned guard = 0;
        if (read_choice(yaml_key(guards, i), guard_names, GUARD_COUNT, &guard, err))
            return -1;
        if (!language->guards[guard].text.data &&
            read_pattern(place, yaml_value(guards, i), &language->guards[guard], err))
            return -1;
    }
    return 0;
}
