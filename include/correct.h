/* correct: rates that a judge reported, corrected with what people said of a part of them.
 *
 * From 200 labels a figure PPI++ (Angelopoulos and others, arXiv:2311.01453), below that Rogan-Gladen with designed
 * positives and negatives, packaged as Lang and Reiczigel did (Lee and others, arXiv:2511.21140). A rate that went
 * through neither is only ever shown "as judged". Pure; formulas of docs/statistics.md.
 */
#ifndef CANDOR_CORRECT_H
#define CANDOR_CORRECT_H

#include "str.h"

#define CORRECT_LABELS_FOR_PPI 200

struct corrected {
    double point, lower, upper; /* at 95 % */
};

struct judge_quality {               /* measured on labelled positives and negatives */
    double sensitivity, specificity; /* q1, q0 */
    uint64_t positives, negatives;   /* m1, m0 */
};
/* positives of n were judged so. -1 when the judge is no better than chance: then nothing can be said. */
MUST_USE int correct_rogan_gladen(double share, uint64_t n, const struct judge_quality *quality, struct corrected *out);

/* Prediction-powered mean: the judge's value f of all, and the human's h of some of them. */
struct correct_ppi {
    uint64_t all, labelled;
    double sum_f, sum_ff;                          /* over all */
    double sum_lf, sum_lff, sum_h, sum_hh, sum_fh; /* over the labelled */
};
void correct_ppi_add(struct correct_ppi *ppi, double judged);
void correct_ppi_add_many(struct correct_ppi *ppi, double judged, uint64_t count);
void correct_ppi_label(struct correct_ppi *ppi, double judged, double human); /* beside correct_ppi_add of the same */
/* -1 with fewer than two labels. lambda: the weight the judge got, 0 = labels only. */
MUST_USE int correct_ppi_mean(const struct correct_ppi *ppi, struct corrected *out, double *lambda);

#endif
