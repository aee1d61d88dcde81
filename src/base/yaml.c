/* yaml: see yaml.h. libfyaml parses; its document is copied at once into our own nodes, which know their place and
 * outlive it. Aliases are refused rather than resolved: packs and configurations need none, and a few nested ones
 * blow up into gigabytes.
 */
#include "yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <libfyaml.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "buf.h"

#define FILE_MAX_BYTES (4u << 20)
#define TREE_MAX_BYTES (64u << 20)
#define MAX_DEPTH      64
#define PIPE_WAIT_MS   2000

struct yaml_node {
    const char *file;
    enum yaml_type type;
    bool plain;
    unsigned line, column;
    struct slice text;
    struct slice source; /* the file from where the text of a scalar begins */
    char quote;          /* around the text in the file; '\0': none */
    size_t count;
    struct yaml_node **keys, **values;
};

struct yaml {
    struct arena *arena;
    struct yaml_node *root;
};

struct copy { /* the state of one copy of a document */
    struct arena *arena;
    const char *file;
    struct slice text; /* the whole file */
    struct err *err;
};

static struct yaml_node *node_copy(struct copy *copy, struct fy_node *from, unsigned line, unsigned column,
                                   unsigned depth);

static int scalar_copy(struct copy *copy, struct fy_node *from, struct yaml_node *node)
{
    size_t len = 0;
    const char *text = fy_node_get_scalar(from, &len);
    enum fy_node_style style = fy_node_get_style(from);
    node->plain = style == FYNS_PLAIN || style == FYNS_ANY;
    node->quote = style == FYNS_SINGLE_QUOTED ? '\'' : style == FYNS_DOUBLE_QUOTED ? '"' : '\0';
    node->text = arena_copy(copy->arena, text ? slice_of(text, len) : SLICE(""));
    return node->text.data ? 0 : -1;
}

static int items_copy(struct copy *copy, struct fy_node *from, struct yaml_node *node, unsigned depth)
{
    bool mapping = node->type == YAML_MAPPING;
    int count = mapping ? fy_node_mapping_item_count(from) : fy_node_sequence_item_count(from);
    node->count = count > 0 ? (size_t)count : 0;
    node->values = arena_array(copy->arena, node->count + 1, sizeof *node->values);
    node->keys = mapping ? arena_array(copy->arena, node->count + 1, sizeof *node->keys) : NULL;
    if (!node->values || (mapping && !node->keys))
        return -1;
    unsigned line = node->line, column = node->column;
    for (int i = 0; i < count; i++) {
        struct fy_node_pair *pair = mapping ? fy_node_mapping_get_by_index(from, i) : NULL;
        struct fy_node *value = mapping ? fy_node_pair_value(pair) : fy_node_sequence_get_by_index(from, i);
        if (mapping) {
            node->keys[i] = node_copy(copy, fy_node_pair_key(pair), line, column, depth + 1);
            if (!node->keys[i])
                return -1;
            line = node->keys[i]->line, column = node->keys[i]->column;
        }
        node->values[i] = node_copy(copy, value, line, column, depth + 1);
        if (!node->values[i])
            return -1;
    }
    if (node->count && node->values[0]) { /* a collection stands where its first item does */
        struct yaml_node *first = mapping ? node->keys[0] : node->values[0];
        node->line = first->line, node->column = first->column;
    }
    return 0;
}

/* What indents a block: its token begins with the line, its text behind it. */
static unsigned block_indent(const struct copy *copy, struct fy_node *from, const struct fy_mark *mark)
{
    unsigned indent = 0;
    if (fy_node_get_style(from) == FYNS_LITERAL || fy_node_get_style(from) == FYNS_FOLDED)
        while (mark->input_pos + indent < copy->text.len && copy->text.data[mark->input_pos + indent] == ' ')
            indent++;
    return indent;
}

/* line and column: where the parent stands, for nodes without a token of their own (an empty value). */
static struct yaml_node *node_copy(struct copy *copy, struct fy_node *from, unsigned line, unsigned column,
                                   unsigned depth)
{
    struct yaml_node *node = arena_alloc(copy->arena, sizeof *node);
    if (!node)
        return NULL;
    *node = (struct yaml_node){.file = copy->file, .line = line, .column = column, .plain = true, .text = SLICE("")};
    if (!from)
        return node;
    struct fy_token *token = fy_node_is_scalar(from) ? fy_node_get_scalar_token(from) : NULL;
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    if (mark) {
        unsigned indent = block_indent(copy, from, mark);
        node->line = (unsigned)mark->line + 1;
        node->column = (unsigned)mark->column + 1 + indent;
        node->source = slice_part(copy->text, mark->input_pos + indent, copy->text.len);
    }
    if (depth > MAX_DEPTH) {
        yaml_error(copy->err, node, "nested deeper than %d levels", MAX_DEPTH);
        return NULL;
    }
    if (fy_node_is_alias(from)) {
        yaml_error(copy->err, node, "anchors and aliases are not supported; write the value out");
        return NULL;
    }
    node->type = fy_node_is_scalar(from) ? YAML_SCALAR : fy_node_is_sequence(from) ? YAML_SEQUENCE : YAML_MAPPING;
    int rc = node->type == YAML_SCALAR ? scalar_copy(copy, from, node) : items_copy(copy, from, node, depth);
    return rc == 0 ? node : NULL;
}

/* What to do about a complaint that speaks of the grammar only. */
static const char *diag_advice(const char *message)
{
    static const struct {
        const char *begins, *advice;
    } known[] = {
        {"invalid nested block mapping", "; text that holds \": \" needs quotes"},
        {"missing comma in flow", "; text that holds { } [ ] or , needs quotes"},
        {"invalid escape", "; a backslash within double quotes is written \\\\, within single quotes as it is"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(message, known[i].begins, strlen(known[i].begins)) == 0)
            return known[i].advice;
    return "";
}

/* The first thing libfyaml complained of, in our form. 0 when it had no complaint: there was nothing to read. */
static int diag_sentence(struct fy_diag *diag, const char *name, struct err *err)
{
    void *at = NULL;
    struct fy_diag_error *error = fy_diag_errors_iterate(diag, &at);
    return error ? err_set(err, "%s:%d:%d: %s%s", name, error->line, error->column, error->msg, diag_advice(error->msg))
                 : 0;
}

static struct yaml *document_copy(struct fy_document *document, struct slice text, const char *name, struct err *err)
{
    struct yaml *yaml = calloc(1, sizeof *yaml);
    if (!yaml || !(yaml->arena = arena_new(TREE_MAX_BYTES))) {
        err_set(err, "%s: no memory", name);
        free(yaml);
        return NULL;
    }
    struct fy_node *root = fy_document_root(document);
    struct err why = {""};
    struct copy copy = {yaml->arena, arena_copy(yaml->arena, slice_from(name)).data, arena_copy(yaml->arena, text),
                        &why};
    if (root && copy.file && copy.text.data)
        yaml->root = node_copy(&copy, root, 1, 1, 0);
    if (root && !yaml->root) {
        if (*why.text)
            err_set(err, "%s", why.text);
        else
            err_set(err, "%s: too large to hold in memory", name);
        yaml_free(yaml);
        return NULL;
    }
    return yaml;
}

/* The one document of a stream. A second one would be passed over in silence. */
static struct yaml *stream_copy(struct fy_parser *parser, struct fy_diag *diag, struct slice text, const char *name,
                                struct err *err)
{
    struct fy_document *document = fy_parse_load_document(parser);
    struct fy_document *second = document ? fy_parse_load_document(parser) : NULL;
    struct yaml *yaml = NULL;
    if (diag_sentence(diag, name, err) == 0) {
        struct yaml *copy = second ? document_copy(second, text, name, err) : NULL;
        if (second)
            (void)(copy && copy->root ? yaml_error(err, copy->root, "a second document begins; a file holds one")
                                      : err_set(err, "%s: there is a second document; a file holds one", name));
        else if (document)
            yaml = document_copy(document, text, name, err);
        else
            yaml = calloc(1, sizeof *yaml); /* comments or nothing at all: an empty document */
        yaml_free(copy);
    }
    fy_document_destroy(second);
    fy_document_destroy(document);
    return yaml;
}

/* Where the text stops being UTF-8. */
static void no_utf8(struct slice text, const char *name, struct err *err)
{
    unsigned line = 1, column = 1;
    size_t len;
    for (size_t at = 0; (len = utf8_char(slice_part(text, at, text.len), NULL)) > 0; at += len) {
        bool breaks = text.data[at] == '\n';
        line += breaks;
        column = breaks ? 1 : column + 1;
    }
    err_set(err, "%s:%u:%u: this byte is not UTF-8; save the file as UTF-8", name, line, column);
}

struct yaml *yaml_parse(struct slice text, const char *name, struct err *err)
{
    if (text.len > FILE_MAX_BYTES) {
        err_set(err, "%s: larger than %u MiB", name, FILE_MAX_BYTES >> 20);
        return NULL;
    }
    if (!utf8_valid(text)) {
        no_utf8(text, name, err);
        return NULL;
    }
    struct fy_diag *diag = fy_diag_create(&(struct fy_diag_cfg){.level = FYET_ERROR, .module_mask = UINT32_MAX});
    if (!diag) {
        err_set(err, "%s: no memory", name);
        return NULL;
    }
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    struct yaml *yaml = NULL;
    if (!parser || fy_parser_set_string(parser, text.data ? text.data : "", text.len))
        err_set(err, "%s: no memory", name);
    else
        yaml = stream_copy(parser, diag, text, name, err);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return yaml;
}

/* A pipe is waited for a while: whoever writes may still be starting, but nobody is not worth a hang. */
static FILE *open_patiently(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (fd >= 0 && poll(&ready, 1, PIPE_WAIT_MS) == 0) {
        err_set(err, "%s: nobody writes to this pipe", path);
        close(fd);
        return NULL;
    }
    FILE *file = fd >= 0 && fcntl(fd, F_SETFL, 0) == 0 ? fdopen(fd, "r") : NULL;
    if (!file) {
        err_set(err, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    return file;
}

struct yaml *yaml_load(const char *path, struct err *err)
{
    FILE *file = open_patiently(path, err);
    if (!file)
        return NULL;
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES + 1);
    char part[16384];
    size_t got;
    while (!text.failed && (got = fread(part, 1, sizeof part, file)) > 0)
        buf_add(&text, part, got);
    struct yaml *yaml = NULL;
    if (ferror(file))
        err_set(err, "%s: %s", path, strerror(errno));
    else if (text.failed)
        err_set(err, "%s: larger than %u MiB", path, FILE_MAX_BYTES >> 20);
    else
        yaml = yaml_parse(buf_slice(&text), path, err);
    fclose(file);
    buf_fini(&text);
    return yaml;
}

void yaml_free(struct yaml *yaml)
{
    if (!yaml)
        return;
    arena_free(yaml->arena);
    free(yaml);
}

const struct yaml_node *yaml_root(const struct yaml *yaml)
{
    return yaml->root;
}

enum yaml_type yaml_type(const struct yaml_node *node)
{
    return node->type;
}

struct slice yaml_text(const struct yaml_node *node)
{
    return node->text;
}

bool yaml_plain(const struct yaml_node *node)
{
    return node->plain;
}

size_t yaml_count(const struct yaml_node *node)
{
    return node->count;
}

const struct yaml_node *yaml_item(const struct yaml_node *sequence, size_t index)
{
    return index < sequence->count ? sequence->values[index] : NULL;
}

const struct yaml_node *yaml_key(const struct yaml_node *mapping, size_t index)
{
    return mapping->keys && index < mapping->count ? mapping->keys[index] : NULL;
}

const struct yaml_node *yaml_value(const struct yaml_node *mapping, size_t index)
{
    return yaml_item(mapping, index);
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->type != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->count; i++)
        if (slice_is(mapping->keys[i]->text, key))
            return mapping->values[i];
    return NULL;
}

unsigned yaml_line(const struct yaml_node *node)
{
    return node->line;
}

unsigned yaml_column(const struct yaml_node *node)
{
    return node->column;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The bytes of the character at the place; an escape can make what is none. */
static size_t character_len(struct slice text, size_t at)
{
    size_t len = utf8_char(slice_part(text, at, text.len), NULL);
    return len ? len : 1;
}

/* How many bytes of the file one character of a scalar's text takes there. */
static size_t source_len(const struct yaml_node *node, size_t at)
{
    struct slice rest = slice_part(node->source, at, node->source.len);
    if (node->quote == '\'' && slice_starts(rest, SLICE("''")))
        return 2;
    if (node->quote != '"' || rest.len < 2 || rest.data[0] != '\\')
        return character_len(rest, 0);
    return rest.data[1] == 'x' ? 4 : rest.data[1] == 'u' ? 6 : rest.data[1] == 'U' ? 10 : 2;
}

/* Blanks and folded line breaks. */
static bool is_passed_over(const struct yaml_node *node, size_t at)
{
    struct slice rest = slice_part(node->source, at, node->source.len);
    return rest.len && (is_blank(rest.data[0]) || (node->quote == '"' && slice_starts(rest, SLICE("\\\n"))));
}

/* Where in its source the byte at the offset of a scalar's text stands. What folds and indents lines is in the file
 * only: it is passed over where the text goes on with something else. */
static size_t source_offset(const struct yaml_node *node, size_t offset)
{
    size_t at = 0;
    for (size_t i = 0; at < node->source.len && i < node->text.len; i += character_len(node->text, i)) {
        while (!is_blank(node->text.data[i]) && is_passed_over(node, at))
            at++;
        if (i >= offset)
            break;
        at += source_len(node, at);
    }
    return at < node->source.len ? at : node->source.len;
}

bool yaml_commented(const struct yaml_node *scalar)
{
    if (!scalar->plain || !scalar->source.data)
        return false;
    size_t end = source_offset(scalar, scalar->text.len), at = end;
    while (at < scalar->source.len && (scalar->source.data[at] == ' ' || scalar->source.data[at] == '\t'))
        at++;
    return at > end && at < scalar->source.len && scalar->source.data[at] == '#';
}

PRINTF(4, 0)
static int error_at(struct err *err, const struct yaml_node *node, size_t offset, const char *format, va_list args)
{
    char sentence[ERR_TEXT_SIZE];
    unsigned line = node->line, column = node->column;
    size_t end = offset ? source_offset(node, offset) : 0;
    vsnprintf(sentence, sizeof sentence, format, args);
    for (size_t at = 0; at < end; at += character_len(node->source, at)) {
        bool breaks = node->source.data[at] == '\n';
        line += breaks;
        column = breaks ? 1 : column + 1;
    }
    return err_set(err, "%s:%u:%u: %s", node->file, line, column, sentence);
}

int yaml_error(struct err *err, const struct yaml_node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int failed = error_at(err, node, 0, format, args);
    va_end(args);
    return failed;
}

int yaml_error_in(struct err *err, const struct yaml_node *scalar, size_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int failed = error_at(err, scalar, offset, format, args);
    va_end(args);
    return failed;
}
