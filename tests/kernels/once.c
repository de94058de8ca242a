/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` crashes, but only the first time: it leaves `marker` behind. */
#include <fanfold.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

FF_ITEMS(1000)
FF_INT(item, 7)
FF_TEXT(marker, "") /* path of a file that does not exist yet */
FF_COUNT(items)
FF_SUM_INT(index_sum)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item &&
            open(marker, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) >= 0)
            raise(SIGSEGV);
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
