/* words: one pass over the characters, then one over the words for numbers; see words.h. Positions are bytes of the
 * source. Every list of words is in lexicon.c, every table of characters in fold.c.
 */
#include "words.h"

#include <endian.h>
#include <math.h>

#include "fold.h"
#include "lexicon.h"

/* Every other word of a text has stood in it before. */
#define SEEN 1024

struct reader {
    struct slice source;
    size_t at;
    struct passage *out;
    struct arena *arena;
    size_t word_room, sentence_room;
    bool failed;  /* the arena is exhausted */
    char *folded; /* room for all of the source */
    size_t folded_len;
    unsigned sentence;
    unsigned next_flags; /* of the next word: WORD_FIRST, WORD_BREAK, WORD_QUOTED */
    bool signed_next;    /* a minus stands before it */
    uint16_t seen[SEEN]; /* by their letters: the last word read of these, from 1; 0: none */
};

static inline struct folded look(const struct reader *r, size_t at)
{
    if (at >= r->source.len)
        return (struct folded){.character = ' '};
    return fold_next(slice_of(r->source.data + at, r->source.len - at));
}

static bool is_digit(const struct folded *c)
{
    return c->character >= '0' && c->character <= '9';
}

static void end_sentence(struct reader *r, bool question)
{
    if (r->next_flags & WORD_FIRST) /* it has no word */
        return;
    r->out->sentence[r->sentence].question = question;
    r->sentence++;
    r->next_flags |= WORD_FIRST;
}

static void take_character(struct reader *r, const struct folded *c)
{
    if (c->character)
        r->folded_len += fold_put(r->folded + r->folded_len, c->character);
    if (c->second)
        r->folded[r->folded_len++] = c->second;
    r->at += c->bytes;
}

/* Room for one more word, and for its sentence. */
static bool make_room(struct reader *r)
{
    struct passage *out = r->out;
    if (out->count >= MEASURE_MAX_WORDS) {
        out->cut = true;
        return false;
    }
    void *words = arena_grow(r->arena, out->words, out->count, &r->word_room, sizeof *out->words);
    void *sentence = arena_grow(r->arena, out->sentence, r->sentence, &r->sentence_room, sizeof *out->sentence);
    r->failed = !words || !sentence;
    if (r->failed)
        return false;
    out->words = words;
    out->sentence = sentence;
    r->word_room = r->word_room < MEASURE_MAX_WORDS ? r->word_room : MEASURE_MAX_WORDS;
    return true;
}

static struct word *add_word(struct reader *r, struct slice text, size_t start, unsigned flags)
{
    bool room = r->out->count < r->word_room && r->sentence < r->sentence_room;
    if (!room && !make_room(r))
        return NULL;
    struct word *word = &r->out->words[r->out->count++];
    *word = (struct word){
        .text = text, .start = start, .end = r->at, .sentence = r->sentence, .flags = flags | r->next_flags};
    r->next_flags = 0;
    r->signed_next = false;
    return word;
}

static void take_plain_digits(struct reader *r)
{
    while (r->at < r->source.len && ascii_is_digit(r->source.data[r->at]))
        r->folded[r->folded_len++] = r->source.data[r->at++];
}

/* Most numbers are a few digits, which need no more than this. */
static bool plain_number(struct slice digits, double *value)
{
    enum { EXACT = 15 }; /* digits that a double holds */
    uint64_t number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (i >= EXACT || !ascii_is_digit(digits.data[i]))
            return false;
        number = number * 10 + (unsigned)(digits.data[i] - '0');
    }
    *value = (double)number;
    return digits.len > 0;
}

/* "1,702.5", "11th", "1960s", "5km" (two words). */
static void read_number(struct reader *r)
{
    size_t start = r->at, folded_start = r->folded_len;
    unsigned flags = WORD_NUMBER;
    bool negative = r->signed_next;
    take_plain_digits(r);
    for (;;) {
        struct folded c = look(r, r->at);
        if (is_digit(&c)) {
            take_character(r, &c);
            continue;
        }
        if (c.character != ',' && c.character != '.')
            break;
        struct folded next[4];
        size_t at = r->at + c.bytes;
        for (size_t i = 0; i < 4; i++, at += next[i - 1].bytes)
            next[i] = look(r, at);
        bool thousands = is_digit(&next[0]) && is_digit(&next[1]) && is_digit(&next[2]) && !is_digit(&next[3]);
        if (c.character == ',' ? !thousands : !is_digit(&next[0]))
            break;
        if (c.character == '.')
            take_character(r, &c);
        else
            r->at += c.bytes;
    }
    struct slice digits = slice_of(r->folded + folded_start, r->folded_len - folded_start);
    struct folded a = look(r, r->at), b = look(r, r->at + a.bytes), c = look(r, r->at + a.bytes + b.bytes);
    bool short_suffix = a.letter && !is_digit(&a) && !c.letter && b.letter;
    bool ascii = a.character < 0x80 && b.character < 0x80;
    if (short_suffix && ascii && strchr("snrt", (int)a.character) && strchr("tdh", (int)b.character)) {
        r->at += a.bytes + b.bytes;
        flags |= WORD_ORDINAL;
    } else if (a.character == 's' && !b.letter) {
        r->at += a.bytes;
        flags |= WORD_DECADE;
    }
    double value = 0;
    if (!plain_number(digits, &value) && slice_to_double(digits, &value) != 0)
        flags &= ~(unsigned)WORD_NUMBER; /* 1.2.3 or absurdly long: a name */
    struct word *word = add_word(r, digits, start, flags);
    if (word)
        word->value = negative ? -value : value;
}

/* What follows an apostrophe inside a word: 's, 're, 've, 'll, 'd, 'm are dropped, n't and O'Brien are joined. */
static bool skip_apostrophe(struct reader *r, size_t folded_start)
{
    struct folded quote = look(r, r->at), a = look(r, r->at + quote.bytes);
    if (quote.character != '\'' || !a.letter)
        return false;
    struct folded b = look(r, r->at + quote.bytes + a.bytes);
    struct folded c = look(r, r->at + quote.bytes + a.bytes + b.bytes);
    bool one = !b.letter && (a.character == 's' || a.character == 'd' || a.character == 'm');
    bool two = b.letter && !c.letter && (b.character == 'e' || b.character == 'l') && a.character < 0x80 &&
               strchr("rvl", (int)a.character) != NULL;
    if ((one || two) && r->folded_len > folded_start) {
        r->at += quote.bytes + a.bytes + (two ? b.bytes : 0);
        return false;
    }
    r->at += quote.bytes;
    return true;
}

/* "U.S.", "J.R.R.": single letters joined by full stops are one word. */
static bool skip_initial_stop(struct reader *r, size_t letters)
{
    struct folded stop = look(r, r->at), next = look(r, r->at + stop.bytes);
    if (letters != 1 || stop.character != '.')
        return false;
    struct folded after = look(r, r->at + stop.bytes + next.bytes);
    if (!next.letter || is_digit(&next) || after.letter)
        return false;
    r->at += stop.bytes;
    return true;
}

/* What ends most words: an ASCII sign that cannot be part of one. */
static bool ends_word(const struct reader *r, size_t letters)
{
    char c = r->at < r->source.len ? r->source.data[r->at] : ' ';
    return c != '\0' && (unsigned char)c < 0x80 && !ascii_is_digit(c) && c != '\'' && (c != '.' || letters != 1);
}

/* A run of plain letters, which needs no table; how many there are. */
static size_t take_plain_letters(struct reader *r)
{
    const char *from = r->source.data + r->at, *end = r->source.data + r->source.len, *at = from;
    char *folded = r->folded + r->folded_len;
    size_t taken = 8;
    while (end - at >= 8 && taken == 8) {
        uint64_t bytes;
        memcpy(&bytes, at, 8);
        bytes |= EIGHT_OF(0x20);
        memcpy(folded, &bytes, 8); /* more than belongs there is written over */
        taken = eight_before(~eight_letters(le64toh(bytes)) & EIGHT_OF(0x80));
        at += taken;
        folded += taken;
    }
    if (taken == 8)
        for (; at < end && ascii_is_alpha(*at); at++)
            *folded++ = (char)(*at | 0x20);
    size_t count = (size_t)(at - from);
    r->at += count;
    r->folded_len += count;
    return count;
}

/* What the lexicon knows of a word: looked up once for all places where the text says it. */
static void classify_word(struct reader *r, struct word *word)
{
    enum {
        KNOWN = WORD_STOP | WORD_COMMON | WORD_NEGATION | WORD_PERSONAL | WORD_CHATTY | WORD_CONTRAST | WORD_DENIAL |
                WORD_COUNTS | WORD_VARIANT
    };
    struct slice text = word->text;
    if (text.len == 0)
        return;
    unsigned first = (unsigned char)text.data[0], middle = (unsigned char)text.data[text.len / 2],
             last = (unsigned char)text.data[text.len - 1];
    unsigned letters = first << 24 | middle << 16 | last << 8 | (unsigned char)text.len;
    uint16_t *seen = &r->seen[(letters * 0x9E3779B1u >> 16) % SEEN];
    const struct word *before = *seen ? &r->out->words[*seen - 1] : NULL;
    if (before && before->text.len == text.len && memcmp(before->text.data, text.data, text.len) == 0) {
        word->flags |= before->flags & KNOWN;
        word->key = before->key;
        return;
    }
    word->flags |= lexicon_flags(text);
    word->key = lexicon_key(text, word->flags & WORD_VARIANT);
    *seen = (uint16_t)(word - r->out->words + 1);
}

static void read_letters(struct reader *r, bool capital)
{
    size_t start = r->at, folded_start = r->folded_len, piece = 0;
    bool dotted = false;
    for (;;) {
        piece += take_plain_letters(r);
        if (ends_word(r, piece))
            break;
        struct folded c = look(r, r->at);
        if (r->at < r->source.len && (c.letter || c.character == 0)) {
            take_character(r, &c);
            piece += c.letter;
        } else if (skip_initial_stop(r, piece)) {
            dotted = true;
            piece = 0;
        } else if (!skip_apostrophe(r, folded_start)) {
            break;
        }
    }
    struct slice text = slice_of(r->folded + folded_start, r->folded_len - folded_start);
    bool stop = r->at < r->source.len && r->source.data[r->at] == '.';
    r->at += dotted && stop;
    /* A footnote's digit stuck to the last word of a sentence is no part of it. */
    if (text.len > 4 && stop && ascii_is_digit(text.data[text.len - 1]) && ascii_is_alpha(text.data[text.len - 2]))
        text.len--;
    struct word *word = add_word(r, text, start, capital ? WORD_CAPITAL : 0);
    if (word && !dotted)
        classify_word(r, word);
}

/* A full stop ends a sentence unless it belongs to an initial, an abbreviation or something without a space behind. */
static bool stop_ends_sentence(const struct reader *r)
{
    size_t at = r->at + 1;
    struct folded next = look(r, at);
    while (at < r->source.len && next.character < 0x80 && next.character && strchr("\"')]*_", (int)next.character)) {
        at += next.bytes;
        next = look(r, at);
    }
    if (at < r->source.len && next.character != ' ' && next.character != '\n' && next.character != '[')
        return false;
    if (r->out->count == 0 || at >= r->source.len)
        return true;
    const struct word *last = &r->out->words[r->out->count - 1];
    if (last->end != r->at)
        return true;
    bool initial = last->text.len == 1 && (last->flags & WORD_CAPITAL) && !slice_is(last->text, "i");
    bool list_number = (last->flags & WORD_NUMBER) && (last->flags & WORD_FIRST);
    return !initial && !list_number && !lexicon_is_abbreviation(last->text);
}

static const struct {
    uint32_t character;
    const char *word;
} spoken_signs[] = {{'%', "percent"}, {'$', "dollar"}, {0xA3, "pound"}, {0x20AC, "euro"}, {'&', "and"}};

static void read_sign(struct reader *r, const struct folded *c)
{
    for (size_t i = 0; i < sizeof spoken_signs / sizeof *spoken_signs; i++) {
        if (spoken_signs[i].character != c->character)
            continue;
        size_t start = r->at;
        r->at += c->bytes;
        add_word(r, slice_from(spoken_signs[i].word), start, c->character == '&' ? WORD_STOP : 0);
        return;
    }
    if (c->character == '\n' || c->character == '!' || c->character == '?')
        end_sentence(r, c->character == '?');
    else if (c->character == '.' && stop_ends_sentence(r))
        end_sentence(r, false);
    bool silent = c->character == 0 || (c->character < 0x80 && strchr("\n*_-'", (int)c->character));
    if (!silent)
        r->next_flags |= WORD_BREAK;
    if (c->character == '"')
        r->next_flags |= WORD_QUOTED;
    r->signed_next = c->character == '-' && (r->at == 0 || ascii_is_space(r->source.data[r->at - 1]));
    r->at += c->bytes;
}

static void skip_space(struct reader *r, size_t bytes)
{
    r->next_flags &= ~(unsigned)WORD_QUOTED;
    r->signed_next = false;
    r->at += bytes;
}

/* Letters and spaces, of which most of a text consists, need no folding. */
static void read_next(struct reader *r)
{
    char plain = r->source.data[r->at];
    if (ascii_is_alpha(plain)) {
        read_letters(r, plain < 'a');
        return;
    }
    if (plain == ' ') {
        skip_space(r, 1);
        return;
    }
    struct folded c = look(r, r->at);
    if (c.character == ' ') {
        skip_space(r, c.bytes);
    } else if (is_digit(&c)) {
        read_number(r);
    } else if (c.letter) {
        read_letters(r, c.upper);
    } else {
        read_sign(r, &c);
    }
}

/* ---- numbers of several words, Roman numerals, keys ---- */

static bool adjacent(const struct word *a, const struct word *b)
{
    return a->sentence == b->sentence && !(b->flags & WORD_BREAK) && b->start <= a->end + 2;
}

static uint64_t number_key(const struct word *word)
{
    double value = word->value;
    unsigned kind = word->flags & WORD_DECADE;
    uint64_t key = hash_bytes(7, &value, sizeof value);
    return hash_bytes(key, &kind, sizeof kind);
}

/* Joins "twenty one", "3 million" and "two hundred" into one word. True when b became part of a. */
static bool join_number(struct word *a, const struct word *b)
{
    double multiplier = 0;
    if (!(a->flags & WORD_NUMBER) || (a->flags & (WORD_ORDINAL | WORD_DECADE | WORD_ROMAN)) || !adjacent(a, b))
        return false;
    if (lexicon_multiplier(b->text, &multiplier)) {
        a->value *= multiplier;
    } else if ((b->flags & WORD_NUMBER) && !ascii_is_digit(b->text.data[0]) && a->value >= 20 && a->value < 100 &&
               !ascii_is_digit(a->text.data[0]) && fmod(a->value, 10) == 0 && b->value >= 1 && b->value < 10) {
        a->value += b->value;
        a->flags |= b->flags & WORD_ORDINAL;
    } else {
        return false;
    }
    a->end = b->end;
    return true;
}

static void mark_number_word(struct passage *p, size_t i)
{
    struct word *word = &p->words[i];
    bool ordinal = false;
    double value = 0;
    if (word->flags & (WORD_NUMBER | WORD_STOP))
        return;
    if ((word->flags & WORD_COUNTS) && lexicon_number(word->text, &value, &ordinal)) {
        word->flags |= WORD_NUMBER | (ordinal ? WORD_ORDINAL : 0);
        word->value = value;
    } else if ((word->flags & WORD_CAPITAL) && i > 0 && (p->words[i - 1].flags & WORD_CAPITAL) &&
               adjacent(&p->words[i - 1], word) && lexicon_roman(word->text, &value)) {
        word->flags |= WORD_NUMBER | WORD_ROMAN;
        word->value = value;
    }
}

/* The pronoun I behind a name ("Charles I") is a numeral, not a stop word. */
static void mark_numeral_i(struct passage *p, size_t i)
{
    struct word *word = &p->words[i];
    bool i_alone = word->text.len == 1 && word->text.data[0] == 'i';
    if (i_alone && i > 0 && word_is_name(&p->words[i - 1]) && adjacent(&p->words[i - 1], word))
        word->flags &= ~(unsigned)WORD_STOP;
}

/* What a word is may depend on the one before it, as it was read; what is joined closes up behind. */
static void finish_words(struct passage *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        mark_numeral_i(p, i);
        mark_number_word(p, i);
        if (kept > 0 && join_number(&p->words[kept - 1], &p->words[i]))
            continue;
        if (kept < i)
            p->words[kept] = p->words[i];
        struct sentence *sentence = &p->sentence[p->words[kept].sentence];
        sentence->from = sentence->to ? sentence->from : kept;
        sentence->to = ++kept;
    }
    p->count = kept;
    for (size_t i = 0; i < kept; i++) {
        struct word *word = &p->words[i];
        if (word->flags & WORD_NUMBER)
            word->key = number_key(word);
        else if (word->key == 0)
            word->key = lexicon_key(word->text, word->flags & WORD_VARIANT);
    }
}

/* Most texts have no more words and sentences; for the others there is a larger array. */
#define BYTES_A_WORD     5
#define BYTES_A_SENTENCE 48

int words_read(struct slice source, struct arena *arena, struct passage *out)
{
    struct reader r = {.source = source, .out = out, .arena = arena, .next_flags = WORD_FIRST};
    *out = (struct passage){.source = source};
    size_t words = source.len / BYTES_A_WORD + 8, sentences = source.len / BYTES_A_SENTENCE + 4;
    r.word_room = words < MEASURE_MAX_WORDS ? words : MEASURE_MAX_WORDS;
    r.sentence_room = sentences < MEASURE_MAX_WORDS ? sentences : MEASURE_MAX_WORDS;
    out->words = arena_room(arena, r.word_room * sizeof *out->words);
    out->sentence = arena_array(arena, r.sentence_room, sizeof *out->sentence);
    /* No character folds to more than twice its bytes. */
    r.folded = arena_room(arena, 2 * source.len + 8);
    if (!out->words || !out->sentence || !r.folded)
        return -1;
    while (r.at < source.len && !out->cut && !r.failed)
        read_next(&r);
    end_sentence(&r, false);
    out->sentences = r.sentence;
    if (r.failed)
        return -1;
    finish_words(out);
    return 0;
}

unsigned words_distance(struct slice a, struct slice b)
{
    unsigned row[WORDS_DISTANCE_MAX + 1];
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned changed = diagonal + (a.data[i - 1] != b.data[j - 1] ? 1u : 0u);
            unsigned added = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1u;
            diagonal = row[j];
            row[j] = changed < added ? changed : added;
        }
    }
    return row[b.len];
}

/* Each edit takes at most one letter out of a word, and brings at most one into it: what the sets of letters lack of
 * each other tells most words apart. */
static bool letters_differ(struct slice a, struct slice b, unsigned most)
{
    unsigned in_a = 0, in_b = 0;
    for (size_t i = 0; i < a.len; i++)
        in_a |= 1u << (a.data[i] & 31);
    for (size_t i = 0; i < b.len; i++)
        in_b |= 1u << (b.data[i] & 31);
    return (unsigned)__builtin_popcount(in_a & ~in_b) > most || (unsigned)__builtin_popcount(in_b & ~in_a) > most;
}

bool words_similar(struct slice a, struct slice b)
{
    size_t longer = a.len > b.len ? a.len : b.len, shorter = a.len < b.len ? a.len : b.len;
    if (slice_equal(a, b))
        return true;
    if (shorter < 5 || longer > WORDS_DISTANCE_MAX || longer - shorter > 2 || a.data[0] != b.data[0] ||
        ascii_is_digit(a.data[0]))
        return false;
    unsigned most = shorter >= 8 ? 2 : 1;
    return !letters_differ(a, b, most) && words_distance(a, b) <= most;
}
