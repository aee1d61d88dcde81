/* logspace: sums of numbers that are only known by their logarithms. Private to src/measure. */
#ifndef CANDOR_MEASURE_LOGSPACE_H
#define CANDOR_MEASURE_LOGSPACE_H

#include <stddef.h>

/* log(sum of exp(values)); -inf for none or for all -inf. */
double log_sum(const double *values, size_t count);
/* log(1 + exp(value)), without overflow. */
double log_plus_one(double value);
/* log(B(a, b)), the beta function. */
double log_beta(double a, double b);
/* log(I_x(a, b)), the regularised incomplete beta function, for x in (0, 1); never below -700 through rounding. */
double log_beta_incomplete(double a, double b, double x);

#endif
