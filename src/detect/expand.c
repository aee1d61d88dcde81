/* expand: puts the macros and lists of a pack into its patterns.
 *
 * {NAME} in a pattern is replaced by the macro of that name, or by the items of the list of that name as
 * alternatives, in a group of its own. Both may use others, to a depth of eight. Quantifiers such as {0,4} and
 * escapes such as \p{L} are left alone; an escape that takes no braces before a name is a mistake, and told.
 */
#include "buf.h"
#include "ruleset.h"

enum { EXPAND_DEPTH = 8, EXPAND_MAX = 32768 };

/* Letters of escapes that take braces of their own. */
#define BRACED_ESCAPES "pPxoNgk"

static bool is_name_char(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_';
}

/* The name in braces at at, empty when there is none. */
static struct slice name_at(struct slice text, size_t at)
{
    if (text.data[at] != '{' || at + 1 >= text.len || !ascii_is_alpha(text.data[at + 1]))
        return SLICE_NONE;
    size_t end = at + 1;
    while (end < text.len && is_name_char(text.data[end]))
        end++;
    return end < text.len && text.data[end] == '}' ? slice_part(text, at + 1, end) : SLICE_NONE;
}

/* The letter of the escape that ends in front of at: the b of \b. '\0': there is none. */
static char escape_before(struct slice text, size_t at)
{
    size_t backslashes = 0;
    if (at < 2 || !ascii_is_alpha(text.data[at - 1]))
        return '\0';
    while (backslashes + 1 < at && text.data[at - 2 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 ? text.data[at - 1] : '\0';
}

static const struct yaml_node *find(const struct yaml_node *mapping, struct slice name)
{
    for (size_t i = 0; mapping && yaml_type(mapping) == YAML_MAPPING && i < yaml_count(mapping); i++)
        if (slice_equal(yaml_text(yaml_key(mapping, i)), name))
            return yaml_value(mapping, i);
    return NULL;
}

/* The items that the nth pack appends to a list of this pack: its key is "pack.list". */
static const struct yaml_node *appended_items(const struct expansion *e, size_t n, struct slice list)
{
    const struct yaml_node *mapping = e->appended[n];
    for (size_t i = 0; i < yaml_count(mapping); i++) {
        struct slice key = yaml_text(yaml_key(mapping, i));
        if (key.len == e->pack_name.len + 1 + list.len && slice_starts(key, e->pack_name) &&
            key.data[e->pack_name.len] == '.' && slice_ends(key, list))
            return yaml_value(mapping, i);
    }
    return NULL;
}

const struct yaml_node *expand_named(const struct expansion *e, struct slice name, size_t index)
{
    const struct yaml_node *macro = find(yaml_get(e->pack, "macros"), name);
    const struct yaml_node *list = macro ? NULL : find(yaml_get(e->pack, "lists"), name);
    if (macro)
        return index == 0 ? macro : NULL;
    for (size_t n = 0; list; n++) {
        size_t count = yaml_type(list) == YAML_SEQUENCE ? yaml_count(list) : 0;
        if (index < count)
            return yaml_item(list, index);
        index -= count;
        while (n < e->appended_count && !appended_items(e, n, name))
            n++;
        list = n < e->appended_count ? appended_items(e, n, name) : NULL;
    }
    return NULL;
}

static int expand_into(const struct expansion *e, const struct yaml_node *node, struct buf *out, unsigned depth,
                       struct err *err);

/* The name stands in the text of the node. */
static int add_named(const struct expansion *e, const struct yaml_node *node, struct slice name, struct buf *out,
                     unsigned depth, struct err *err)
{
    size_t at = (size_t)(name.data - yaml_text(node).data) - 1;
    const struct yaml_node *item = expand_named(e, name, 0);
    if (!item)
        return yaml_error_in(err, node, at, "there is no macro, and no list of items, {%.*s} in this pack",
                             SLICE_ARGS(name));
    if (depth >= EXPAND_DEPTH)
        return yaml_error_in(err, node, at, "{%.*s} stands in itself, or macros nest too deeply", SLICE_ARGS(name));
    buf_add_text(out, "(?:");
    for (size_t i = 0; item; item = expand_named(e, name, ++i)) {
        if (i)
            buf_add_char(out, '|');
        if (expand_into(e, item, out, depth + 1, err))
            return -1;
    }
    buf_add_char(out, ')');
    return 0;
}

/* Adds what the character or the {NAME} at *at stands for, and moves behind it. */
static int add_part(const struct expansion *e, const struct yaml_node *node, size_t *at, struct buf *out,
                    unsigned depth, struct err *err)
{
    struct slice text = yaml_text(node), name = name_at(text, *at);
    size_t start = (*at)++;
    if (text.data[start] == '\n') { /* a pattern over several lines: the break and what indents the next go */
        while (*at < text.len && text.data[*at] == ' ')
            ++*at;
        return 0;
    }
    if ((unsigned char)text.data[start] < ' ')
        return yaml_error_in(err, node, start,
                             "a control character, 0x%02x, can never be there; within double quotes \\ is written \\\\",
                             (unsigned char)text.data[start]);
    char escape = name.data ? escape_before(text, start) : '\0';
    if (!name.data || (escape && strchr(BRACED_ESCAPES, escape))) {
        buf_add_char(out, text.data[start]);
        return 0;
    }
    if (escape)
        return yaml_error_in(err, node, start - 2, "\\%c{%.*s} is no escape; write \\%c(?:{%.*s})", escape,
                             SLICE_ARGS(name), escape, SLICE_ARGS(name));
    *at += name.len + 1;
    return add_named(e, node, name, out, depth, err);
}

static int expand_into(const struct expansion *e, const struct yaml_node *node, struct buf *out, unsigned depth,
                       struct err *err)
{
    if (yaml_type(node) != YAML_SCALAR)
        return yaml_error(err, node, "a pattern is text");
    for (size_t at = 0; at < yaml_text(node).len;)
        if (add_part(e, node, &at, out, depth, err))
            return -1;
    return out->failed ? yaml_error(err, node, "the pattern grows past %d bytes", EXPAND_MAX) : 0;
}

int expand_pattern(const struct expansion *e, const struct yaml_node *node, struct slice *out, struct err *err)
{
    struct buf text;
    buf_init(&text, EXPAND_MAX);
    int failed = expand_into(e, node, &text, 0, err);
    if (!failed) {
        *out = arena_copy(e->arena, buf_slice(&text));
        if (!out->data)
            failed = yaml_error(err, node, "the packs are larger than the room for rules");
    }
    buf_fini(&text);
    return failed;
}

size_t expand_source(const struct expansion *e, const struct yaml_node *node, size_t offset, struct slice *name)
{
    struct err ignored = {""};
    struct buf text;
    size_t start = 0, at = 0;
    buf_init(&text, EXPAND_MAX);
    while (at < yaml_text(node).len && text.len <= offset) {
        start = at;
        if (add_part(e, node, &at, &text, 0, &ignored))
            break;
    }
    bool found = text.len > offset;
    buf_fini(&text);
    *name = found && at > start + 1 ? name_at(yaml_text(node), start) : SLICE_NONE;
    return found ? start : yaml_text(node).len;
}

enum { WORDS_MAX = 512 };

static int add_word(const struct expansion *e, const struct yaml_node *node, struct literals *out, struct err *err)
{
    struct slice text = yaml_text(node);
    if (out->count == WORDS_MAX || text.len == 0)
        return yaml_error(err, node, "a keyword is a word, and a rule has at most %d", WORDS_MAX);
    text = arena_copy(e->arena, text);
    if (!text.data)
        return yaml_error(err, node, "the packs are larger than the room for rules");
    struct literal *item = &out->items[out->count++];
    *item =
        (struct literal){.text = text, .hash = literal_hash(text, BORDER_NONE), .rarity = rarity(text, BORDER_NONE)};
    out->cost += item->rarity;
    return 0;
}

int expand_words(const struct expansion *e, const struct yaml_node *sequence, struct literals *out, struct err *err)
{
    *out = (struct literals){.items = arena_array(e->arena, WORDS_MAX, sizeof *out->items)};
    if (!out->items || yaml_type(sequence) != YAML_SEQUENCE)
        return yaml_error(err, sequence, "keywords are a list of words");
    for (size_t i = 0; i < yaml_count(sequence); i++) {
        const struct yaml_node *node = yaml_item(sequence, i);
        struct slice name =
            yaml_type(node) == YAML_SCALAR && yaml_text(node).len ? name_at(yaml_text(node), 0) : SLICE_NONE;
        const struct yaml_node *list = name.data ? find(yaml_get(e->pack, "lists"), name) : NULL;
        if (name.data && !list)
            return yaml_error(err, node, "there is no list {%.*s} in this pack", SLICE_ARGS(name));
        size_t words = list ? yaml_count(list) : 1;
        for (size_t k = 0; k < words; k++)
            if (add_word(e, list ? yaml_item(list, k) : node, out, err))
                return -1;
    }
    return 0;
}
