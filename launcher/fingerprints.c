/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fingerprints of a run's workers: that of the first one is the run's, the
 * others are compared with it when they end, those of replacements too. On one
 * node they cannot differ, unless somebody replaces a library or the kernel
 * while the run goes on.
 */
#include "run.h"

#include <stdio.h>

/* Nothing, when it is not there (yet) or the worker has spoilt it. */
static struct fingerprint fingerprint_of(const struct run *run, uint32_t rank)
{
    const struct worker_shm *w = crew_worker(run->crew, rank);
    const struct fingerprint copy = w->fingerprint;
    return fingerprint_valid(&copy) ? copy : (struct fingerprint){0};
}

void fingerprints_take(struct run *run, uint32_t rank)
{
    run->fingerprint = fingerprint_of(run, rank);
    run->fingerprint_rank = rank;
}

void fingerprints_compare(struct run *run, uint32_t rank)
{
    const struct fingerprint f = fingerprint_of(run, rank);
    char first[40 + PLAN_AT], other[40 + PLAN_AT], at[PLAN_AT];
    if (f.cpu[0] == '\0' || run->fingerprint.cpu[0] == '\0'
        || run->fingerprint_differs[0] != '\0')
        return;
    snprintf(first, sizeof first, "in worker %u%s",
             crew_rank(run->crew, run->fingerprint_rank),
             plan_at(run->plan, at));
    snprintf(other, sizeof other, "in %sworker %u%s",
             rank == run->fingerprint_rank ? "a later " : "",
             crew_rank(run->crew, rank), at);
    if (!fingerprint_differs(&run->fingerprint, first, &f, other,
                             run->fingerprint_differs)
        || run->job->quiet)
        return;
    progress_clear(&run->progress);
    fprintf(stderr, "fanfold: warning: workers may give different bits: %s\n",
            run->fingerprint_differs);
}
