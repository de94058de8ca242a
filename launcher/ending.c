/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends a run before its work is done: signals, --time-limit, --halt. No
 * chunk is begun any more; those that run may end until it is time to kill
 * them.
 */
#include "run.h"
#include "clock.h"
#include "signals.h"

#include <stdio.h>

void run_kill_all(struct run *run)
{
    if (run->root != NULL)
        root_kill(run);
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        crew_kill(run->crew, rank, KILLED_END);
}

void run_stop(struct run *run, int status, uint64_t kill_ns)
{
    struct job_shm *job = crew_job(run->crew);
    if (run->over)
        return;
    if (run->stopping) {
        if (kill_ns < run->kill_ns)
            run->kill_ns = kill_ns;
        return;
    }
    run->stopping = true;
    run->stop_status = status;
    run->kill_ns = kill_ns;
    if (!run->opened)
        run->kill_ns = run->now_ns;
    else
        atomic_store_explicit(&job->phase, PHASE_STOP, memory_order_release);
    if (run->root != NULL)
        root_stop(run);
}

/* From now on, at every tick: a kill that found the server busy is sent
 * again. */
static void kill_now(struct run *run)
{
    run->killing = true;
    run->kill_ns = 0;
    run_kill_all(run);
}

/* Says that we wait for what runs, and how long, but only once. */
static void finish(struct run *run, const char *why, int status,
                   uint64_t begin_ns, uint64_t grace_ns)
{
    if (run->opened && !run->over && !run->stopping && grace_ns > 0) {
        progress_clear(&run->progress);
        fprintf(stderr, "fanfold: %s: finishing the chunks that run, for at "
                "most %.9g s\n", why, (double)grace_ns / 1e9);
    }
    run_stop(run, status, begin_ns + grace_ns);
}

void ending_check_limits(struct run *run)
{
    if (run->limit_ns != 0 && run->now_ns >= run->limit_ns)
        finish(run, "time limit reached", FF_TIME_LIMIT, run->limit_ns,
               run->job->grace_ns);
    if ((run->over || run->stopping) && run->now_ns >= run->kill_ns)
        kill_now(run);
}

static void interrupted(struct run *run)
{
    progress_clear(&run->progress);
    if (run->interrupts >= 2) {
        kill_now(run);
        return;
    }
    if (run->opened && !run->over)
        fprintf(stderr, "fanfold: interrupted: finishing the chunks that run "
                "(Ctrl-C again to kill them)\n");
    /* A person decides how long to wait. */
    run_stop(run, FF_INTERRUPTED, UINT64_MAX);
}

void ending_take_signals(struct run *run)
{
    const struct signals_seen seen = signals_seen();
    while (run->interrupts < seen.interrupts) {
        run->interrupts++;
        interrupted(run);
    }
    if (run->terminations < seen.terminations) {
        run->terminations = seen.terminations;
        finish(run, "terminated", FF_INTERRUPTED, run->now_ns,
               run->root != NULL ? root_grace_ns(run)
                                 : run->job->grace_ns);
    }
}

void ending_check_halt(struct run *run)
{
    const struct halt *halt = &run->job->halt;
    if (run->stopping || !halt_due(halt, run->gather.n_failures,
                                   run->gather.grid.n_chunks))
        return;
    run->halted = true;
    run_stop(run, FF_ITEMS_FAILED, UINT64_MAX);
    if (halt->when == HALT_NOW)
        kill_now(run);
}

bool run_is_killed(struct run *run)
{
    run->now_ns = clock_ns();
    ending_take_signals(run);
    return run->interrupts >= 2;
}
