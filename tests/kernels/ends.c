/* SPDX-License-Identifier: Apache-2.0 */
/* From item 10 on each item ends its process in its own way: with exit status
 * first, first + 1, ..., or with by=signal by the signal of that number. */
#include <fanfold.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(11)
FF_INT(first, 0)
FF_TEXT(by, "exit")
FF_COUNT(items)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if (i >= 10 && strcmp(by, "exit") == 0)
            _exit((int)(first + (int64_t)i - 10));
        if (i >= 10)
            raise((int)(first + (int64_t)i - 10));
        ff_count(ff, items, 1);
    }
}
