/* booster: see booster.h. One weight a bucket, logistic regression over one sentence at a time; the most suspect
 * sentence counts, so that a long message is no more suspect than its parts. tools/train-booster makes the same
 * buckets.
 */
#include "booster.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "detector.h"

enum { BUCKETS = 1 << 16, HEAD_MAX = 1024, RUN_LEAST = 3, RUN_MOST = 4, WORD_MAX = 64 };
#define HASH_START 2166136261u
#define RUN_SEED   0x12345u
#define PAIR_SEED  0x9e3779b9u

struct booster {
    double scale, bias, threshold, at_least;
    int8_t weights[BUCKETS];
};

/* A sentence on its way through the model. */
struct sum {
    const struct booster *booster;
    uint64_t seen[BUCKETS / 64];
    int64_t weights;
    double count;
};

/* ---- the file: a few lines that a person can read, an empty one, a byte a bucket ---- */

static int head_read(struct booster *booster, const char *head)
{
    unsigned version = 0, buckets = 0;
    int fields = sscanf(head, "candor booster %u buckets %u scale %lf bias %lf threshold %lf at_least %lf", &version,
                        &buckets, &booster->scale, &booster->bias, &booster->threshold, &booster->at_least);
    bool sound = isfinite(booster->scale) && isfinite(booster->bias) && isfinite(booster->threshold);
    return fields == 6 && version == 1 && buckets == BUCKETS && sound && booster->at_least >= 1 ? 0 : -1;
}

static int booster_read(struct booster *booster, FILE *file)
{
    static const char end[] = "\n\n";
    char head[HEAD_MAX];
    size_t len = 0;
    for (int c; len < sizeof head - 1 && (c = getc(file)) != EOF;) {
        head[len++] = (char)c;
        if (len >= 2 && memcmp(head + len - 2, end, 2) == 0)
            break;
    }
    head[len] = '\0';
    return head_read(booster, head) || fread(booster->weights, 1, BUCKETS, file) != BUCKETS || getc(file) != EOF ? -1
                                                                                                                 : 0;
}

struct rules *rules_boost(struct rules *rules, const char *path, struct err *err)
{
    if (!rules || !path)
        return rules;
    struct booster *booster = arena_array(rules->arena, 1, sizeof *booster);
    FILE *file = booster ? fopen(path, "rb") : NULL;
    int failed = -1;
    if (!booster)
        err_set(err, "no memory for the weights of %s", path);
    else if (!file)
        err_set(err, "%s: cannot be read; 'shadow.booster' needs it", path);
    else if (booster_read(booster, file) != 0)
        err_set(err, "%s: these are no weights of this version's tools/train-booster", path);
    else
        failed = 0;
    if (file)
        fclose(file);
    rules->booster = failed ? NULL : booster;
    if (!failed)
        return rules;
    rules_drop(rules);
    return NULL;
}

/* ---- buckets ---- */

static uint32_t hash_add(uint32_t hash, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)data[i]) * 16777619u;
    return hash;
}

/* A bucket counts once a sentence. */
static void add_bucket(struct sum *sum, uint32_t hash)
{
    hash = (hash ^ (hash >> 16)) * 0x85ebca6bu;
    hash = (hash ^ (hash >> 13)) * 0xc2b2ae35u;
    hash = (hash ^ (hash >> 16)) % BUCKETS;
    uint64_t bit = UINT64_C(1) << (hash % 64);
    if (sum->seen[hash / 64] & bit)
        return;
    sum->seen[hash / 64] |= bit;
    sum->weights += sum->booster->weights[hash];
    sum->count++;
}

/* The word, and its runs of letters with a fence on either side, so that beginnings and ends differ. */
static void add_word(struct sum *sum, struct slice word)
{
    add_bucket(sum, hash_add(HASH_START, word.data, word.len));
    char fenced[WORD_MAX + 2] = "<";
    size_t len = word.len < WORD_MAX ? word.len : WORD_MAX;
    memcpy(fenced + 1, word.data, len);
    fenced[len + 1] = '>';
    for (uint32_t run = RUN_LEAST; run <= RUN_MOST; run++)
        for (size_t at = 0; at + run <= len + 2; at++)
            add_bucket(sum, hash_add(RUN_SEED + run, fenced + at, run));
}

enum kind { KIND_BREAK, KIND_WORD, KIND_MARK };

static enum kind kind_of(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' || (unsigned char)c >= 0x80)
        return KIND_WORD;
    return c == '!' || c == '?' ? KIND_MARK : KIND_BREAK;
}

/* Takes the next word or run of marks off the text; empty when there is none. */
static struct slice next_word(struct slice *text)
{
    size_t start = 0;
    while (start < text->len && kind_of(text->data[start]) == KIND_BREAK)
        start++;
    size_t end = start;
    while (end < text->len && kind_of(text->data[end]) == kind_of(text->data[start]))
        end++;
    struct slice word = slice_of(text->data + start, end - start);
    *text = slice_of(text->data + end, text->len - end);
    while (word.len && word.data[0] == '\'')
        word = slice_of(word.data + 1, word.len - 1);
    while (word.len && word.data[word.len - 1] == '\'')
        word.len--;
    return word;
}

static double sentence_score(const struct booster *booster, struct slice text)
{
    struct sum sum = {.booster = booster};
    struct slice before = SLICE_NONE;
    while (text.len) {
        struct slice word = next_word(&text);
        if (!word.len)
            continue;
        add_word(&sum, word);
        if (before.len)
            add_bucket(&sum, hash_add(hash_add(HASH_START, before.data, before.len) ^ PAIR_SEED, word.data, word.len));
        before = word;
    }
    return booster->bias + booster->scale * (double)sum.weights / sqrt(fmax(sum.count, booster->at_least));
}

double booster_score(struct detector *detector, struct slice text)
{
    const struct booster *booster = detector->rules->booster;
    double most = -INFINITY;
    if (!booster)
        return most;
    struct passage *passage = &detector->passage;
    detector->fuel = DETECTOR_FUEL;
    passage_read(passage, text);
    if (detector_language(detector->rules, passage_language(passage)) > LANGUAGE_ENGLISH)
        return most;
    detector_mark_material(detector, &detector->rules->languages[LANGUAGE_ENGLISH]);
    for (size_t i = 0; i < passage->count; i++)
        if (!passage->sentences[i].material)
            most = fmax(most, sentence_score(booster, passage_sentence(passage, i)) - booster->threshold);
    return most;
}
