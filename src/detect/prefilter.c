/* prefilter: see prefilter.h.
 *
 * A word to look for may consist of several; it is found by the rarest of them, its anchor. Where it says how the
 * anchor ends, that is found by the whole word of the text, or by it and the one before, else by as much of it as is
 * known, up to four bytes: so a word of the text is looked up six times at most, and mostly a bit says that there is
 * nothing.
 */
#include "prefilter.h"

#include <endian.h>
#include <stdlib.h>

#include "automaton.h"

/* What a key is made of: the first so many bytes of a word of the text, all of it, or all of it and of the one before.
 */
enum kind { PREFIX_MAX = 4, WHOLE, PAIR };

enum { BITS_WORDS = 1024 };

/* A word to look for, behind others of the same key. */
struct entry {
    uint32_t hash; /* its key */
    uint32_t number;
    uint32_t text : 28;   /* where it begins in texts */
    uint32_t borders : 2; /* that are looked at, flags of enum border */
    uint32_t whole : 1;   /* it is its anchor, a whole word of the text: its key and length say all */
    uint32_t last : 1;    /* of its key */
    uint16_t len, before; /* of the word; and how much of it stands in front of its anchor */
};

/* Where the entries of a key begin, and half of its hash. Open addressing, at most two thirds full; first_entry 0: a
 * free place. */
struct place {
    uint16_t half, first_entry;
};

enum { ENTRIES_MAX = UINT16_MAX, TEXTS_MAX = 1 << 28 };

struct prefilter {
    bool is_word_byte[256];
    uint8_t prefixes[1024];    /* by the first two bytes a bit a kind of prefix: whether any begins with them */
    uint64_t bits[BITS_WORDS]; /* two for each key: most of what is no key is known without a look (Bloom 1970) */
    struct place *places;
    size_t place_mask;
    struct entry *entries; /* the first is none; what turns up most lies together */
    char *texts;           /* the words one behind the other */
    struct automaton *automaton;
};

/* ---- keys ---- */

static uint64_t mix(uint64_t hash)
{
    hash *= 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t four_bytes(const char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return le32toh(number);
}

/* The first eight bytes as a number, the first the lowest; zeros where there are fewer. */
static uint64_t eight_bytes(struct slice text)
{
    if (text.len >= 8)
        return eight_load(text.data);
    if (text.len >= 4)
        return four_bytes(text.data) | four_bytes(text.data + text.len - 4) << (text.len - 4) * 8;
    uint64_t number = 0;
    for (size_t i = 0; i < text.len; i++)
        number |= (uint64_t)(uint8_t)text.data[i] << i * 8;
    return number;
}

static uint64_t first_of(uint64_t eight, size_t count)
{
    return count < 8 ? eight & ((UINT64_C(1) << count * 8) - 1) : eight;
}

static uint64_t hash_eight(uint64_t eight, enum kind kind)
{
    return mix(eight + kind * 0xd6e8feb86659fd93u);
}

/* Of a run of which eight are the first bytes. */
static uint64_t hash_run(struct slice run, uint64_t eight, enum kind kind)
{
    uint64_t hash = hash_eight(eight, kind);
    for (size_t at = 8; at < run.len; at += 8)
        hash = mix(hash ^ eight_bytes(slice_part(run, at, run.len)));
    return hash;
}

static uint64_t hash_pair(uint64_t before, uint64_t word)
{
    return mix(before + word * 31);
}

static uint32_t key_of(uint64_t hash)
{
    return (uint32_t)hash;
}

/* ---- anchors ---- */

struct anchor {
    enum kind kind; /* 0: no word of the word begins where one of the text does */
    size_t start;   /* of the anchor in the word; of a pair that of the second */
    uint32_t key;
    double rarity;
};

static size_t run_end(struct slice text, size_t at)
{
    while (at < text.len && rarity_is_word_byte(text.data[at]))
        at++;
    return at;
}

/* By what begins there. before: the word that ends one byte before that, if all of it is known. */
static struct anchor anchor_at(const struct prefilter_word *word, size_t start, struct slice before)
{
    size_t end = run_end(word->text, start);
    struct slice run = slice_part(word->text, start, end);
    bool whole = end < word->text.len || word->borders & BORDER_RIGHT;
    struct anchor anchor = {.kind = whole                  ? WHOLE
                                    : run.len < PREFIX_MAX ? (enum kind)run.len
                                                           : PREFIX_MAX,
                            .start = start};
    if (!whole)
        run = slice_part(run, 0, PREFIX_MAX);
    uint64_t hash = hash_run(run, eight_bytes(run), anchor.kind);
    anchor.rarity = rarity(run, whole ? BORDER_BOTH : BORDER_LEFT);
    if (whole && before.data) {
        anchor.kind = PAIR;
        hash = hash_pair(hash_run(before, eight_bytes(before), WHOLE), hash);
        anchor.rarity = rarity(slice_part(word->text, start - 1 - before.len, end), BORDER_BOTH);
    }
    anchor.key = key_of(hash);
    return anchor;
}

static struct anchor anchor_of(const struct prefilter_word *word)
{
    struct slice text = word->text, before = SLICE_NONE;
    struct anchor best = {.rarity = 2};
    for (size_t at = 0; at < text.len; at++) {
        size_t end = run_end(text, at);
        if (end == at) {
            before = SLICE_NONE;
            continue;
        }
        bool begins = at > 0 || word->borders & BORDER_LEFT;
        struct anchor anchor = begins ? anchor_at(word, at, before) : best;
        if (anchor.rarity < best.rarity)
            best = anchor;
        before = begins ? slice_part(text, at, end) : SLICE_NONE;
        at = end;
    }
    return best;
}

/* ---- making ---- */

struct keyed {
    const struct prefilter_word *word;
    struct anchor anchor;
};

static int compare_keys(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->anchor.key != y->anchor.key)
        return x->anchor.key < y->anchor.key ? -1 : 1;
    return x->word->number < y->word->number ? -1 : x->word->number > y->word->number;
}

static int compare_rarities(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->anchor.rarity > y->anchor.rarity || x->anchor.rarity < y->anchor.rarity)
        return x->anchor.rarity > y->anchor.rarity ? -1 : 1;
    return compare_keys(a, b);
}

/* What turns up most first, and what has the same key together: that may be different words, if hardly ever. */
static void sort_keyed(struct keyed *list, size_t count)
{
    qsort(list, count, sizeof *list, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (list[i].anchor.key == list[i - 1].anchor.key)
            list[i].anchor.rarity = list[i - 1].anchor.rarity;
    qsort(list, count, sizeof *list, compare_rarities);
}

/* The two bits of a key in its place of bits. */
static uint64_t bits_of(uint32_t hash)
{
    return UINT64_C(1) << (hash >> 26) | UINT64_C(1) << (hash >> 20 & 63);
}

static void add_key(struct prefilter *p, uint32_t hash, uint16_t first_entry)
{
    size_t at = hash & p->place_mask;
    while (p->places[at].first_entry)
        at = (at + 1) & p->place_mask;
    p->places[at] = (struct place){(uint16_t)(hash >> 16), first_entry};
    p->bits[hash % BITS_WORDS] |= bits_of(hash);
}

static bool is_one_word(struct slice text)
{
    return run_end(text, 0) == text.len;
}

/* Five bits of either. */
static size_t pair_of(unsigned first, unsigned second)
{
    return (first & 31) << 5 | (second & 31);
}

static void note_prefix(struct prefilter *p, const struct keyed *keyed)
{
    const struct anchor *anchor = &keyed->anchor;
    if (anchor->kind > PREFIX_MAX)
        return;
    const char *prefix = keyed->word->text.data + anchor->start;
    for (unsigned second = 0; second < 32; second++)
        if (anchor->kind == 1 || second == ((uint8_t)prefix[1] & 31))
            p->prefixes[pair_of((uint8_t)prefix[0], second)] |= (uint8_t)(1 << anchor->kind);
}

static void add_entries(struct prefilter *p, const struct keyed *list, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        const struct prefilter_word *word = list[i].word;
        const struct anchor *anchor = &list[i].anchor;
        bool last = i + 1 == count || list[i + 1].anchor.key != anchor->key;
        p->entries[i + 1] = (struct entry){.hash = anchor->key,
                                           .number = word->number,
                                           .text = (uint32_t)len & (TEXTS_MAX - 1),
                                           .len = (uint16_t)word->text.len,
                                           .before = (uint16_t)anchor->start,
                                           .borders = word->borders & BORDER_BOTH,
                                           .whole = anchor->kind == WHOLE && is_one_word(word->text),
                                           .last = last};
        memcpy(p->texts + len, word->text.data, word->text.len);
        len += word->text.len;
        note_prefix(p, &list[i]);
        if (i == 0 || list[i - 1].anchor.key != anchor->key)
            add_key(p, anchor->key, (uint16_t)(i + 1));
    }
}

static int fill(struct prefilter *p, struct keyed *list, size_t count, struct err *err)
{
    size_t bytes = 1, places = 64;
    for (size_t i = 0; i < count; i++)
        bytes += list[i].word->text.len;
    if (count >= ENTRIES_MAX || bytes > TEXTS_MAX)
        return err_set(err, "the rules look for more than %d words", ENTRIES_MAX - 1);
    while (places * 2 < count * 3)
        places *= 2;
    p->places = calloc(places, sizeof *p->places);
    p->place_mask = places - 1;
    p->entries = calloc(count + 1, sizeof *p->entries);
    p->texts = malloc(bytes);
    if (!p->places || !p->entries || !p->texts)
        return err_set(err, "out of memory for the words of the rules");
    sort_keyed(list, count);
    add_entries(p, list, count);
    return 0;
}

/* More often than this, an anchor that is only a part of its word is no good: a piece of the rest is rarer. */
static const double ANCHOR_RARITY_MAX = .0003;

static bool is_anchored(const struct prefilter_word *word, struct anchor anchor)
{
    return anchor.kind && (word->borders & BORDER_LEFT || anchor.rarity < ANCHOR_RARITY_MAX);
}

/* Words that have an anchor go into the table, the others into the automaton. */
struct prefilter *prefilter_new(const struct prefilter_word *words, size_t count, struct err *err)
{
    struct prefilter *p = calloc(1, sizeof *p);
    struct keyed *list = calloc(count + 1, sizeof *list);
    struct prefilter_word *others = calloc(count + 1, sizeof *others);
    size_t list_count = 0, other_count = 0;
    int failed = p && list && others ? 0 : err_set(err, "out of memory for the words of the rules");
    for (size_t i = 0; i < count && !failed; i++) {
        struct anchor anchor = anchor_of(&words[i]);
        if (is_anchored(&words[i], anchor))
            list[list_count++] = (struct keyed){&words[i], anchor};
        else
            others[other_count++] = words[i];
    }
    for (size_t byte = 0; byte < 256 && !failed; byte++)
        p->is_word_byte[byte] = rarity_is_word_byte((char)byte);
    if (!failed)
        failed = fill(p, list, list_count, err);
    if (!failed && other_count) {
        p->automaton = automaton_new(others, other_count, err);
        failed = p->automaton ? 0 : -1;
    }
    free(list);
    free(others);
    if (!failed)
        return p;
    prefilter_free(p);
    return NULL;
}

void prefilter_free(struct prefilter *p)
{
    if (!p)
        return;
    free(p->places);
    free(p->entries);
    free(p->texts);
    automaton_free(p->automaton);
    free(p);
}

/* ---- scanning ---- */

struct scan {
    const struct prefilter *prefilter;
    struct slice text;
    prefilter_fn *on_word;
    void *arg;
};

static bool stands_at(const struct scan *scan, const struct entry *entry, size_t start)
{
    struct slice text = scan->text;
    return start <= text.len && entry->len <= text.len - start &&
           memcmp(text.data + start, scan->prefilter->texts + entry->text, entry->len) == 0 &&
           prefilter_has_borders(entry->borders, text, start, start + entry->len);
}

static bool may_be_key(const struct prefilter *p, uint32_t hash)
{
    return (p->bits[hash % BITS_WORDS] & bits_of(hash)) == bits_of(hash);
}

/* Where the entries of the key begin; 0: there are none. */
static size_t find_key(const struct prefilter *p, uint32_t hash)
{
    size_t at = hash & p->place_mask;
    for (; p->places[at].first_entry; at = (at + 1) & p->place_mask)
        if (p->places[at].half == hash >> 16 && p->entries[p->places[at].first_entry].hash == hash)
            break;
    return p->places[at].first_entry;
}

/* The words whose anchor has the key and stands from anchor to end. */
static void try_known_key(const struct scan *scan, uint32_t hash, size_t anchor, size_t end)
{
    size_t first = find_key(scan->prefilter, hash);
    const struct entry *entry = &scan->prefilter->entries[first];
    for (bool more = first; more; more = !entry->last, entry++) {
        size_t start = anchor - entry->before; /* wraps round where the text begins too late for it */
        if (entry->whole ? start + entry->len == end : stands_at(scan, entry, start))
            scan->on_word(scan->arg, entry->number, start);
    }
}

static void try_key(const struct scan *scan, uint64_t hash, size_t anchor, size_t end)
{
    uint32_t key = key_of(hash);
    if (may_be_key(scan->prefilter, key))
        try_known_key(scan, key, anchor, end);
}

static void try_prefixes(const struct scan *scan, size_t start, size_t len, uint64_t eight)
{
    unsigned kinds = scan->prefilter->prefixes[pair_of(eight & 0xFF, eight >> 8 & 0xFF)];
    if (len < PREFIX_MAX)
        kinds &= (2u << len) - 1;
    for (; kinds; kinds &= kinds - 1) {
        unsigned kind = (unsigned)__builtin_ctz(kinds);
        try_key(scan, hash_eight(first_of(eight, kind), kind), start, start + kind);
    }
}

void prefilter_scan(const struct prefilter *p, struct slice text, prefilter_fn *on_word, void *arg)
{
    struct scan scan = {p, text, on_word, arg};
    uint64_t before = 0;
    size_t before_end = SIZE_MAX - 1;
    for (size_t at = 0; at < text.len; at++) {
        size_t start = at;
        while (at < text.len && p->is_word_byte[(uint8_t)text.data[at]])
            at++;
        if (at == start)
            continue;
        uint64_t eight = first_of(eight_bytes(slice_of(text.data + start, text.len - start)), at - start);
        uint64_t hash = hash_run(slice_part(text, start, at), eight, WHOLE);
        try_prefixes(&scan, start, at - start, eight);
        try_key(&scan, hash, start, at);
        if (before_end + 1 == start)
            try_key(&scan, hash_pair(before, hash), start, at);
        before = hash;
        before_end = at;
    }
    if (p->automaton)
        automaton_scan(p->automaton, text, on_word, arg);
}
