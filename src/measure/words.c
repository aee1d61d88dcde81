/* words: one pass over the characters, then one over the words for numbers; see words.h. Positions are bytes of the
 * source. Every list of words is in lexicon.c, every table of characters in fold.c.
 */
#include "words.h"

#include <math.h>

#include "fold.h"
#include "lexicon.h"

/* Every other word of a text has stood in it before. */
#define SEEN 1024

struct reader {
    struct slice source;
    size_t at;
    struct passage *out;
    size_t capacity;
    char *folded; /* room for all of the source */
    size_t folded_len;
    unsigned sentence;
    bool sentence_open;  /* it has a word */
    bool broken, quoted; /* WORD_BREAK, WORD_QUOTED for the next word */
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
    if (!r->sentence_open)
        return;
    r->out->sentence[r->sentence].question = question;
    r->sentence++;
    r->sentence_open = false;
}

static void take_character(struct reader *r, const struct folded *c)
{
    if (c->character)
        r->folded_len += fold_put(r->folded + r->folded_len, c->character);
    if (c->second)
        r->folded[r->folded_len++] = c->second;
    r->at += c->bytes;
}

static struct word *add_word(struct reader *r, struct slice text, size_t start, unsigned flags)
{
    if (r->out->count >= r->capacity) {
        r->out->cut = true;
        return NULL;
    }
    struct word *word = &r->out->words[r->out->count++];
    word->text = text;
    word->start = start;
    word->end = r->at;
    word->sentence = r->sentence;
    word->flags =
        flags | (r->sentence_open ? 0 : WORD_FIRST) | (r->broken ? WORD_BREAK : 0) | (r->quoted ? WORD_QUOTED : 0);
    r->sentence_open = true;
    r->broken = r->quoted = r->signed_next = false;
    return word;
}

/* "1,702.5", "11th", "1960s", "5km" (two words). */
static void read_number(struct reader *r)
{
    size_t start = r->at, folded_start = r->folded_len;
    unsigned flags = WORD_NUMBER;
    bool negative = r->signed_next;
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
    if (slice_to_double(digits, &value) != 0)
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

/* What ends most words, and cannot be part of one. */
static bool ends_word(const struct reader *r)
{
    char c = r->at < r->source.len ? r->source.data[r->at] : ' ';
    return c == ' ' || c == ',' || c == '\n';
}

/* A run of plain letters, which needs no table; how many there are. */
static size_t take_plain_letters(struct reader *r)
{
    const char *from = r->source.data + r->at, *end = r->source.data + r->source.len, *at = from;
    char *folded = r->folded + r->folded_len;
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
    if (before && slice_equal(before->text, text)) {
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
        if (ends_word(r))
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
    if (c->character != ' ' && c->character != '\n' && c->character != 0 && c->character != '*' && c->character != '_')
        r->broken = r->broken || (c->character != '-' && c->character != '\'');
    r->quoted = c->character == '"' || (r->quoted && c->character != ' ');
    r->signed_next = c->character == '-' && (r->at == 0 || ascii_is_space(r->source.data[r->at - 1]));
    r->at += c->bytes;
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

static void finish_words(struct passage *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        /* The pronoun I behind a name ("Charles I") is a numeral, not a stop word. */
        struct word *word = &p->words[i];
        bool i_alone = word->text.len == 1 && word->text.data[0] == 'i';
        if (i_alone && i > 0 && word_is_name(&p->words[i - 1]) && adjacent(&p->words[i - 1], word))
            word->flags &= ~(unsigned)WORD_STOP;
        mark_number_word(p, i);
    }
    for (size_t i = 0; i < p->count; i++) {
        if (kept > 0 && join_number(&p->words[kept - 1], &p->words[i]))
            continue;
        p->words[kept++] = p->words[i];
    }
    p->count = kept;
    for (size_t i = 0; i < kept; i++) {
        struct word *word = &p->words[i];
        struct sentence *sentence = &p->sentence[word->sentence];
        unsigned start = words_start(word->text.data, word->text.len);
        if (word->flags & WORD_NUMBER)
            word->key = number_key(word);
        else if (word->key == 0)
            word->key = lexicon_key(word->text, word->flags & WORD_VARIANT);
        sentence->starts[start / 64] |= 1ull << start % 64;
        sentence->from = sentence->to ? sentence->from : i;
        sentence->to = i + 1;
    }
}

/* At least as many as the text has. A word begins where a run of letters or of digits does, at a sign that is spoken,
 * or anywhere beyond ASCII; a sentence ends at one of three signs or with a line. */
struct counts {
    size_t words, sentences;
};

static struct counts count_text(struct slice source)
{
    struct counts counts = {1, 1};
    size_t i = 0;
    while (i < source.len && counts.words < MEASURE_MAX_WORDS) {
        char c = source.data[i++];
        if (ascii_is_alpha(c)) {
            counts.words++;
            while (i < source.len && ascii_is_alpha(source.data[i]))
                i++;
        } else if (ascii_is_digit(c)) {
            counts.words++;
            while (i < source.len && ascii_is_digit(source.data[i]))
                i++;
        } else if (c != ' ') {
            bool wide = (unsigned char)c >= 0x80;
            counts.words += wide || c == '%' || c == '$' || c == '&';
            counts.sentences += wide || c == '.' || c == '!' || c == '?' || c == '\n';
        }
    }
    if (counts.words >= MEASURE_MAX_WORDS) /* what lies beyond was not looked at, and may be read all the same */
        counts.sentences = MEASURE_MAX_WORDS + 1;
    return counts;
}

int words_read(struct slice source, struct arena *arena, struct passage *out)
{
    struct counts counts = count_text(source);
    *out = (struct passage){.source = source};
    out->words = arena_array(arena, counts.words, sizeof *out->words);
    out->sentence = arena_array(arena, counts.sentences, sizeof *out->sentence);
    /* No character folds to more than twice its bytes; past the last word nothing is written. */
    struct reader r = {.source = source, .out = out, .capacity = counts.words};
    r.folded = arena_alloc(arena, 2 * source.len + 8);
    if (!out->words || !out->sentence || !r.folded)
        return -1;
    while (r.at < source.len && !out->cut) {
        struct folded c = look(&r, r.at);
        if (c.character == ' ') {
            r.quoted = r.signed_next = false;
            r.at += c.bytes;
            continue;
        }
        if (is_digit(&c))
            read_number(&r);
        else if (c.letter)
            read_letters(&r, c.upper);
        else
            read_sign(&r, &c);
    }
    end_sentence(&r, false);
    out->sentences = r.sentence;
    finish_words(out);
    return 0;
}

/* ---- looking at words ---- */

bool words_phrase_at(const struct passage *p, size_t index, const char *phrase)
{
    unsigned sentence = index < p->count ? p->words[index].sentence : 0;
    for (; index < p->count && p->words[index].sentence == sentence; index++) {
        struct slice text = p->words[index].text;
        if (strncmp(phrase, text.data, text.len) != 0) /* ends where the phrase does */
            return false;
        phrase += text.len;
        if (*phrase == '\0')
            return true;
        if (*phrase++ != ' ')
            return false;
    }
    return false;
}

/* What stands at a byte of a word's text, and behind its last what stands between the words of a phrase or ends it. */
static bool letter_is(struct slice text, size_t at, char letter)
{
    return at < text.len ? text.data[at] == letter : letter == ' ' || letter == '\0';
}

size_t words_search_phrase(const struct passage *p, size_t from, size_t to, const char *phrase)
{
    for (size_t i = from; i < to && i < p->count; i++)
        if (p->words[i].text.data[0] == phrase[0] && letter_is(p->words[i].text, 1, phrase[1]) &&
            words_phrase_at(p, i, phrase))
            return i;
    return to;
}

/* Edit distance of two words of at most 24 bytes. */
static unsigned edit_distance(struct slice a, struct slice b)
{
    unsigned row[25];
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

bool words_similar(struct slice a, struct slice b)
{
    size_t longer = a.len > b.len ? a.len : b.len, shorter = a.len < b.len ? a.len : b.len;
    if (slice_equal(a, b))
        return true;
    if (shorter < 5 || longer > 24 || longer - shorter > 2 || a.data[0] != b.data[0] || ascii_is_digit(a.data[0]))
        return false;
    return edit_distance(a, b) <= (shorter >= 8 ? 2u : 1u);
}
