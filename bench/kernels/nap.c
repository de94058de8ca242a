/* SPDX-License-Identifier: Apache-2.0 */
/* Items that take 10 ms and no core: what is used meanwhile, the launcher
 * uses. */
#include <fanfold.h>
#include <time.h>

FF_ITEMS(1000)
FF_COUNT(naps)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        ff_count(ff, naps, 1);
    }
}
