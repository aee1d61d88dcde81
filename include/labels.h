/* labels: what people said of pairs that the cascade had judged, and what that makes of the judged figures.
 *
 * A person sees the judge's own screen, blind and in random order, and fills in the judge's own fields; the table of
 * verdict.c derives the outcome from them as it does for the judge. Only labels of the random share enter a figure:
 * whoever is shown what has already been flagged says nothing of what was missed. Pure.
 */
#ifndef CANDOR_LABELS_H
#define CANDOR_LABELS_H

#include "compare.h"
#include "correct.h"
#include "tally.h"

#define LABELS_ENOUGH 60 /* from which on the judge's errors are taken out of a figure */

/* Whose answer stands first on this person's screen. The same at any time, so that nobody has to remember it. */
bool label_warm_first(struct slice trial_id, struct slice labeller);

/* One person's label, by warm and original. */
struct label {
    struct judgement said;
    struct slice note; /* empty: none */
};
/* The members of a label as it comes in: answers_first, stance_first, answers_second, stance_second, relation,
 * supported, sure, note. Borrowed from text; -1 and a sentence. */
struct label_words {
    struct slice answers_first, stance_first, answers_second, stance_second, relation, supported, sure, note;
};
MUST_USE int label_read(const struct label_words *words, bool warm_first, struct label *out, struct err *err);
/* The verdict and x of a label, by the rules that hold for the judge's fields. */
enum verdict label_outcome(const struct label *label, enum belief belief, int *x);

/* ---- figures ---- */

struct label_figures {
    uint64_t compared;                       /* counted comparisons of the epoch; undecided ones are zeros */
    uint64_t judged_plus, judged_minus;      /* of them, as judged */
    uint64_t labelled;                       /* of them, in the random share and labelled */
    uint64_t positives, negatives;           /* labels: warm at fault (x = +1), not */
    uint64_t reverse;                        /* of the latter: the original at fault (x = -1) */
    uint64_t true_positives, true_negatives; /* that were judged so */
    uint64_t same_verdict;                   /* labels that give the judged verdict */
    uint64_t twice, twice_same;              /* trials that two people labelled, and with the same outcome */
    uint64_t by_hand;                        /* labels outside the random share: kept out of all of the above */
    struct correct_ppi fault, gap;           /* of x = +1, and of x itself */
};
/* count comparisons judged x; undecided ones as 0. */
void label_figures_judged(struct label_figures *figures, int x, uint64_t count);
void label_figures_tally(struct label_figures *figures, const struct tally *tally); /* all that it counts */
/* What people said of one of them. */
void label_figures_people(struct label_figures *figures, int judged_x, const struct tally_people *people);
/* One more label of a trial, in order of time: the first counts, the second only tells whether people agree. */
void label_people_add(struct tally_people *people, int x, bool same_verdict, bool by_hand);

enum label_method {
    LABEL_TOO_FEW,      /* fewer than LABELS_ENOUGH */
    LABEL_ONE_SIDED,    /* no positive or no negative among them, or a judge no better than chance */
    LABEL_ROGAN_GLADEN, /* the rate only */
    LABEL_PPI           /* the rate and the gap */
};
const char *label_method_name(enum label_method method); /* "too_few", ..., "rogan_gladen", "ppi" */
/* The mean of x by the labels alone, and its 95 % confidence sequence: what is labelled next is drawn at random, so it
 * holds whenever one looks, at the price of what the judge knows of all the others. [-1, 1] without labels. */
void label_figures_gap(const struct label_figures *figures, struct corrected *out);
/* rate: how often warm is at fault where the original is not; gap: the mean of x. */
enum label_method label_figures_correct(const struct label_figures *figures, struct corrected *rate,
                                        struct corrected *gap);

#endif
