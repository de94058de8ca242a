/* SPDX-License-Identifier: Apache-2.0 */
/* Sums without a fold: fanfold/fold.h as thin as paper over xsum.h. */
#include <fanfold/fold.h>

#include "xsum.h"

_Static_assert(FF_SUM_LANES == XSUM_WORDS, "programs have room for this many");

double ff_exact_sum(const double *x, size_t n)
{
    int64_t sum[XSUM_WORDS] = {0};
    xsum_add(sum, x, n);
    return xsum_round(sum);
}

double ff_exact_dot(const double *x, const double *y, size_t n)
{
    int64_t sum[XSQR_WORDS] = {0};
    xdot_add(sum, x, y, n);
    return xdot_round(sum);
}

double ff_exact_norm2(const double *x, size_t n)
{
    int64_t squares[XSQR_WORDS] = {0};
    xsqr_add(squares, x, n);
    return xsum_norm2(squares);
}

void ff_sum_add(int64_t *lanes, const double *x, size_t n)
{
    xsum_add(lanes, x, n);
}

void ff_sum_merge(int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XSUM_N);
}

void ff_sum_normalise(int64_t *lanes)
{
    xsum_normalise(lanes, XSUM_N);
}

int ff_sum_valid(const int64_t *lanes)
{
    return xsum_valid(lanes, XSUM_N);
}

double ff_sum_value(const int64_t *lanes)
{
    return xsum_round(lanes);
}
