/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers that die before they run anything: while they open the kernel, load
 * the shared data, are in FF_SETUP. Others take their places, but not for ever:
 * a kernel that crashes there does so each time.
 */
#include "run.h"
#include "cause.h"

#define MAX_OPENING_DEATHS 3

/* Has any worker got as far as chunks? */
static bool any_ran(const struct run *run)
{
    if (run->gather.accepted.n_chunks > 0 || run->ran)
        return true;
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        if (run->crew->slot[rank].live
            && atomic_load(&crew_worker(run->crew, rank)->state)
               == WORKER_RUNNING)
            return true;
    return false;
}

/* Somebody kills workers, or it went well before: more patience. */
static unsigned opening_patience(const struct run *run,
                                 const struct cause *cause)
{
    const bool outside = cause->death == DEATH_OUTSIDE;
    return (outside ? 10 : 1)
           * (run->opened && (outside || any_ran(run)) ? 10 : 1);
}

void opening_died(struct run *run, uint32_t rank, int status)
{
    const struct slot *s = &run->crew->slot[rank];
    struct cause cause;
    if (s->solo_chunk != NO_CHUNK
        && blame_push_solo(&run->blame, s->solo_chunk) != 0)
        run_fail_memory(run);
    cause_of_death(s, status, run->job->timeout_ns, &cause);
    if (run->gather.accepted.n_chunks > run->opening_chunks)
        run->opening_deaths = 0;
    run->opening_chunks = run->gather.accepted.n_chunks;
    const bool loader = loading_is_by(run, rank);
    const unsigned n = loader ? 1 : run->plan->n_workers;
    if (++run->opening_deaths < MAX_OPENING_DEATHS * n
                               * opening_patience(run, &cause))
        return;
    struct ff_error err;
    char at[PLAN_AT];
    const uint32_t state = atomic_load(&crew_worker(run->crew, rank)->state);
    ff_error_set(&err, FF_USAGE, "cannot %s '%s': %u workers%s died while "
                 "they %s, the last one %s",
                 loader ? "load the shared data of" : "open kernel",
                 run->job->kernel, run->opening_deaths,
                 plan_at(run->plan, at), loader ? "loaded them"
                 : state == WORKER_SETUP ? "were in FF_SETUP"
                                         : "opened it", cause.text);
    if (run->error.status == 0)
        run->error_trace = cause_backtrace(&cause);
    run_fail(run, &err);
}
