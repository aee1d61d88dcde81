/* wording: see wording.h. */
#include "wording.h"

static bool is_word_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '\'' || (unsigned char)c >= 0x80;
}

struct slice wording_next(struct slice text, size_t *at)
{
    while (*at < text.len && !is_word_byte(text.data[*at]))
        (*at)++;
    size_t start = *at;
    while (*at < text.len && is_word_byte(text.data[*at]))
        (*at)++;
    return slice_part(text, start, *at);
}

size_t wording_count(struct slice text)
{
    size_t count = 0;
    for (size_t at = 0; wording_next(text, &at).len;)
        count++;
    return count;
}

bool wording_is_one_of(struct slice word, const char *const *words, size_t count)
{
    char first = word.len ? ascii_lower(word.data[0]) : '\0';
    for (size_t i = 0; i < count; i++)
        if (words[i][0] == first && slice_equal_nocase(word, slice_from(words[i])))
            return true;
    return false;
}

bool wording_is_content(struct slice word)
{
    static const char *const empty[] = {
        "about",   "after",     "again",   "also",     "always",     "been",    "being",     "could",    "does",
        "doing",   "done",      "each",    "even",     "ever",       "every",   "from",      "have",     "having",
        "here",    "into",      "just",    "know",     "lately",     "like",    "long",      "made",     "make",
        "many",    "more",      "most",    "much",     "need",       "never",   "often",     "only",     "other",
        "over",    "really",    "right",   "same",     "should",     "some",    "such",      "tell",     "than",
        "that",    "that's",    "their",   "them",     "then",       "there",   "these",     "they",     "thing",
        "things",  "think",     "this",    "those",    "today",      "until",   "very",      "want",     "well",
        "were",    "what",      "what's",  "when",     "where",      "which",   "while",     "will",     "with",
        "would",   "yesterday", "you're",  "your",     "please",     "true",    "answer",    "explain",  "because",
        "whether", "people",    "someone", "somebody", "everything", "nothing", "something", "anything", "it's",
        "i've",    "i'm",       "isn't",   "don't",    "doesn't",    "can't",   "wasn't",    "question", "wondering",
        "wonder",  "curious",   "quick",   "help",     "how's"};
    return word.len >= 4 && !IS_ONE_OF(word, empty);
}

size_t wording_count_content(struct slice text)
{
    size_t count = 0, at = 0;
    for (struct slice word = wording_next(text, &at); word.len; word = wording_next(text, &at))
        count += wording_is_content(word);
    return count;
}

bool wording_shares(struct slice a, struct slice b)
{
    size_t at = 0;
    for (struct slice x = wording_next(a, &at); x.len; x = wording_next(a, &at)) {
        if (!wording_is_content(x))
            continue;
        size_t other = 0;
        for (struct slice y = wording_next(b, &other); y.len; y = wording_next(b, &other))
            if (wording_is_content(y) && slice_equal(slice_part(x, 0, 5), slice_part(y, 0, 5)))
                return true;
    }
    return false;
}

bool wording_has_digit(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (ascii_is_digit(text.data[i]))
            return true;
    return false;
}

bool wording_leans(struct slice text)
{
    static const char *const self[] = {"i",  "i'm",  "i've", "i'd", "i'll", "me",
                                       "my", "mine", "we",   "our", "us",   "we're"};
    static const char *const pointing[] = {"it",  "that", "this", "these", "those", "he",  "she",   "they",
                                           "him", "her",  "them", "his",   "their", "its", "that's"};
    bool named = false;
    size_t at = 0;
    for (struct slice word = wording_next(text, &at); word.len; word = wording_next(text, &at)) {
        if (IS_ONE_OF(word, self))
            return true;
        if (!named && IS_ONE_OF(word, pointing))
            return true;
        named = named || wording_is_content(word);
    }
    return false;
}

bool wording_is_subject(struct slice word)
{
    static const char *const subjects[] = {"i",     "i'm", "i've", "i'd",   "we",      "we're",
                                           "we've", "he",  "he's", "she",   "she's",   "they",
                                           "my",    "our", "the",  "there", "there's", "someone"};
    return IS_ONE_OF(word, subjects);
}

bool wording_is_listener(struct slice word)
{
    static const char *const words[] = {"you", "your", "you're", "you've"};
    return IS_ONE_OF(word, words);
}

bool wording_any(struct slice text, bool (*is)(struct slice word))
{
    size_t at = 0;
    struct slice word = wording_next(text, &at);
    while (word.len && !is(word))
        word = wording_next(text, &at);
    return word.len > 0;
}

bool wording_is_about_us(struct slice text)
{
    static const char *const words[] = {"i",   "i'm", "i've",  "i'd",   "i'll", "me",   "my",     "mine",  "we",
                                        "our", "us",  "we're", "we've", "you",  "your", "you're", "you've"};
    static const char *const empty[] = {"it",       "it's",   "its",     "this",       "that",    "that's",
                                        "these",    "there",  "there's", "everything", "nothing", "every",
                                        "everyone", "nobody", "no",      "things",     "life",    "today",
                                        "all",      "not",    "just",    "what",       "such",    "so"};
    size_t at = 0;
    struct slice word = wording_next(text, &at);
    bool about = IS_ONE_OF(word, empty);
    for (; word.len && !about; word = wording_next(text, &at))
        about = IS_ONE_OF(word, words);
    return about;
}

bool wording_asks_more(struct slice text)
{
    static const char *const asking[] = {"who",   "whom", "whose", "what", "what's",
                                         "which", "when", "where", "why",  "how"};
    size_t at = 0;
    return IS_ONE_OF(wording_next(text, &at), asking) && wording_count_content(text) > 0;
}
