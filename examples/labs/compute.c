/* SPDX-License-Identifier: Apache-2.0 */
/* Work that only computes: how many steps does Collatz's rule need to get from
 * each number to 1? It waits for nothing and touches no memory, so it is as
 * fast as the cores are.
 *
 *     fanfold run compute.c --range 1:1000000 -n 2             two processes
 *     fanfold run compute.c --range 1:1000000 -n 1 --threads 2 two threads */
#include <fanfold.h>

FF_ITEMS(1000000)
FF_SUM_UINT(steps)

FF_KERNEL(ff, begin, end)
{
    uint64_t n_steps = 0;
    for (uint64_t i = begin; i < end; i++)
        for (uint64_t n = i; n > 1; n_steps++)
            n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    ff_sum_uint(ff, steps, n_steps);
}
