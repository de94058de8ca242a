/* SPDX-License-Identifier: Apache-2.0 */
/* Items that take time and no core: `fast` microseconds; `slow` those on the
 * worker with rank `of`, if it is not -1, and the first `head` items. */
#include <errno.h>
#include <fanfold.h>
#include <time.h>

FF_ITEMS(400)
FF_INT(fast, 1000)
FF_INT(slow, 1000)
FF_INT(of, -1)
FF_INT(head, 0)
FF_COUNT(items)
FF_SUM_INT(index_sum)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const int is_slow = (int64_t)ff->rank == of || (int64_t)i < head;
        struct timespec left = {.tv_nsec = (is_slow ? slow : fast) * 1000};
        while (nanosleep(&left, &left) == -1 && errno == EINTR)
            ;
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
