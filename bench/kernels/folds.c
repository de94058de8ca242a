/* SPDX-License-Identifier: Apache-2.0 */
/* Doubles that are in the L1 cache, folded one a call, or `row` at once. */
#include <fanfold.h>

enum { VALUES = 2048 };

FF_INT(row, 0, "values a call of ff_sum_array; 0: ff_sum")
FF_SUM(total)

static double value[VALUES];

FF_SETUP(ff)
{
    for (uint64_t i = 0; i < VALUES; i++) {
        struct ff_rng rng = ff_rng(ff, i);
        value[i] = ff_uniform(&rng);
    }
}

FF_KERNEL(ff, begin, end)
{
    const uint64_t n = (uint64_t)row;
    if (n == 0)
        for (uint64_t i = begin; i < end; i++)
            ff_sum(ff, total, value[i % VALUES]);
    else
        for (uint64_t i = begin; i < end; i++)
            ff_sum_array(ff, total, value + i % (VALUES - n), n);
}
