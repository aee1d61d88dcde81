/* alias: what is abbreviated or described, whoever takes another name, a person who goes by one name beside a person
 * with two (Lenin and Vladimir Ulyanov), and names that sound or begin alike, as one name does in two languages. See
 * alias.h.
 */
#include "alias.h"

/* A name that is written as an abbreviation or a formula: NASA, NaCl, CO2. Half of its letters are capitals at least,
 * and two. */
static bool is_abbreviated(const struct claims *c, const struct value *value)
{
    for (size_t i = value->from; i < value->to; i++) {
        const struct word *word = &c->text.words[i];
        size_t letters = 0, capitals = 0;
        for (size_t at = word->start; at < word->end && at < c->text.source.len; at++) {
            char byte = c->text.source.data[at];
            letters += ascii_is_alpha(byte);
            capitals += byte >= 'A' && byte <= 'Z';
        }
        if (c->novel[i] && capitals >= 2 && 2 * capitals >= letters)
            return true;
    }
    return false;
}

static bool is_single(const struct claims *c, const struct value *value)
{
    size_t words = 0;
    for (size_t i = value->from; i < value->to; i++)
        words += c->novel[i];
    return words == 1;
}

/* A name's word: new, and written with a capital. */
static bool is_named(const struct claims *c, size_t i)
{
    return c->novel[i] && (c->text.words[i].flags & WORD_CAPITAL);
}

/* "A British island" describes what another answer names. */
static bool is_described(const struct claims *c, const struct value *value)
{
    struct slice before = value->from > 0 ? c->text.words[value->from - 1].text : SLICE_NONE;
    bool indefinite = slice_is(before, "a") || slice_is(before, "an");
    return indefinite && value->to > value->from && !(c->text.words[value->to - 1].flags & WORD_CAPITAL);
}

enum { SOUNDS_MAX = WORDS_DISTANCE_MAX };

/* What stays of a name from one language to another: its consonants, those as one that stand for each other. Florence
 * and Firenze, Ulan Bator and Ulaanbaatar, Gaddafi and Qaddafi. */
static struct slice name_sounds(const struct claims *c, size_t from, size_t to, char room[SOUNDS_MAX])
{
    /* of a to z; a dot: vowels, and what comes and goes */
    static const char sounds[] = ".bkd.fk..jklmn.pkrst.f.k.s";
    size_t len = 0;
    for (size_t i = from; i < to; i++) {
        struct slice word = c->novel[i] ? c->text.words[i].text : SLICE_NONE;
        for (size_t at = 0; at < word.len && len < SOUNDS_MAX; at++) {
            char next = at + 1 < word.len ? word.data[at + 1] : ' ';
            char sound = ascii_is_alpha(word.data[at]) ? sounds[word.data[at] - 'a'] : '.';
            if (word.data[at] == 'c' && (next == 'e' || next == 'i'))
                sound = 's';
            if (sound != '.' && (len == 0 || room[len - 1] != sound))
                room[len++] = sound;
        }
    }
    return slice_of(room, len);
}

static bool sounds_near(struct slice a, struct slice b, size_t least)
{
    size_t longer = a.len > b.len ? a.len : b.len;
    return a.len >= least && b.len >= least && 3 * words_distance(a, b) <= longer;
}

/* All of two names, or what they end in: a surname, of which there must be more. */
static bool sound_alike(const struct value *a, const struct claims *ac, const struct value *b, const struct claims *bc)
{
    char x[SOUNDS_MAX], y[SOUNDS_MAX];
    if (a->from >= a->to || b->from >= b->to)
        return false;
    return sounds_near(name_sounds(ac, a->from, a->to, x), name_sounds(bc, b->from, b->to, y), 2) ||
           sounds_near(name_sounds(ac, a->to - 1, a->to, x), name_sounds(bc, b->to - 1, b->to, y), 3);
}

/* Man Utd and Manchester United, Poland and Polish. */
static bool begin_alike(const struct value *a, const struct claims *ac, const struct value *b, const struct claims *bc)
{
    enum { LETTERS = 3 };
    for (size_t i = a->from; i < a->to; i++)
        for (size_t j = b->from; j < b->to; j++) {
            struct slice x = ac->text.words[i].text, y = bc->text.words[j].text;
            if (is_named(ac, i) && is_named(bc, j) && x.len >= LETTERS && y.len >= LETTERS &&
                memcmp(x.data, y.data, LETTERS) == 0)
                return true;
        }
    return false;
}

/* Cristóbal Colón and Christopher Columbus: as many names, with the same first letters. */
static bool same_initials(const struct value *a, const struct claims *ac, const struct value *b,
                          const struct claims *bc)
{
    size_t i = a->from, j = b->from, pairs = 0;
    for (;; i++, j++) {
        while (i < a->to && !is_named(ac, i))
            i++;
        while (j < b->to && !is_named(bc, j))
            j++;
        if (i >= a->to || j >= b->to)
            return i >= a->to && j >= b->to && pairs >= 2;
        if (ac->text.words[i].text.data[0] != bc->text.words[j].text.data[0])
            return false;
        pairs++;
    }
}

bool names_may_be_aliases(const struct value *a, const struct claims *ac, const struct value *b,
                          const struct claims *bc, const struct question *question)
{
    return question->place || question->pen_names || is_abbreviated(ac, a) != is_abbreviated(bc, b) ||
           (question->person && is_single(ac, a) != is_single(bc, b)) || is_described(ac, a) != is_described(bc, b) ||
           same_initials(a, ac, b, bc) || begin_alike(a, ac, b, bc) || sound_alike(a, ac, b, bc);
}
