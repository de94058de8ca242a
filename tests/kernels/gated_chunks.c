/* SPDX-License-Identifier: Apache-2.0 */
/* An item lasts for as long as there is a file with its number in the folder
 * `held`; each that begins leaves a line "item pid" in the file `attempts`. */
#include <fanfold.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(8)
FF_TEXT(held, "")
FF_TEXT(attempts, "")
FF_COUNT(items)
FF_SUM_INT(index_sum)

static int note_attempt(uint64_t i)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%llu %ld\n", (unsigned long long)i,
                     (long)getpid());
    int fd = open(attempts, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    int ok = fd >= 0 && write(fd, line, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    return ok ? 0 : -1;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%llu", held, (unsigned long long)i);
        if (note_attempt(i)) {
            ff_fail(ff, i, "cannot append to '%s'", attempts);
            return;
        }
        while (access(path, F_OK) == 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
