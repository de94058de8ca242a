/* SPDX-License-Identifier: Apache-2.0 */
/* libgomp's schedules by name, for loops with schedule(runtime). */
#ifndef FANFOLD_BENCH_SCHEDULE_H
#define FANFOLD_BENCH_SCHEDULE_H

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* "static", "guided", "dynamic", "dynamic,1000": -1 if it is none of them.
 * Starts the threads as well. */
static inline int schedule_set(const char *name)
{
    const char *comma = strchr(name, ',');
    const int chunk = comma != NULL ? atoi(comma + 1) : 0;
    int n_threads = 0;
    if (strncmp(name, "static", 6) == 0)
        omp_set_schedule(omp_sched_static, chunk);
    else if (strncmp(name, "dynamic", 7) == 0)
        omp_set_schedule(omp_sched_dynamic, chunk);
    else if (strncmp(name, "guided", 6) == 0)
        omp_set_schedule(omp_sched_guided, chunk);
    else
        return -1;
#pragma omp parallel reduction(+ : n_threads)
    n_threads++;
    return n_threads > 0 ? 0 : -1;
}

#endif
