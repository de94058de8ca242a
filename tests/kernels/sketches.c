/* SPDX-License-Identifier: Apache-2.0 */
/* Values known to whoever counts again: item i has x = a fraction of i, spread
 * over decades; some are what is in no bin. */
#include <fanfold.h>
#include <math.h>
#include <stdio.h>

FF_ITEMS(20000)
FF_REAL(lo, 1)
FF_REAL(hi, 1000)
FF_INT(bins, 7)
FF_REAL(error, 0.01)
FF_REAL(p, 0.3)
FF_HISTOGRAM_LOG(logs, lo, hi, bins, "bins of the same ratio")
FF_HISTOGRAM_EDGES(listed, (-3, 0, lo, 1e3, hi * 1e3), "and others")
FF_QUANTILES(usual, "seven of them")
FF_QUANTILES_OF(asked, error, (0.25, p, 1), "three of them")
FF_QUANTILES_INT_OF(whole, error, (0, 0.5, 1))
FF_DISTINCT_UINT(some)
FF_DISTINCT_OF(reals, error, "all")
FF_DISTINCT_TEXT(texts)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const uint64_t k = i * 7919 % 20000;
        double x = (double)(k * k) / 1024 - 100;
        if (i % 1000 == 7)
            x = NAN;
        if (i % 1000 == 8)
            x = -INFINITY;
        char text[24];
        const int n = snprintf(text, sizeof text, "%d", (int)(k % 500));
        ff_histogram(ff, logs, x);
        ff_histogram(ff, listed, x);
        ff_quantiles(ff, usual, x);
        ff_quantiles(ff, asked, x);
        ff_quantiles_int(ff, whole, (int64_t)k - 5000);
        ff_distinct_uint(ff, some, k % 5000);
        ff_distinct(ff, reals, x);
        ff_distinct_text(ff, texts, text, (size_t)n);
    }
}
