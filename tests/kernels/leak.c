/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` leaks memory that it has touched. */
#include <fanfold.h>
#include <stdlib.h>

FF_ITEMS(1000)
FF_INT(item, 7)
FF_COUNT(items)
FF_SUM_INT(index_sum)
FF_INT(megabytes, 256)

static void act(void)
{
    size_t bytes = (size_t)megabytes << 20;
    volatile char *leaked = malloc(bytes);
    for (size_t k = 0; leaked && k < bytes; k += 4096)
        leaked[k] = 1;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item)
            act();
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
