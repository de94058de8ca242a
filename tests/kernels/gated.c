/* SPDX-License-Identifier: Apache-2.0 */
/* The items from `from` on wait until the file `gate` exists, and then all go
 * on: a run that stands still where a test wants to look at it. Those before
 * take a while, so that they are published, but for the last ones. */
#include <fanfold.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(100)
FF_INT(from, 50)
FF_INT(say, 0)
FF_TEXT(gate, "")
FF_COUNT(items)

FF_KERNEL(ff, begin, end)
{
    const struct timespec tick = {0, 2000000}, pause = {0, 3000000};
    for (uint64_t i = begin; i < end; i++) {
        while ((int64_t)i >= from && access(gate, F_OK) != 0)
            nanosleep(&tick, NULL);
        if ((int64_t)i < from)
            nanosleep(&pause, NULL);
        if (say)
            printf("line of item %d\n", (int)i);
        if (say)
            fprintf(stderr, "remark of item %d\n", (int)i);
        ff_count(ff, items, 1);
    }
}
