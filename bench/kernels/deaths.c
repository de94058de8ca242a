/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks of `us` microseconds. Each writes when it begins, in ns of the monotonic
 * clock, and who does it, into the file `begun`; item `endless` lasts until
 * the file `gate` is there. */
#include <fanfold.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(1000)
FF_INT(us, 2000)
FF_INT(endless, -1)
FF_TEXT(begun, "")
FF_TEXT(gate, "")
FF_COUNT(items)

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int note(uint64_t i)
{
    char line[96];
    int n = snprintf(line, sizeof line, "%llu %ld %lld\n",
                     (unsigned long long)i, (long)getpid(), now_ns());
    int fd = open(begun, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    int ok = fd >= 0 && write(fd, line, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    return ok ? 0 : -1;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const long long until = now_ns() + us * 1000;
        if (note(i)) {
            ff_fail(ff, i, "cannot write to '%s'", begun);
            return;
        }
        while (now_ns() < until)
            continue;
        while ((int64_t)i == endless && access(gate, F_OK) != 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        ff_count(ff, items, 1);
    }
}
