/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` cuts every descriptor to 0 bytes: its output must be a pipe. */
#include <fanfold.h>
#include <unistd.h>

FF_ITEMS(1000)
FF_INT(item, 7)
FF_COUNT(items)
FF_SUM_INT(index_sum)

static void act(void)
{
    for (int fd = 0; fd < 1024; fd++)
        if (ftruncate(fd, 0))
            continue; /* not a file, or not open */
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
