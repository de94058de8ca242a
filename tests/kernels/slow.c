/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeps `ms` milliseconds an item, and takes no core. */
#include <errno.h>
#include <fanfold.h>
#include <time.h>

FF_ITEMS(100)
FF_INT(ms, 100)
FF_COUNT(items)
FF_SUM_INT(index_sum)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        struct timespec left = {ms / 1000, ms % 1000 * 1000000};
        while (nanosleep(&left, &left) == -1 && errno == EINTR)
            ;
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
