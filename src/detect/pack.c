/* pack: reads rule packs from YAML into rules. The format: rules/README.md.
 *
 * All packs are parsed first, so that a later one may disable, rescore or extend what an earlier one ships; then their
 * rules are read one by one. Every mistake is reported with file, line and column, and refuses the whole set.
 */
#include "pack_rule.h"

enum { PACKS_MAX = 64 };

struct pack {
    struct yaml *yaml;
    const char *path;
    const struct yaml_node *root;
    struct slice name;
    size_t language;
};

struct reader {
    struct rules *rules;
    struct pack packs[PACKS_MAX];
    size_t count;
    const struct yaml_node *appended[PACKS_MAX];
    size_t appended_count;
};

static int read_pack_rules(struct reader *reader, struct pack *pack, struct err *err)
{
    struct pack_place place = {
        .rules = reader->rules,
        .path = pack->path,
        .language = pack->language,
        .expansion = {pack->root, pack->name, reader->appended, reader->appended_count, reader->rules->arena}};
    const struct yaml_node *guards = yaml_get(pack->root, "guards"), *list = yaml_get(pack->root, "rules");
    if (guards && pack_read_guards(&place, guards, err))
        return -1;
    for (size_t i = 0; list && i < yaml_count(list); i++)
        if (pack_read_rule(&place, yaml_item(list, i), err))
            return -1;
    return 0;
}

static int read_language(struct reader *reader, struct pack *pack, struct err *err)
{
    struct rules *rules = reader->rules;
    const struct yaml_node *node = yaml_get(pack->root, "lang");
    struct slice code = node ? yaml_text(node) : SLICE("en");
    bool letters = code.len == 2 || code.len == 3;
    for (size_t i = 0; letters && i < code.len; i++)
        letters = code.data[i] >= 'a' && code.data[i] <= 'z';
    if (!letters)
        return yaml_error(err, node, "lang is a code of two or three small letters, or any");
    for (pack->language = 0; pack->language < rules->language_count; pack->language++)
        if (slice_is(code, rules->languages[pack->language].code))
            return 0;
    if (rules->language_count == LANGUAGES_MAX)
        return yaml_error(err, node, "there are packs of more than %d languages", LANGUAGES_MAX);
    memcpy(rules->languages[rules->language_count++].code, code.data, code.len);
    return 0;
}

static int check_pack_keys(const struct pack *pack, struct err *err)
{
    static const struct {
        const char *key;
        enum yaml_type type;
        const char *says;
    } keys[] = {
        {"pack", YAML_SCALAR, "a pack has a name, under the key pack"},
        {"version", YAML_SCALAR, "version is a number"},
        {"engine", YAML_SCALAR, "engine is a number"},
        {"lang", YAML_SCALAR, "lang is a code of two or three letters, or any"},
        {"description", YAML_SCALAR, "a description is text"},
        {"macros", YAML_MAPPING, "macros are a mapping of names and patterns"},
        {"lists", YAML_MAPPING, "lists are a mapping of names and lists of items"},
        {"guards", YAML_MAPPING, "guards are a mapping of names and patterns"},
        {"rules", YAML_SEQUENCE, "rules are a list"},
        {"disable", YAML_SEQUENCE, "disable is a list of rule ids"},
        {"scores", YAML_MAPPING, "scores is a mapping of rule id to score"},
        {"append", YAML_MAPPING, "append is a mapping of pack.list to a list of items"},
    };
    enum { KEYS = sizeof keys / sizeof *keys };
    for (size_t i = 0; i < yaml_count(pack->root); i++) {
        const struct yaml_node *key = yaml_key(pack->root, i), *value = yaml_value(pack->root, i);
        size_t k = 0;
        while (k < KEYS && !slice_is(yaml_text(key), keys[k].key))
            k++;
        if (k == KEYS)
            return yaml_error(err, key, "a pack has no key \"%.*s\"", SLICE_ARGS(yaml_text(key)));
        if (yaml_type(value) != keys[k].type)
            return yaml_error(err, value, "%s", keys[k].says);
    }
    return 0;
}

static int check_number(const struct yaml_node *node, const char *name, uint64_t *out, struct err *err)
{
    return node && slice_to_u64(yaml_text(node), out) ? yaml_error(err, node, "%s is a number", name) : 0;
}

static int open_pack(struct reader *reader, const char *path, struct err *err)
{
    struct pack *pack = &reader->packs[reader->count];
    pack->yaml = yaml_load(path, err);
    if (!pack->yaml)
        return -1;
    reader->count++;
    pack->root = yaml_root(pack->yaml);
    pack->path = arena_copy(reader->rules->arena, slice_from(path)).data;
    if (!pack->root || yaml_type(pack->root) != YAML_MAPPING || !pack->path)
        return err_set(err, "%s:1:1: a rule pack is a mapping with the keys pack, engine and rules", path);
    const struct yaml_node *macros = yaml_get(pack->root, "macros");
    if (check_pack_keys(pack, err))
        return -1;
    for (size_t i = 0; macros && i < yaml_count(macros); i++)
        if (pack_check_whole(yaml_value(macros, i), err))
            return -1;
    const struct yaml_node *name = yaml_get(pack->root, "pack"), *engine = yaml_get(pack->root, "engine");
    const struct yaml_node *append = yaml_get(pack->root, "append");
    uint64_t version = 1, wanted = RULES_ENGINE;
    if (!name)
        return yaml_error(err, pack->root, "a pack has a name, under the key pack");
    if (check_number(yaml_get(pack->root, "version"), "version", &version, err) ||
        check_number(engine, "engine", &wanted, err))
        return -1;
    if (wanted > RULES_ENGINE)
        return yaml_error(err, engine, "the pack asks for engine %llu, this program has %d", (unsigned long long)wanted,
                          RULES_ENGINE);
    pack->name = yaml_text(name);
    for (size_t i = 0; i + 1 < reader->count; i++)
        if (slice_equal(reader->packs[i].name, pack->name))
            return yaml_error(err, name, "there is already a pack \"%.*s\", %s", SLICE_ARGS(pack->name),
                              reader->packs[i].path);
    if (append)
        reader->appended[reader->appended_count++] = append;
    return read_language(reader, pack, err);
}

static struct rule *find_rule(struct rules *rules, struct slice id)
{
    for (size_t i = 0; i < rules->count; i++)
        if (slice_is(id, rules->list[i].id))
            return &rules->list[i];
    return NULL;
}

/* `disable` and `scores` of a pack, once all rules are read. */
static int apply_overrides(struct reader *reader, const struct pack *pack, struct err *err)
{
    const struct yaml_node *disable = yaml_get(pack->root, "disable"), *scores = yaml_get(pack->root, "scores");
    for (size_t i = 0; disable && i < yaml_count(disable); i++) {
        const struct yaml_node *id = yaml_item(disable, i);
        struct rule *rule = yaml_type(id) == YAML_SCALAR ? find_rule(reader->rules, yaml_text(id)) : NULL;
        if (!rule)
            return yaml_error(err, id, "no pack that is loaded has a rule \"%.*s\" to disable",
                              SLICE_ARGS(yaml_text(id)));
        rule->disabled = true;
    }
    for (size_t i = 0; scores && i < yaml_count(scores); i++) {
        struct slice id = yaml_text(yaml_key(scores, i));
        struct rule *rule = find_rule(reader->rules, id);
        if (!rule)
            return yaml_error(err, yaml_key(scores, i), "no pack that is loaded has a rule \"%.*s\" to score",
                              SLICE_ARGS(id));
        if (pack_read_score(yaml_value(scores, i), &rule->score, err))
            return -1;
    }
    return 0;
}

/* The list that a key of `append` names, "pack.list"; NULL when no pack has it. */
static const struct yaml_node *find_list(const struct reader *reader, struct slice key)
{
    for (size_t i = 0; i < reader->count; i++) {
        const struct yaml_node *lists = yaml_get(reader->packs[i].root, "lists");
        struct slice pack = reader->packs[i].name;
        for (size_t k = 0; lists && k < yaml_count(lists); k++) {
            struct slice list = yaml_text(yaml_key(lists, k));
            if (key.len == pack.len + 1 + list.len && slice_starts(key, pack) && key.data[pack.len] == '.' &&
                slice_ends(key, list))
                return yaml_value(lists, k);
        }
    }
    return NULL;
}

static int check_appended(const struct reader *reader, struct err *err)
{
    for (size_t n = 0; n < reader->appended_count; n++)
        for (size_t i = 0; i < yaml_count(reader->appended[n]); i++) {
            const struct yaml_node *key = yaml_key(reader->appended[n], i);
            if (!find_list(reader, yaml_text(key)))
                return yaml_error(err, key,
                                  "no pack that is loaded has a list \"%.*s\" to append to (it is written pack.list)",
                                  SLICE_ARGS(yaml_text(key)));
            if (yaml_type(yaml_value(reader->appended[n], i)) != YAML_SEQUENCE)
                return yaml_error(err, yaml_value(reader->appended[n], i), "what is appended is a list of items");
        }
    return 0;
}

int packs_read(struct rules *rules, const char *const *paths, size_t count, struct err *err)
{
    struct reader reader = {.rules = rules};
    if (count > PACKS_MAX)
        return err_set(err, "more than %d rule packs are named", PACKS_MAX);
    int failed = 0;
    for (size_t i = 0; !failed && i < count; i++)
        failed = open_pack(&reader, paths[i], err);
    if (!failed)
        failed = check_appended(&reader, err);
    for (size_t i = 0; !failed && i < reader.count; i++)
        failed = read_pack_rules(&reader, &reader.packs[i], err);
    for (size_t i = 0; !failed && i < reader.count; i++)
        failed = apply_overrides(&reader, &reader.packs[i], err);
    for (size_t i = 0; i < reader.count; i++)
        yaml_free(reader.packs[i].yaml);
    return failed;
}
