/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel can know of where it runs: prints a line "rank thread NAME
 * VALUE" for each variable FANFOLD_*, FF_*, OMP_* or *_NUM_THREADS, and what
 * `ff` says, once a thread. */
#include <fanfold.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern char **environ;

FF_ITEMS(64)
FF_COUNT(items)

static __thread int told;

static void tell(const struct ff *ff, const char *name, unsigned long value)
{
    printf("%u %u %s %lu\n", ff->rank, ff->thread, name, value);
}

static void tell_all(const struct ff *ff)
{
    for (char **v = environ; *v; v++) {
        const char *equals = strchr(*v, '=');
        if (equals && (!strncmp(*v, "FANFOLD_", 8) || !strncmp(*v, "FF_", 3)
                       || !strncmp(*v, "OMP_", 4)
                       || strstr(*v, "_NUM_THREADS=")))
            printf("%u %u %.*s %s\n", ff->rank, ff->thread,
                   (int)(equals - *v), *v, equals + 1);
    }
    tell(ff, "ff->size", ff->size);
    tell(ff, "ff->threads", ff->threads);
    tell(ff, "ff->seed", ff->seed);
    tell(ff, "ff->first", ff->first);
    tell(ff, "ff->last", ff->last);
}

/* Slow, so that every thread has its turn. */
FF_KERNEL(ff, begin, end)
{
    const struct timespec moment = {0, 5000000};
    nanosleep(&moment, NULL);
    if (!told)
        tell_all(ff);
    told = 1;
    ff_count(ff, items, end - begin);
}
