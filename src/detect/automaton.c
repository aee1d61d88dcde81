/* automaton: Aho-Corasick with byte classes, compiled to a full transition table.
 *
 * The trie is built first, then one breadth-first walk turns it into a deterministic automaton: a missing edge becomes
 * the edge of the failure state, and a state inherits what its failure state reports.
 */
#include "automaton.h"

#include <stdlib.h>

enum { STATES_MAX = 0x7fff, REPORTS = 0x8000, BYTES = 256, PIECE_MAX = 4 };

/* What follows the 26 letters. Classes of several bytes are told apart when the word is compared; with 32 of them a
 * state is one line of the cache. */
enum { CLASS_BLANK = 26, CLASS_APOSTROPHE, CLASS_OTHER, CLASS_WIDE, CLASSES = 32 };

struct report {
    uint32_t number;
    uint32_t text;        /* where the word begins in texts */
    uint32_t len, before; /* of the word; and how much of it stands in front of the piece's end */
    char first, last;     /* of the word's bytes: most of what is not there is known by them */
    bool whole;           /* the piece is all of the word, and exact */
    unsigned borders;     /* flags of enum border */
    uint32_t next;        /* index of the next report of the same state plus one; 0 ends the chain */
};

struct automaton {
    uint8_t classes[BYTES];
    uint16_t *moves;   /* [state * CLASSES + class]: a state, and REPORTS where it reports anything */
    uint32_t *reports; /* per state: index of the first report plus one; 0: none */
    struct report *chain;
    size_t chain_count;
    char *texts; /* the words one behind the other: close together they stay in the cache */
    size_t texts_len;
    size_t states, room;
};

/* The piece of the word that turns up least often. */
static struct slice piece_of(struct slice word)
{
    struct slice best = slice_part(word, 0, PIECE_MAX);
    double least = rarity(best, BORDER_NONE);
    for (size_t start = 1; start + PIECE_MAX <= word.len; start++) {
        struct slice piece = slice_part(word, start, start + PIECE_MAX);
        double cost = rarity(piece, BORDER_NONE);
        if (cost < least) {
            best = piece;
            least = cost;
        }
    }
    return best;
}

static uint8_t class_of(uint8_t byte)
{
    if (byte >= 'a' && byte <= 'z')
        return (uint8_t)(byte - 'a');
    if (byte >= 0x80)
        return (uint8_t)(CLASS_WIDE + byte % (CLASSES - CLASS_WIDE));
    return byte == ' ' ? CLASS_BLANK : byte == '\'' ? CLASS_APOSTROPHE : CLASS_OTHER;
}

/* Whether nothing but the piece is found where its classes are. */
static bool is_exact(struct slice piece)
{
    bool exact = true;
    for (size_t i = 0; i < piece.len; i++)
        exact = exact && class_of((uint8_t)piece.data[i]) < CLASS_OTHER;
    return exact;
}

/* The new state's number; 0 (the root, never new) when there is no room for it. */
static uint32_t add_state(struct automaton *a)
{
    if (a->states == a->room)
        return 0;
    return (uint32_t)a->states++;
}

static int add_word(struct automaton *a, const struct prefilter_word *word, struct slice piece)
{
    uint32_t state = 0;
    for (size_t k = 0; k < piece.len; k++) {
        uint16_t *move = &a->moves[state * CLASSES + a->classes[(uint8_t)piece.data[k]]];
        if (!*move) {
            uint32_t made = add_state(a);
            if (!made)
                return -1;
            *move = (uint16_t)made;
        }
        state = *move;
    }
    size_t before = (size_t)(piece.data - word->text.data) + piece.len;
    a->chain[a->chain_count] = (struct report){.number = word->number,
                                               .text = (uint32_t)a->texts_len,
                                               .len = (uint32_t)word->text.len,
                                               .before = (uint32_t)before,
                                               .first = word->text.data[0],
                                               .last = word->text.data[word->text.len - 1],
                                               .borders = word->borders,
                                               .whole = piece.len == word->text.len && is_exact(piece),
                                               .next = a->reports[state]};
    a->reports[state] = (uint32_t)++a->chain_count;
    memcpy(a->texts + a->texts_len, word->text.data, word->text.len);
    a->texts_len += word->text.len;
    return 0;
}

/* A state reports its own words and then those of its failure state: the chains are joined end to start. */
static void inherit_reports(struct automaton *a, uint32_t state, uint32_t failure)
{
    if (!a->reports[failure])
        return;
    uint32_t *end = &a->reports[state];
    while (*end)
        end = &a->chain[*end - 1].next;
    *end = a->reports[failure];
}

static int close_automaton(struct automaton *a)
{
    uint16_t *failure = calloc(a->states, sizeof *failure), *order = calloc(a->states, sizeof *order);
    if (!failure || !order) {
        free(failure);
        free(order);
        return -1;
    }
    size_t head = 0, tail = 0;
    for (size_t c = 0; c < CLASSES; c++)
        if (a->moves[c])
            order[tail++] = a->moves[c];
    while (head < tail) {
        uint16_t state = order[head++];
        inherit_reports(a, state, failure[state]);
        for (size_t c = 0; c < CLASSES; c++) {
            uint16_t *move = &a->moves[state * CLASSES + c];
            uint16_t fallback = a->moves[failure[state] * CLASSES + c];
            if (*move) {
                failure[*move] = fallback;
                order[tail++] = *move;
            } else {
                *move = fallback;
            }
        }
    }
    for (size_t i = 0; i < a->states * CLASSES; i++)
        if (a->reports[a->moves[i]])
            a->moves[i] |= REPORTS;
    free(failure);
    free(order);
    return 0;
}

struct automaton *automaton_new(const struct prefilter_word *words, size_t count, struct err *err)
{
    struct automaton *a = calloc(1, sizeof *a);
    struct slice *pieces = calloc(count + 1, sizeof *pieces);
    size_t bytes = 1, all_bytes = 1;
    bool made = a && pieces;
    for (size_t i = 0; made && i < count; i++) {
        pieces[i] = piece_of(words[i].text);
        bytes += pieces[i].len;
        all_bytes += words[i].text.len;
    }
    if (made) {
        for (size_t byte = 0; byte < BYTES; byte++)
            a->classes[byte] = class_of((uint8_t)byte);
        a->room = bytes < STATES_MAX ? bytes : STATES_MAX;
        a->moves = calloc(a->room * CLASSES, sizeof *a->moves);
        a->reports = calloc(a->room, sizeof *a->reports);
        a->chain = calloc(count + 1, sizeof *a->chain);
        a->texts = calloc(all_bytes, 1);
        a->states = 1;
        made = a->moves && a->reports && a->chain && a->texts;
    }
    for (size_t i = 0; made && i < count; i++)
        made = add_word(a, &words[i], pieces[i]) == 0;
    free(pieces);
    if (!made || close_automaton(a)) {
        err_set(err, "the rules' words need more than %d states or more memory than there is", STATES_MAX);
        automaton_free(a);
        return NULL;
    }
    return a;
}

void automaton_free(struct automaton *a)
{
    if (!a)
        return;
    free(a->moves);
    free(a->reports);
    free(a->chain);
    free(a->texts);
    free(a);
}

static bool stands_at(const struct automaton *a, const struct report *report, struct slice text, size_t start)
{
    return start <= text.len && report->len <= text.len - start && text.data[start] == report->first &&
           text.data[start + report->len - 1] == report->last &&
           memcmp(text.data + start, a->texts + report->text, report->len) == 0;
}

void automaton_scan(const struct automaton *a, struct slice text, prefilter_fn *on_word, void *arg)
{
    size_t state = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint16_t move = a->moves[state * CLASSES + a->classes[(uint8_t)text.data[i]]];
        state = move & STATES_MAX;
        for (uint32_t r = move & REPORTS ? a->reports[state] : 0; r; r = a->chain[r - 1].next) {
            const struct report *report = &a->chain[r - 1];
            size_t start = i + 1 - report->before;
            if ((report->whole || stands_at(a, report, text, start)) &&
                prefilter_has_borders(report->borders, text, start, start + report->len))
                on_word(arg, report->number, start);
        }
    }
}
