/* borders: see borders.h. */
#include "borders.h"

#include <stdlib.h>

#include "rarity.h"
#include "split.h"

/* A group that is never closed ends with the pattern. */
int borders_init(struct borders *borders, struct slice pattern)
{
    uint32_t *ends = malloc((pattern.len + 1) * sizeof *ends), *open = malloc((pattern.len + 1) * sizeof *open);
    size_t depth = 0;
    for (size_t at = 0; ends && open && at < pattern.len;) {
        char c = pattern.data[at];
        ends[at] = (uint32_t)pattern.len;
        if (c == '(')
            open[depth++] = (uint32_t)at;
        else if (c == ')' && depth)
            ends[open[--depth]] = (uint32_t)at + 1;
        at = c == '(' || c == ')' ? at + 1 : split_atom_end(pattern, at);
    }
    bool made = ends && open;
    free(open);
    *borders = (struct borders){pattern, ends};
    return made ? 0 : -1;
}

void borders_fini(struct borders *borders)
{
    free(borders->group_ends);
}

static char char_at(struct slice pattern, size_t at)
{
    return at < pattern.len ? pattern.data[at] : '\0';
}

size_t borders_atom_end(const struct borders *borders, size_t at)
{
    return borders->pattern.data[at] == '(' ? borders->group_ends[at] : split_atom_end(borders->pattern, at);
}

/* Ranges are not looked into. */
static bool is_class_of_marks(struct slice class)
{
    for (size_t i = 1; i + 1 < class.len; i++)
        if (rarity_is_word_byte(class.data[i]) || class.data[i] == '^' ||
            (class.data[i] == '-' && i > 1 && i + 2 < class.len))
            return false;
    return true;
}

bool borders_is_mark(const struct borders *borders, size_t at)
{
    struct slice pattern = borders->pattern;
    char c = char_at(pattern, at), escaped = char_at(pattern, at + 1);
    if (c == '[')
        return is_class_of_marks(slice_part(pattern, at, split_class_end(pattern, at)));
    if (c == '\\')
        return escaped && (strchr("sWh", escaped) || !rarity_is_word_byte(escaped));
    return c != '.' && !rarity_is_word_byte(c);
}

bool borders_is_assertion(const struct borders *borders, size_t at)
{
    static const char *const kinds[] = {"(?=", "(?!", "(?<=", "(?<!"};
    struct slice rest = slice_part(borders->pattern, at, borders->pattern.len);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_starts(rest, slice_from(kinds[i])))
            return true;
    return false;
}

/* Behind the quantifier that may stand there; *may_lack: what it follows need not be there. */
static size_t quantifier_end(struct slice pattern, size_t at, bool *may_lack)
{
    char c = char_at(pattern, at);
    *may_lack = c == '?' || c == '*';
    if (c == '{' && ascii_is_digit(char_at(pattern, at + 1))) {
        *may_lack = char_at(pattern, at + 1) == '0'; /* {00001} is read wrongly, on the safe side */
        while (at < pattern.len && pattern.data[at] != '}')
            at++;
    } else if (!*may_lack && c != '+') {
        return at;
    }
    at++;
    return at + (char_at(pattern, at) == '?' || char_at(pattern, at) == '+'); /* lazy or possessive */
}

/* Of all alternatives of the group that begins there, where `ends` holds behind it. */
static bool group_ends_word(const struct borders *borders, size_t at, bool ends)
{
    struct slice pattern = borders->pattern;
    size_t end = borders_atom_end(borders, at);
    bool plain = char_at(pattern, at + 1) != '?';
    if (!plain && !strchr(":>|", char_at(pattern, at + 2)))
        return false; /* its name comes first */
    for (at += plain ? 1 : 3; at < end; at++) {
        if (!borders_end_word(borders, at, ends))
            return false;
        while (at + 1 < end && pattern.data[at] != '|')
            at = borders_atom_end(borders, at);
    }
    return true;
}

bool borders_end_word(const struct borders *borders, size_t at, bool ends)
{
    struct slice pattern = borders->pattern;
    while (at < pattern.len) {
        char c = pattern.data[at];
        if (c == ')' || c == '|')
            return ends;
        if (c == '$' || (c == '\\' && char_at(pattern, at + 1) == 'b'))
            return true;
        if (borders_is_assertion(borders, at)) {
            at = borders_atom_end(borders, at);
            continue;
        }
        bool may_lack = false;
        size_t behind = quantifier_end(pattern, borders_atom_end(borders, at), &may_lack);
        if (c == '(') {
            bool after = borders_end_word(borders, behind, ends);
            return (after || !may_lack) && group_ends_word(borders, at, after);
        }
        if (!borders_is_mark(borders, at))
            return false;
        if (!may_lack)
            return true;
        at = behind;
    }
    return ends;
}
