/* SPDX-License-Identifier: Apache-2.0 */
/* Items that do not take equally long: in `growing` work the last ones take
 * longest, in `every4th` one in four is long, in `chance` a few are, and
 * nobody knows which. */
#include <fanfold.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

FF_ABOUT("uneven work")
FF_INT(items, 64)
FF_ITEMS(items)
FF_TEXT(work, "growing", "growing, every4th or chance")
FF_REAL(total_ms, 1000, "all items together, by one worker")
FF_INT(compute, 0, "1: compute, 0: sleep (one core is enough to see it)")
FF_COUNT(done)

static double length_of(const struct ff *ff, uint64_t i) /* on average 1 */
{
    if (strcmp(work, "every4th") == 0)
        return i % 4 == 0 ? 3.7 : 0.1;
    if (strcmp(work, "chance") == 0) {
        struct ff_rng rng = ff_rng(ff, i);
        return -log(1 - ff_uniform(&rng));
    }
    return 2 * ((double)i + 0.5) / (double)items;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        double ms = length_of(ff, i) * total_ms / (double)items;
        volatile double x = 1;
        for (long k = 0; compute && k < (long)(1e5 * ms); k++)
            x = x * 1.0000001;
        if (!compute)
            usleep((useconds_t)(1e3 * ms));
        ff_count(ff, done, 1);
    }
}
