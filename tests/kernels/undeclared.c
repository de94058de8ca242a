/* SPDX-License-Identifier: Apache-2.0 */
/* Folds into a result that is not declared: the compiler names it. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_SUM(total)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++)
        ff_sum(ff, totals, 1.0);
}
