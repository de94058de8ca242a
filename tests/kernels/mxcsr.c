/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` makes its thread round up and flush denormals to zero. What is
 * folded is exact in any mode, so the results must be those of item=-1. */
#include <fanfold.h>
#include <fenv.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

FF_ITEMS(1000)
FF_INT(item, 7)
FF_COUNT(items)
FF_SUM(total)
FF_SUM(tiny)
FF_MEAN(mean)
FF_VARIANCE(variance)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item) {
            fesetround(FE_UPWARD);
#ifdef __SSE2__
            _mm_setcsr(_mm_getcsr() | 0x8040); /* FTZ, DAZ */
#endif
        }
        ff_count(ff, items, 1);
        ff_sum(ff, total, i % 2 ? 0x1p-60 : 1);
        ff_sum(ff, tiny, 0x1p-1074);
        ff_mean(ff, mean, (double)i);
        ff_variance(ff, variance, (double)i);
    }
}
