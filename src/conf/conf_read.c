/* conf_read: what a value of each kind looks like, and reading a mapping by a table of keys. */
#include "conf_load.h"

#include <stdio.h>

#include "clock.h"

/* ---- values ---- */

static bool size_parse(struct slice text, double *out)
{
    static const struct {
        const char *unit;
        double bytes;
    } units[] = {{"", 1}, {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
    size_t digits = 0;
    while (digits < text.len && ascii_is_digit(text.data[digits]))
        digits++;
    uint64_t value;
    if (slice_to_u64(slice_part(text, 0, digits), &value) != 0)
        return false;
    struct slice unit = slice_trim(slice_part(text, digits, text.len));
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_is(unit, units[i].unit)) {
            *out = (double)value * units[i].bytes;
            return true;
        }
    }
    return false;
}

/* The number a text stands for by its kind; what it should have looked like, or NULL. */
static const char *number_parse(enum conf_kind kind, struct slice text, double *value)
{
    uint64_t whole;
    switch (kind) {
    case CONF_DURATION:
        if (clock_parse_duration(text, &whole) != 0)
            return "a duration like 30s, 5m or 250ms";
        *value = (double)whole;
        return NULL;
    case CONF_SIZE:
        return size_parse(text, value) ? NULL : "a size like 64KiB or 2MiB";
    case CONF_UNSIGNED:
    case CONF_U64:
        if (slice_to_u64(text, &whole) != 0)
            return "a whole number";
        *value = (double)whole;
        return NULL;
    case CONF_SHARE:
        return slice_to_double(text, value) == 0 ? NULL : "a share between 0 and 1";
    case CONF_MONEY:
        return slice_to_double(text, value) == 0 ? NULL : "an amount";
    case CONF_TEXT:
    case CONF_BOOL:
    case CONF_CUSTOM:
        break;
    }
    return "another kind of value";
}

static void number_store(enum conf_kind kind, double value, void *field)
{
    if (kind == CONF_UNSIGNED)
        *(unsigned *)field = (unsigned)value;
    else if (kind == CONF_SIZE)
        *(size_t *)field = (size_t)value;
    else if (kind == CONF_SHARE || kind == CONF_MONEY)
        *(double *)field = value;
    else
        *(uint64_t *)field = (uint64_t)value;
}

struct unit {
    const char *name;
    uint64_t times;
};
static const struct unit size_units[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}};
static const struct unit duration_units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

/* In the largest unit that it is a whole number of. */
static void unit_put(uint64_t value, const struct unit *unit, struct buf *out)
{
    while (unit->times > 1 && (value == 0 || value % unit->times != 0))
        unit++;
    buf_add_format(out, "%llu%s", (unsigned long long)(value / unit->times), value ? unit->name : "");
}

/* A number of a kind as people write it. */
static void number_put(enum conf_kind kind, double value, struct buf *out)
{
    if (kind == CONF_DURATION)
        unit_put((uint64_t)value, duration_units, out);
    else if (kind == CONF_SIZE)
        unit_put((uint64_t)value, size_units, out);
    else
        buf_add_format(out, "%.15g", value);
}

static int range_error(struct conf_load *load, const struct conf_row *row, struct slice text,
                       const struct yaml_node *node)
{
    struct buf range;
    buf_init(&range, 128);
    number_put(row->kind, row->min, &range);
    if (row->max < NO_LIMIT) {
        buf_add_text(&range, " to ");
        number_put(row->kind, row->max, &range);
    } else {
        buf_add_text(&range, " or more");
    }
    yaml_error(load->err, node, "'%s' is out of range: %.*s is not %s", row->key.path, SLICE_ARGS(text),
               buf_text(&range));
    buf_fini(&range);
    return -1;
}

/* Sets a key from text; node NULL: a default of the table, known to be right. */
static int text_set(struct conf_load *load, const struct conf_row *row, struct slice text, const struct yaml_node *node,
                    void *base)
{
    void *field = (char *)base + row->offset;
    if (row->kind == CONF_TEXT) {
        if (text.len == 0)
            return yaml_error(load->err, node, "'%s' is empty", row->key.path);
        *(char **)field = conf_copy(load, node, text);
        return *(char **)field ? 0 : -1;
    }
    if (node && !yaml_plain(node) && row->kind != CONF_DURATION && row->kind != CONF_SIZE && row->kind != CONF_TEXT)
        return yaml_error(load->err, node, "'%s' expects %s without quotes", row->key.path, row->key.type);
    if (row->kind == CONF_BOOL) {
        bool yes = slice_is(text, "true"), no = slice_is(text, "false");
        if (!yes && !no)
            return yaml_error(load->err, node, "'%s' expects true or false, not '%.*s'", row->key.path,
                              SLICE_ARGS(text));
        *(bool *)field = yes;
        return 0;
    }
    double value;
    const char *expected = number_parse(row->kind, text, &value);
    if (expected)
        return yaml_error(load->err, node, "'%s' expects %s, not '%.*s'", row->key.path, expected, SLICE_ARGS(text));
    if (value < row->min || value > row->max)
        return range_error(load, row, text, node);
    number_store(row->kind, value, field);
    return 0;
}

void conf_set_defaults(struct conf_load *load, const struct conf_row *rows, size_t count, void *base)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].kind == CONF_CUSTOM || !rows[i].key.standard)
            continue;
        int rc = text_set(load, &rows[i], slice_from(rows[i].key.standard), NULL, base);
        (void)rc; /* a unit test sets them all */
    }
}

void conf_put_value(const struct conf_row *row, const void *base, struct buf *out)
{
    const void *field = (const char *)base + row->offset;
    switch (row->kind) {
    case CONF_TEXT:
        conf_put_text(*(char *const *)field, out);
        break;
    case CONF_BOOL:
        buf_add_text(out, *(const bool *)field ? "true" : "false");
        break;
    case CONF_UNSIGNED:
        buf_add_format(out, "%u", *(const unsigned *)field);
        break;
    case CONF_SIZE:
        unit_put(*(const size_t *)field, size_units, out);
        break;
    case CONF_SHARE:
    case CONF_MONEY:
        buf_add_format(out, "%g", *(const double *)field);
        break;
    case CONF_U64:
        buf_add_format(out, "%llu", (unsigned long long)*(const uint64_t *)field);
        break;
    case CONF_DURATION:
        unit_put(*(const uint64_t *)field, duration_units, out);
        break;
    case CONF_CUSTOM:
        row->put(base, out);
        break;
    }
}

/* ---- walking a mapping ---- */

static size_t edit_distance(struct slice a, struct slice b)
{
    size_t row[64];
    if (a.len > 60 || b.len >= 60)
        return 99;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = step < change ? step : change;
        }
    }
    return row[b.len];
}

/* The part of a row's path that stands at this level, behind prefix; {NULL,0} when it is elsewhere. */
static struct slice level_name(const struct conf_row *row, const char *prefix)
{
    struct slice path = slice_from(row->key.path), name;
    if (!slice_starts(path, slice_from(prefix)))
        return SLICE_NONE;
    path = slice_part(path, strlen(prefix), path.len);
    return slice_cut(&path, '.', &name) ? name : SLICE_NONE;
}

static int unknown_key(struct conf_load *load, const struct yaml_node *key, const struct conf_row *rows, size_t count,
                       const char *prefix)
{
    struct slice name = yaml_text(key), best = SLICE_NONE;
    size_t closest = 3;
    for (size_t i = 0; i < count; i++) {
        struct slice candidate = level_name(&rows[i], prefix);
        size_t distance = candidate.data ? edit_distance(name, candidate) : 99;
        if (distance < closest) {
            closest = distance;
            best = candidate;
        }
    }
    if (best.data)
        return yaml_error(load->err, key, "unknown key '%.*s'; did you mean '%.*s'?", SLICE_ARGS(name),
                          SLICE_ARGS(best));
    return yaml_error(load->err, key, "unknown key '%.*s'", SLICE_ARGS(name));
}

static int key_read(struct conf_load *load, const struct yaml_node *key, const struct yaml_node *value,
                    const struct conf_row *rows, size_t count, const char *prefix, void *base)
{
    char path[128];
    snprintf(path, sizeof path, "%s%.*s", prefix, SLICE_ARGS(yaml_text(key)));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].key.path, path) != 0)
            continue;
        if (rows[i].kind == CONF_CUSTOM)
            return rows[i].set(load, value, base);
        struct slice text;
        char what[96];
        snprintf(what, sizeof what, "one value for '%s' (%s)", rows[i].key.path, rows[i].key.type);
        if (conf_scalar(load, value, what, &text) != 0)
            return -1;
        return text_set(load, &rows[i], text, value, base);
    }
    size_t used = strlen(path);
    if (used + 1 < sizeof path) {
        memcpy(path + used, ".", 2);
        for (size_t i = 0; i < count; i++)
            if (strncmp(rows[i].key.path, path, used + 1) == 0)
                return conf_read_mapping(load, value, rows, count, path, base);
    }
    return unknown_key(load, key, rows, count, prefix);
}

int conf_read_mapping(struct conf_load *load, const struct yaml_node *mapping, const struct conf_row *rows,
                      size_t count, const char *prefix, void *base)
{
    if (yaml_type(mapping) != YAML_MAPPING)
        return yaml_error(load->err, mapping, "%s%.*s expects keys and values", *prefix ? "" : "the configuration",
                          (int)(*prefix ? strlen(prefix) - 1 : 0), prefix);
    for (size_t i = 0; i < yaml_count(mapping); i++)
        if (key_read(load, yaml_key(mapping, i), yaml_value(mapping, i), rows, count, prefix, base) != 0)
            return -1;
    return 0;
}
