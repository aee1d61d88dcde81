/* phrases: a chain of phrases for each first word, told by its ends and length; see phrases.h. Making the chains costs
 * less than asking one sentence for each phrase.
 */
#include "phrases.h"

#include <assert.h>

static unsigned start_of(const char *word, size_t len)
{
    unsigned first = (unsigned char)word[0], last = (unsigned char)word[len - 1];
    return ((first << 16 | last << 8 | (unsigned char)len) * 0x9E3779B1u >> 16) % PHRASES_STARTS;
}

void phrases_init(struct phrases *phrases, const char *const *list, size_t count)
{
    assert(count <= PHRASES_MAX);
    memset(phrases, 0, sizeof *phrases);
    phrases->list = list;
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(list[i], " ");
        unsigned char *first = &phrases->first[start_of(list[i], len)];
        phrases->second[i] = list[i][len] ? list[i][len + 1] : '\0';
        phrases->next[i] = *first;
        *first = (unsigned char)(i + 1);
    }
}

static bool stands_at(const struct passage *p, size_t index, const char *phrase)
{
    unsigned sentence = p->words[index].sentence;
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

uint64_t phrases_find(const struct phrases *phrases, const struct passage *p, size_t from, size_t to)
{
    uint64_t found = 0;
    for (size_t at = from; at < to; at++) {
        struct slice text = p->words[at].text;
        char second = at + 1 < to ? p->words[at + 1].text.data[0] : '\0';
        for (unsigned i = phrases->first[start_of(text.data, text.len)]; i > 0; i = phrases->next[i - 1]) {
            char wanted = phrases->second[i - 1];
            if ((wanted == '\0' || wanted == second) && stands_at(p, at, phrases->list[i - 1]))
                found |= 1ull << (i - 1);
        }
    }
    return found;
}

size_t phrase_place(const struct passage *p, size_t from, size_t to, const char *phrase)
{
    while (from < to && !stands_at(p, from, phrase))
        from++;
    return from < to ? from : to;
}
