/* SPDX-License-Identifier: Apache-2.0 */
/* Item i has the value (i - least) / scale: known to whoever counts again.
 * Some items are what is in no bin. */
#include <fanfold.h>
#include <math.h>

FF_ITEMS(10000)
FF_REAL(lo, 0)
FF_REAL(hi, 1)
FF_INT(bins, 10)
FF_INT(least, 0)
FF_REAL(scale, 1000)
FF_HISTOGRAM(values, lo, hi, bins)
FF_HISTOGRAM(wide, lo - 1, hi + 1, 3 * bins)
FF_HISTOGRAM(fine, lo, hi, 2 * bins)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        double x = (double)((int64_t)i - least) / scale;
        if (i % 1000 == 7)
            x = NAN;
        if (i % 1000 == 8)
            x = -INFINITY;
        if (i % 1000 == 9)
            x = INFINITY;
        ff_histogram(ff, values, x);
        ff_histogram(ff, wide, x);
        ff_histogram(ff, fine, x);
    }
}
