/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` writes `megabytes` to both streams, no newline in them. */
#include <fanfold.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(1000)
FF_INT(item, 7)
FF_COUNT(items)
FF_SUM_INT(index_sum)
FF_INT(megabytes, 16) /* to each */

static void put(int fd, const char *text, size_t n)
{
    ssize_t wrote;
    for (size_t done = 0; done < n; done += (size_t)wrote)
        if ((wrote = write(fd, text + done, n - done)) < 0)
            return;
}

static void act(void)
{
    char out[4096], err[4096];
    memset(out, 'o', sizeof out);
    memset(err, 'e', sizeof err);
    for (int64_t k = 0; k < megabytes * 256; k++) {
        put(STDOUT_FILENO, out, sizeof out);
        put(STDERR_FILENO, err, sizeof err);
    }
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
