/* SPDX-License-Identifier: Apache-2.0 */
/* Pi by the midpoint rule, N = 840, added up in two ways. `plain` adds the
 * doubles of a chunk in C: its last digits depend on how the items are split
 * (try --chunk 840, 420, 210, 105), though not on who runs them. `exact`
 * folds each item: rounded once, the same for any split. */
#include <fanfold.h>

FF_INT(n, 840)
FF_ITEMS(n)
FF_SUM(plain)
FF_SUM(exact)

FF_KERNEL(ff, begin, end)
{
    double sum = 0;
    for (uint64_t i = begin; i < end; i++) {
        double x = ((double)i + 0.5) / (double)n;
        sum += 1 / (1 + x * x);
        ff_sum(ff, exact, 4 / (1 + x * x) / (double)n);
    }
    ff_sum(ff, plain, sum * 4 / (double)n);
}
