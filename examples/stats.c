/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of a file of numbers, one a line: fanfold run -a FILE stats.c
 * Items are the lines; any worker reads any of them. Sum, mean, variance and
 * deviation are exact until they are rounded, once, so no order of adding
 * shows. A line that is no number is reported as FILE:LINE; its chunk is not
 * counted. */
#include <fanfold.h>

FF_ABOUT("Statistics of a file of numbers, one a line: give it by -a FILE")
FF_COUNT(count, "how many numbers")
FF_SUM(sum)
FF_MEAN(mean)
FF_VARIANCE(variance, "of the sample, over n - 1")
FF_SD(sd, "its square root, of the exact one")
FF_MIN(min)
FF_MAX(max)
FF_ARGMIN(first_min, "the line that has it first")
FF_ARGMAX(first_max)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        size_t n;
        const char *text = ff_item_text(ff, i, &n);
        double x;
        if (ff_number(ff, text, n, &x) != 0) {
            ff_fail(ff, i, "'%.*s' is not a number", (int)n, text);
            return;
        }
        ff_sum(ff, sum, x);
        ff_mean(ff, mean, x);
        ff_variance(ff, variance, x);
        ff_sd(ff, sd, x);
        ff_min(ff, min, x);
        ff_max(ff, max, x);
        ff_argmin(ff, first_min, x, i);
        ff_argmax(ff, first_max, x, i);
    }
    ff_count(ff, count, end - begin);
}
