/* Judge error taken out of reported rates. See correct.h; the letters are those of docs/statistics.md. */
#include "correct.h"

#include <assert.h>
#include <math.h>

#define Z95 1.959963984540054

static double clip(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

int correct_rogan_gladen(double share, uint64_t n, const struct judge_quality *quality, struct corrected *out)
{
    double q0 = quality->specificity, q1 = quality->sensitivity, zz = Z95 * Z95;
    double m0 = (double)quality->negatives, m1 = (double)quality->positives;
    if (n == 0 || quality->negatives == 0 || quality->positives == 0 || q0 + q1 - 1 <= 0)
        return -1;
    double p_ = ((double)n * share + zz / 2) / ((double)n + zz), n_ = (double)n + zz;
    double q0_ = (m0 * q0 + 1) / (m0 + 2), q1_ = (m1 * q1 + 1) / (m1 + 2), j = q0_ + q1_ - 1;
    if (j <= 0)
        return -1;
    double v0 = q0_ * (1 - q0_) / (m0 + 2), v1 = q1_ * (1 - q1_) / (m1 + 2), theta = (p_ + q0_ - 1) / j;
    double shift = 2 * zz * (-(1 - theta) * v0 + theta * v1);
    double error = sqrt(p_ * (1 - p_) / n_ + (1 - theta) * (1 - theta) * v0 + theta * theta * v1) / j;
    out->point = clip((share + q0 - 1) / (q0 + q1 - 1), 0, 1);
    out->lower = clip(theta + shift - Z95 * error, 0, 1);
    out->upper = clip(theta + shift + Z95 * error, 0, 1);
    return 0;
}

void correct_ppi_add(struct correct_ppi *ppi, double judged)
{
    correct_ppi_add_many(ppi, judged, 1);
}

void correct_ppi_add_many(struct correct_ppi *ppi, double judged, uint64_t count)
{
    ppi->all += count;
    ppi->sum_f += judged * (double)count;
    ppi->sum_ff += judged * judged * (double)count;
}

void correct_ppi_label(struct correct_ppi *ppi, double judged, double human)
{
    ppi->labelled++;
    ppi->sum_lf += judged;
    ppi->sum_lff += judged * judged;
    ppi->sum_h += human;
    ppi->sum_hh += human * human;
    ppi->sum_fh += judged * human;
}

/* The unbiased covariance from sums. */
static double covariance(double n, double sum_x, double sum_y, double sum_xy)
{
    return (sum_xy - sum_x * sum_y / n) / (n - 1);
}

int correct_ppi_mean(const struct correct_ppi *ppi, struct corrected *out, double *lambda)
{
    double all = (double)ppi->all, labelled = (double)ppi->labelled;
    if (ppi->labelled < 2 || ppi->all < 2)
        return -1;
    double var_f = covariance(all, ppi->sum_f, ppi->sum_f, ppi->sum_ff);
    double var_lf = covariance(labelled, ppi->sum_lf, ppi->sum_lf, ppi->sum_lff);
    double var_h = covariance(labelled, ppi->sum_h, ppi->sum_h, ppi->sum_hh);
    double cov = covariance(labelled, ppi->sum_lf, ppi->sum_h, ppi->sum_fh);
    double l = var_f > 0 ? clip(cov / ((1 + labelled / all) * var_f), 0, 1) : 0;
    double variance = l * l * var_f / all + fmax(var_h - 2 * l * cov + l * l * var_lf, 0) / labelled;
    out->point = l * ppi->sum_f / all + (ppi->sum_h - l * ppi->sum_lf) / labelled;
    out->lower = out->point - Z95 * sqrt(variance);
    out->upper = out->point + Z95 * sqrt(variance);
    *lambda = l;
    return 0;
}
