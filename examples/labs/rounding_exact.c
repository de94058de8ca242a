/* SPDX-License-Identifier: Apache-2.0 */
/* The sum of rounding.c, folded by fanfold: no term is rounded while they are
 * added, and the sum is rounded once, at the end. */
#include <fanfold.h>

FF_ABOUT("1 + 1/2 + ... + 1/1000000")
FF_ITEMS(1000000)
FF_SUM(sum)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++)
        ff_sum(ff, sum, 1.0 / (double)(i + 1));
}
