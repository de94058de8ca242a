/* SPDX-License-Identifier: Apache-2.0 */
/* Values at which sums and comparisons go wrong: NaN, infinities, -0.0, and
 * 1e16 + 1 - 1e16, in places that any split of the items tears apart. */
#include <fanfold.h>
#include <math.h>

FF_ITEMS(3000)
FF_COUNT(items)
FF_SUM(small)     /* exact: 1000 */
FF_SUM(cancelled) /* one infinity of either sign: NaN */
FF_SUM(infinite)  /* two infinities of one sign */
FF_SUM(not_number)
FF_SUM(minus_zero) /* of -0.0 alone */
FF_MEAN(mean)
FF_VARIANCE(variance)
FF_MIN(least) /* -0.0 and 0.0 among larger ones */
FF_MAX(most)  /* -0.0 and 0.0 among smaller ones */
FF_MIN(least_of_nan)
FF_MAX(most_of_infinite)
FF_ARGMIN(least_at)
FF_ARGMAX(most_at)

static double three(uint64_t i)
{
    return i % 3 == 0 ? 1e16 : i % 3 == 1 ? 1 : -1e16;
}

static double zero_among(uint64_t i, double others)
{
    return i % 500 == 250 ? -0.0 : i % 500 == 400 ? 0.0 : others;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        double x = three(i);
        ff_count(ff, items, 1);
        ff_sum(ff, small, x);
        ff_sum(ff, cancelled, i == 10 ? INFINITY : i == 2900 ? -INFINITY : x);
        ff_sum(ff, infinite, i == 10 || i == 2900 ? -INFINITY : x);
        ff_sum(ff, not_number, i == 1500 ? NAN : x);
        ff_sum(ff, minus_zero, -0.0);
        ff_mean(ff, mean, x + (double)i);
        ff_variance(ff, variance, 1e8 + (double)(i % 2));
        ff_min(ff, least, zero_among(i, 1));
        ff_max(ff, most, zero_among(i, -1));
        ff_min(ff, least_of_nan, i == 1500 ? NAN : x);
        ff_max(ff, most_of_infinite, i == 10 ? INFINITY : x);
        ff_argmin(ff, least_at, zero_among(i, 1), i);
        ff_argmax(ff, most_at, i % 700 == 600 ? INFINITY : x, i);
    }
}
