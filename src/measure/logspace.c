/* Sums and beta functions in logs, because evidence passes the range of a double within a few thousand trials.
 *
 * lgamma_r and not lgamma: the latter writes the shared signgam, which is a data race when two threads report. The
 * incomplete beta function is Lentz's continued fraction, on the side of the mean where it converges quickly.
 */
#include "logspace.h"

#include <float.h>
#include <math.h>

double log_sum(const double *values, size_t count)
{
    double largest = -INFINITY;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, values[i]);
    if (isinf(largest))
        return largest;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += exp(values[i] - largest);
    return largest + log(sum);
}

double log_plus_one(double value)
{
    return value > 0 ? value + log1p(exp(-value)) : log1p(exp(value));
}

double log_beta(double a, double b)
{
    int sign = 0;
    return lgamma_r(a, &sign) + lgamma_r(b, &sign) - lgamma_r(a + b, &sign);
}

/* A factor of zero would end Lentz's recurrence; it is replaced by the smallest number that can be inverted. */
static double away_from_zero(double value)
{
    return fabs(value) < DBL_MIN ? DBL_MIN : value;
}

/* The continued fraction of I_x(a, b), for x below the mean. About sqrt(max(a, b)) steps are needed. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
    double steps = 100 + 10 * sqrt(fmax(a, b));
    for (double i = 1; i <= steps; i++) {
        double even = i * (b - i) * x / ((a + 2 * i - 1) * (a + 2 * i));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        fraction *= d * c;
        double odd = -(a + i) * (a + b + i) * x / ((a + 2 * i) * (a + 2 * i + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        fraction *= d * c;
        if (fabs(d * c - 1) < 4 * DBL_EPSILON)
            break;
    }
    return fraction;
}

static double log_beta_lower(double a, double b, double x)
{
    return a * log(x) + b * log1p(-x) - log_beta(a, b) - log(a) + log(beta_fraction(a, b, x));
}

double log_beta_incomplete(double a, double b, double x)
{
    if (x < (a + 1) / (a + b + 2))
        return log_beta_lower(a, b, x);
    return fmax(log1p(-exp(fmin(log_beta_lower(b, a, 1 - x), 0))), -700);
}
