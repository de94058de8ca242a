/* SPDX-License-Identifier: Apache-2.0 */
/* Each chunk writes down who began it, and when. The first item takes an hour,
 * others 10 ms, without a core. */
#include <fanfold.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

FF_TEXT(file, "marks")
FF_ITEMS(1000000)
FF_COUNT(naps)

FF_KERNEL(ff, begin, end)
{
    struct timespec t;
    const int fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0600);
    clock_gettime(CLOCK_MONOTONIC, &t);
    dprintf(fd, "%d %" PRIu64 " %lld\n", (int)getpid(), begin,
            t.tv_sec * 1000000000LL + t.tv_nsec);
    close(fd);
    for (uint64_t i = begin; i < end; i++) {
        nanosleep(&(struct timespec){.tv_sec = i == 0 ? 3600 : 0,
                                     .tv_nsec = 10000000}, NULL);
        ff_count(ff, naps, 1);
    }
}
