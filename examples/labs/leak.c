/* SPDX-License-Identifier: Apache-2.0 */
/* Each item forgets to free 1 MB, and one of them 16 MB. A process keeps its
 * memory until it ends: so a worker grows from item to item. Each item looks at
 * how much memory its process has before and after it: these are its results.
 *
 *     fanfold run leak.c --chunk 1 -n 1 --recycle 10   a new worker each 10 */
#include <fanfold.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(60)
FF_INT(bad, 37)
FF_MAX(peak)     /* MB: the most that a process had */
FF_MEAN(growth)  /* MB an item */
FF_ARGMAX(worst) /* the largest growth, and its item */
FF_OUTPUT(text)

static double resident_mb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f != NULL && fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    if (f != NULL)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const double before = resident_mb();
        const size_t n = i == (uint64_t)bad ? 16000000 : 1000000;
        char *forgotten = malloc(n);
        if (forgotten == NULL)
            ff_fail(ff, i, "no memory");
        else
            memset(forgotten, 1, n); /* only what is used costs memory */
        const double after = resident_mb();
        ff_max(ff, peak, after);
        ff_mean(ff, growth, after - before);
        ff_argmax(ff, worst, after - before, i);
        if (i == 0 || i % 10 == 9)
            ff_emitf(ff, text, "row\t%d\t%.1f\t-\n", (int)i + 1, after);
    }
}
