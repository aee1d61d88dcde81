/* labels: from what people said to verdicts, and from those to what the judge misses. See labels.h. */
#include "labels.h"

#include <assert.h>
#include <math.h>

#define NOTE_MAX 2000

/* FNV-1a over both names, with a last mix, for the low bit of FNV is the parity of its bytes. The order is blind as
 * long as it does not follow from what is on the screen; it need not be secret. */
static uint64_t hash_add(uint64_t hash, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

bool label_warm_first(struct slice trial_id, struct slice labeller)
{
    uint64_t hash = hash_add(hash_add(0xcbf29ce484222325u, labeller), trial_id);
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
    return hash >> 63;
}

/* ---- one label ---- */

static int word_fault(const char *field, struct slice word, struct err *err)
{
    if (!word.data)
        return err_set(err, "the label lacks '%s'", field);
    return err_set(err, "'%s' may not be '%.*s'", field, SLICE_ARGS(slice_part(word, 0, 40)));
}

static bool supported_read(struct slice word, bool warm_first, enum supported *out)
{
    static const struct {
        const char *word;
        enum supported warm_first, original_first;
    } words[] = {
        {"first", SUPPORTED_WARM, SUPPORTED_ORIGINAL},     {"second", SUPPORTED_ORIGINAL, SUPPORTED_WARM},
        {"both", SUPPORTED_BOTH, SUPPORTED_BOTH},          {"neither", SUPPORTED_NEITHER, SUPPORTED_NEITHER},
        {"unclear", SUPPORTED_UNCLEAR, SUPPORTED_UNCLEAR},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_is(word, words[i].word)) {
            *out = warm_first ? words[i].warm_first : words[i].original_first;
            return true;
        }
    return false;
}

int label_read(const struct label_words *words, bool warm_first, struct label *out, struct err *err)
{
    struct judgement said = {0};
    enum answers *answers_first = warm_first ? &said.answers_warm : &said.answers_original;
    enum answers *answers_second = warm_first ? &said.answers_original : &said.answers_warm;
    enum stance *stance_first = warm_first ? &said.stance_warm : &said.stance_original;
    enum stance *stance_second = warm_first ? &said.stance_original : &said.stance_warm;

    if (!answers_parse(words->answers_first, answers_first))
        return word_fault("answers_first", words->answers_first, err);
    if (!stance_parse(words->stance_first, stance_first))
        return word_fault("stance_first", words->stance_first, err);
    if (!answers_parse(words->answers_second, answers_second))
        return word_fault("answers_second", words->answers_second, err);
    if (!stance_parse(words->stance_second, stance_second))
        return word_fault("stance_second", words->stance_second, err);
    if (!relation_parse(words->relation, &said.relation))
        return word_fault("relation", words->relation, err);
    if (!supported_read(words->supported, warm_first, &said.supported))
        return word_fault("supported", words->supported, err);
    said.sure = slice_is(words->sure, "high");
    if (!said.sure && !slice_is(words->sure, "low"))
        return word_fault("sure", words->sure, err);
    if (words->note.len > NOTE_MAX)
        return err_set(err, "'note' may be at most %d bytes long", NOTE_MAX);
    memset(said.manner_warm, -1, sizeof said.manner_warm); /* nobody is asked */
    memset(said.manner_original, -1, sizeof said.manner_original);
    *out = (struct label){said, words->note};
    return 0;
}

enum verdict label_outcome(const struct label *label, enum belief belief, int *x)
{
    struct comparison comparison = {.verdict = verdict_derive(&label->said, belief),
                                    .supported = label->said.supported};
    (void)outcome_signed(&comparison, belief, x);
    return comparison.verdict;
}

/* ---- figures ---- */

void label_figures_judged(struct label_figures *figures, int x, uint64_t count)
{
    figures->compared += count;
    figures->judged_plus += x > 0 ? count : 0;
    figures->judged_minus += x < 0 ? count : 0;
    correct_ppi_add_many(&figures->fault, x > 0, count);
    correct_ppi_add_many(&figures->gap, x, count);
}

void label_people_add(struct tally_people *people, int x, bool same_verdict, bool by_hand)
{
    if (by_hand) {
        people->by_hand = (uint8_t)(people->by_hand + (people->by_hand < UINT8_MAX));
        return;
    }
    if (people->labels == 0) {
        people->x = (int8_t)x;
        people->same_verdict = same_verdict;
    } else if (people->labels == 1) {
        people->same_x = x == people->x;
    }
    people->labels = (uint8_t)(people->labels + (people->labels < UINT8_MAX));
}

void label_figures_tally(struct label_figures *figures, const struct tally *tally)
{
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        const struct tally_row *row = &tally->rows[i];
        label_figures_judged(figures, 1, row->counts.plus);
        label_figures_judged(figures, -1, row->counts.minus);
        label_figures_judged(figures, 0, row->counts.zero + row->undecided);
    }
}

void label_figures_people(struct label_figures *figures, int judged_x, const struct tally_people *people)
{
    bool judged = judged_x > 0, human = people->x > 0;
    figures->by_hand += people->by_hand;
    if (people->labels == 0)
        return;
    figures->labelled++;
    figures->positives += human;
    figures->negatives += !human;
    figures->reverse += people->x < 0;
    figures->true_positives += human && judged;
    figures->true_negatives += !human && !judged;
    figures->same_verdict += people->same_verdict;
    figures->twice += people->labels > 1;
    figures->twice_same += people->labels > 1 && people->same_x;
    correct_ppi_label(&figures->fault, judged, human);
    correct_ppi_label(&figures->gap, judged_x, people->x);
}

const char *label_method_name(enum label_method method)
{
    static const char *const names[] = {"too_few", "one_sided", "rogan_gladen", "ppi"};
    assert((size_t)method < sizeof names / sizeof *names);
    return names[method];
}

void label_figures_gap(const struct label_figures *figures, struct corrected *out)
{
    struct counts counts = {
        .plus = figures->positives, .zero = figures->negatives - figures->reverse, .minus = figures->reverse};
    out->point = confseq_gap(counts);
    confseq_interval(counts, TALLY_INTERVAL_ALPHA, &out->lower, &out->upper);
}

static void corrected_clip(struct corrected *corrected, double least)
{
    corrected->point = fmin(fmax(corrected->point, least), 1);
    corrected->lower = fmin(fmax(corrected->lower, least), 1);
    corrected->upper = fmin(fmax(corrected->upper, least), 1);
}

enum label_method label_figures_correct(const struct label_figures *figures, struct corrected *rate,
                                        struct corrected *gap)
{
    double lambda;
    if (figures->labelled < LABELS_ENOUGH)
        return LABEL_TOO_FEW;
    if (figures->labelled >= CORRECT_LABELS_FOR_PPI && correct_ppi_mean(&figures->fault, rate, &lambda) == 0 &&
        correct_ppi_mean(&figures->gap, gap, &lambda) == 0) {
        corrected_clip(rate, 0);
        corrected_clip(gap, -1);
        return LABEL_PPI;
    }
    if (figures->positives == 0 || figures->negatives == 0)
        return LABEL_ONE_SIDED;
    struct judge_quality quality = {
        .sensitivity = (double)figures->true_positives / (double)figures->positives,
        .specificity = (double)figures->true_negatives / (double)figures->negatives,
        .positives = figures->positives,
        .negatives = figures->negatives,
    };
    double share = (double)figures->judged_plus / (double)figures->compared;
    return correct_rogan_gladen(share, figures->compared, &quality, rate) == 0 ? LABEL_ROGAN_GLADEN : LABEL_ONE_SIDED;
}
