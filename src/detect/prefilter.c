/* prefilter: see prefilter.h.
 *
 * A word to look for may consist of several; it is found by the rarest of them, its anchor. Where it says how the
 * anchor ends, that is found by the whole word of the text, or by it and the one before, else by as much of it as is
 * known, up to four bytes: so a word of the text is looked up six times at most, and mostly a bit says that there is
 * nothing.
 */
#include "prefilter.h"

#include <stdlib.h>

#include "automaton.h"

/* What a key is made of: the first so many bytes of a word of the text, all of it, or all of it and of the one before.
 */
enum kind { PREFIX_MAX = 4, WHOLE, PAIR, KINDS };

enum { BITS_WORDS = 1024 };

/* A word to look for, behind others of the same key. */
struct entry {
    uint32_t number;
    uint32_t text;        /* where it begins in texts */
    uint16_t len, before; /* of the word; and how much of it stands in front of its anchor */
    uint8_t borders;      /* that are looked at, flags of enum border */
    bool whole;           /* it is its anchor, a whole word of the text: its key and length say all */
    bool last;            /* of its key */
};

/* Open addressing, at most half full; first_entry 0: a free place. */
struct key {
    uint32_t hash, first_entry;
};

struct prefilter {
    bool is_word_byte[256];
    uint64_t bits[BITS_WORDS]; /* two for each key: most of what is no key is known without a look (Bloom 1970) */
    bool has_kind[KINDS];      /* whether there is any key of that kind */
    struct key *keys;
    size_t key_mask;
    struct entry *entries; /* the first is none */
    char *texts;           /* the words one behind the other */
    struct automaton *automaton;
};

/* ---- keys ---- */

static const uint32_t HASH_START = 0x811c9dc5u, HASH_TIMES = 0x01000193u;

static uint32_t hash_byte(uint32_t hash, char c)
{
    return (hash ^ (uint8_t)c) * HASH_TIMES;
}

static uint32_t hash_word(struct slice word)
{
    uint32_t hash = HASH_START;
    for (size_t i = 0; i < word.len; i++)
        hash = hash_byte(hash, word.data[i]);
    return hash;
}

static uint32_t hash_pair(uint32_t before, uint32_t word)
{
    return before * 31 + word;
}

static uint32_t key_of(uint32_t hash, enum kind kind)
{
    hash = (hash + kind) * 0x9e3779b1u;
    return hash ^ hash >> 15;
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
    anchor.key = key_of(hash_word(run), anchor.kind);
    anchor.rarity = rarity(run, whole ? BORDER_BOTH : BORDER_LEFT);
    if (whole && before.data) {
        anchor.kind = PAIR;
        anchor.key = key_of(hash_pair(hash_word(before), hash_word(run)), PAIR);
        anchor.rarity = rarity(slice_part(word->text, start - 1 - before.len, end), BORDER_BOTH);
    }
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

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->anchor.key != y->anchor.key)
        return x->anchor.key < y->anchor.key ? -1 : 1;
    return x->word->number < y->word->number ? -1 : x->word->number > y->word->number;
}

/* The two bits of a key in its place of bits. */
static uint64_t bits_of(uint32_t hash)
{
    return UINT64_C(1) << (hash >> 26) | UINT64_C(1) << (hash >> 20 & 63);
}

static void add_key(struct prefilter *p, uint32_t hash, uint32_t first_entry)
{
    size_t at = hash & p->key_mask;
    while (p->keys[at].first_entry)
        at = (at + 1) & p->key_mask;
    p->keys[at] = (struct key){hash, first_entry};
    p->bits[hash % BITS_WORDS] |= bits_of(hash);
}

static bool is_one_word(struct slice text)
{
    return run_end(text, 0) == text.len;
}

static void add_entries(struct prefilter *p, const struct keyed *list, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        const struct prefilter_word *word = list[i].word;
        const struct anchor *anchor = &list[i].anchor;
        bool last = i + 1 == count || list[i + 1].anchor.key != anchor->key;
        p->entries[i + 1] = (struct entry){.number = word->number,
                                           .text = (uint32_t)len,
                                           .len = (uint16_t)word->text.len,
                                           .before = (uint16_t)anchor->start,
                                           .borders = (uint8_t)word->borders,
                                           .whole = anchor->kind == WHOLE && is_one_word(word->text),
                                           .last = last};
        memcpy(p->texts + len, word->text.data, word->text.len);
        len += word->text.len;
        p->has_kind[anchor->kind] = true;
        if (i == 0 || list[i - 1].anchor.key != anchor->key)
            add_key(p, anchor->key, (uint32_t)i + 1);
    }
}

static int fill(struct prefilter *p, struct keyed *list, size_t count)
{
    size_t bytes = 1, places = 64;
    for (size_t i = 0; i < count; i++)
        bytes += list[i].word->text.len;
    while (places < count * 2)
        places *= 2;
    p->keys = calloc(places, sizeof *p->keys);
    p->key_mask = places - 1;
    p->entries = calloc(count + 1, sizeof *p->entries);
    p->texts = malloc(bytes);
    if (!p->keys || !p->entries || !p->texts)
        return -1;
    qsort(list, count, sizeof *list, compare_keyed);
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
    if (!failed && fill(p, list, list_count))
        failed = err_set(err, "out of memory for the words of the rules");
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
    free(p->keys);
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

/* The words whose anchor has the key and stands from anchor to end. */
static void try_key(const struct scan *scan, uint32_t hash, size_t anchor, size_t end)
{
    const struct prefilter *p = scan->prefilter;
    if ((p->bits[hash % BITS_WORDS] & bits_of(hash)) != bits_of(hash))
        return;
    size_t at = hash & p->key_mask;
    while (p->keys[at].hash != hash && p->keys[at].first_entry)
        at = (at + 1) & p->key_mask;
    const struct entry *entry = &p->entries[p->keys[at].first_entry];
    for (bool more = p->keys[at].first_entry; more; more = !entry->last, entry++) {
        size_t start = anchor - entry->before; /* wraps round where the text begins too late for it */
        if (entry->whole ? start + entry->len == end : stands_at(scan, entry, start))
            scan->on_word(scan->arg, entry->number, start + entry->len);
    }
}

void prefilter_scan(const struct prefilter *p, struct slice text, prefilter_fn *on_word, void *arg)
{
    struct scan scan = {p, text, on_word, arg};
    uint32_t before = 0;
    size_t before_end = SIZE_MAX - 1;
    for (size_t at = 0; at < text.len; at++) {
        size_t start = at;
        uint32_t hash = HASH_START;
        for (; at < text.len && p->is_word_byte[(uint8_t)text.data[at]]; at++) {
            hash = hash_byte(hash, text.data[at]);
            size_t prefix = at + 1 - start;
            if (prefix <= PREFIX_MAX && p->has_kind[prefix])
                try_key(&scan, key_of(hash, (enum kind)prefix), start, at + 1);
        }
        if (at == start)
            continue;
        try_key(&scan, key_of(hash, WHOLE), start, at);
        if (before_end + 1 == start)
            try_key(&scan, key_of(hash_pair(before, hash), PAIR), start, at);
        before = hash;
        before_end = at;
    }
    if (p->automaton)
        automaton_scan(p->automaton, text, on_word, arg);
}
