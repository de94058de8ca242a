/* SPDX-License-Identifier: Apache-2.0 */
/* Each item sleeps for `ms`, but item `long_item` for `long_ms`, and uses a
 * CPU for `spin_us`. */
#include <errno.h>
#include <fanfold.h>
#include <time.h>

FF_ITEMS(100)
FF_REAL(ms, 0)
FF_INT(long_item, -1)
FF_REAL(long_ms, 0)
FF_INT(spin_us, 0)
FF_COUNT(items)

static void pause_for(double pause_ms)
{
    const int64_t ns = (int64_t)(pause_ms * 1e6);
    struct timespec left = {ns / 1000000000, ns % 1000000000};
    while (ns > 0 && nanosleep(&left, &left) == -1 && errno == EINTR)
        continue;
}

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const int64_t until = cpu_ns() + spin_us * 1000;
        while (cpu_ns() < until)
            continue;
        pause_for((int64_t)i == long_item ? long_ms : ms);
        ff_count(ff, items, 1);
    }
}
