/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends a run before its work is done: signals, --time-limit, --halt. No
 * chunk is begun any more; those that run may end until it is time to kill
 * them.
 */
#include "run.h"
#include "clock.h"
#include "figure.h"
#include "signals.h"

#include <stdio.h>

/* From PHASE_TERM to the end of the workers: a command has kill_after_ns of it
 * (work.h), then its worker kills it and tells what became of it. */
#define ASK_NS 1500000000u

static bool is_command(const struct run *run)
{
    return task_is_command(&run->job->task);
}

void run_kill_all(struct run *run)
{
    if (run->root != NULL)
        root_kill(run);
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        crew_kill(run->crew, rank, KILLED_END);
}

/* The workers are killed at kill_ns, or before; commands are told in time, but
 * not before end_ns. */
static void kill_at(struct run *run, uint64_t end_ns, uint64_t kill_ns)
{
    const uint64_t left = kill_ns > end_ns ? kill_ns - end_ns : 0;
    if (run->stopping && kill_ns >= run->kill_ns)
        return;
    run->kill_ns = kill_ns;
    run->ask_ns = kill_ns - (left / 2 < ASK_NS ? left / 2 : ASK_NS);
}

/* What runs may end until end_ns, and is made to between that and kill_ns. */
static void stop_by(struct run *run, int status, uint64_t end_ns,
                    uint64_t kill_ns)
{
    struct job_shm *job = crew_job(run->crew);
    if (run->over)
        return;
    kill_at(run, end_ns, run->opened ? kill_ns : run->now_ns);
    if (run->stopping)
        return;
    run->stopping = true;
    run->stop_status = status;
    if (run->opened) {
        atomic_store_explicit(&job->phase, PHASE_STOP, memory_order_release);
        futex_wake(&job->phase);
    }
    if (run->root != NULL)
        root_stop(run);
}

void run_stop(struct run *run, int status, uint64_t kill_ns)
{
    stop_by(run, status, run->now_ns, kill_ns);
}

void run_ask(struct run *run)
{
    struct job_shm *job = crew_job(run->crew);
    if (run->asked || run->over)
        return;
    run->asked = true;
    kill_at(run, run->now_ns, run->now_ns + ASK_NS);
    atomic_store_explicit(&job->phase, PHASE_TERM, memory_order_release);
    futex_wake(&job->phase);
    if (run->root != NULL)
        root_ask(run);
}

/* From now on, at every tick: a kill that found the server busy is sent
 * again. */
static void kill_now(struct run *run)
{
    run->killing = true;
    run->kill_ns = 0;
    run_kill_all(run);
}

/* What runs is not waited for: commands are told, all else is killed. */
static void end_now(struct run *run)
{
    if (is_command(run) && run->opened && !run->over)
        run_ask(run);
    else
        kill_now(run);
}

static const char *what_runs(const struct run *run)
{
    return is_command(run) ? "commands" : "chunks";
}

/* Says that we wait for what runs, and how long, but only once. */
static void finish(struct run *run, const char *why, int status,
                   uint64_t end_ns, uint64_t kill_ns)
{
    if (run->opened && !run->over && !run->stopping
        && kill_ns > run->now_ns) {
        progress_clear(&run->progress);
        fprintf(stderr, "fanfold: %s: finishing the %s that run, for at most "
                "%.3g s\n", why, what_runs(run),
                (double)(kill_ns - run->now_ns) / 1e9);
        keeping_event(run, "stop", "%s", why);
    }
    stop_by(run, status, end_ns, kill_ns);
}

/* ---- limits of time ------------------------------------------------------- */

/* On a node the root decides. */
void ending_begin(struct run *run, uint64_t started_ns)
{
    const uint64_t limit_ns = run->job->time_limit_ns;
    if (run->member != NULL)
        return;
    run->limit_ns = limit_ns != 0 ? started_ns + limit_ns : 0;
    run->limit = walltime_of_limit(started_ns, limit_ns, run->job->grace_ns);
    run->job_end = walltime_of_slurm();
}

uint64_t ending_longest_ns(const struct run *run)
{
    const struct crew *crew = run->crew;
    uint64_t longest_ns = run->ended_ns;
    for (uint32_t w = 0; run->opened && run->root == NULL
                         && w < crew->n_workers; w++) {
        const uint64_t lived_ns = run->now_ns - crew->slot[w].spawned_ns;
        for (uint32_t t = 0; crew->slot[w].live && t < crew->threads; t++) {
            const uint64_t ns = atomic_load_explicit(
                &crew_worker(crew, w)->executor[t].longest_ns,
                memory_order_relaxed);
            /* A kernel may have written over it. */
            if (ns > longest_ns && ns <= lived_ns)
                longest_ns = ns;
        }
    }
    return longest_ns;
}

/* Is there anything that could be begun? The root of a cluster hands out late. */
static bool is_more_to_begin(const struct run *run)
{
    return run->root != NULL || supply_is_open(run)
           || dispatch_left(&run->dispatch) > 0;
}

/* No chunk is begun that would not end in time, as the others were. */
static void check_walltime(struct run *run, const struct walltime *w,
                           const char *what, const char *reached, int status)
{
    char why[160], left[FIGURE_TEXT], longest[FIGURE_TEXT];
    uint64_t longest_ns = 0;
    if (w->end_ns == 0)
        return;
    if (run->now_ns >= w->end_ns) {
        finish(run, reached, status, w->end_ns, w->kill_ns);
        return;
    }
    if (run->stopping || !run->opened || run->over || !is_more_to_begin(run))
        return;
    longest_ns = ending_longest_ns(run);
    if (run->now_ns < walltime_stop_ns(w, longest_ns))
        return;
    snprintf(why, sizeof why, "%s in %s, which others do not fit in (up to %s "
             "each)", what, figure_time(left, w->end_ns - run->now_ns),
             figure_time(longest, longest_ns));
    finish(run, why, status, w->end_ns, w->kill_ns);
}

void ending_check_limits(struct run *run)
{
    check_walltime(run, &run->limit, "time limit", "time limit reached",
                   FF_TIME_LIMIT);
    check_walltime(run, &run->job_end, "end of the Slurm job",
                   "the Slurm job ends", FF_INTERRUPTED);
    if (run->stopping && is_command(run) && run->now_ns >= run->ask_ns)
        end_now(run);
    if ((run->over || run->stopping) && run->now_ns >= run->kill_ns)
        kill_now(run);
}

static void interrupted(struct run *run)
{
    progress_clear(&run->progress);
    keeping_event(run, "stop", "interrupted by SIGINT");
    if (run->interrupts >= 2) {
        end_now(run);
        return;
    }
    if (run->opened && !run->over)
        fprintf(stderr, "fanfold: interrupted: finishing the %s that run "
                "(Ctrl-C again to %s them)\n", what_runs(run),
                is_command(run) ? "end" : "kill");
    /* A person decides how long to wait. */
    run_stop(run, FF_INTERRUPTED, UINT64_MAX);
}

/* SIGUSR1: a batch system says that the end is near. What runs may end, until
 * the time that is known of, if any. */
static void requested(struct run *run)
{
    if (run->opened && !run->over && !run->stopping) {
        progress_clear(&run->progress);
        fprintf(stderr, "fanfold: SIGUSR1: finishing the %s that run\n",
                what_runs(run));
        keeping_event(run, "stop", "SIGUSR1");
    }
    run_stop(run, FF_INTERRUPTED, run->job_end.end_ns != 0
                                  ? run->job_end.kill_ns : UINT64_MAX);
}

void ending_take_signals(struct run *run)
{
    const struct signals_seen seen = signals_seen();
    while (run->interrupts < seen.interrupts) {
        run->interrupts++;
        interrupted(run);
    }
    if (run->requests < seen.requests) {
        run->requests = seen.requests;
        requested(run);
    }
    if (run->terminations < seen.terminations) {
        run->terminations = seen.terminations;
        finish(run, "terminated", FF_INTERRUPTED, run->now_ns,
               run->now_ns + (run->root != NULL ? root_grace_ns(run)
                                                : run->job->grace_ns));
    }
}

/* What --halt counts: chunks; of a command items, of which a chunk that was
 * given up has one. */
static void count(const struct run *run, uint64_t *n_well, uint64_t *n_failed)
{
    const struct gather *g = &run->gather;
    *n_well = g->accepted.n_chunks;
    *n_failed = g->n_failures;
    if (run->harvest != NULL) {
        const struct harvest_counts *n = harvest_counts(run->harvest);
        *n_well = n->well;
        *n_failed += n->failed;
    }
}

static bool has_enough(const struct run *run)
{
    const struct grid *grid = &run->gather.grid;
    uint64_t n_well, n_failed;
    count(run, &n_well, &n_failed);
    return halt_due(&run->job->halt, n_well, n_failed,
                    run->harvest != NULL ? grid->last - grid->first
                                         : grid->n_chunks);
}

bool ending_has_reached(const struct run *run)
{
    const enum halt_what what = run->job->halt.what;
    uint64_t n_well, n_failed;
    count(run, &n_well, &n_failed);
    return what != HALT_FAIL && has_enough(run)
           && (what == HALT_SUCCESS || n_failed == 0);
}

void ending_check_halt(struct run *run)
{
    if (run->stopping || !has_enough(run))
        return;
    run->halted = true;
    run_stop(run, FF_ITEMS_FAILED, UINT64_MAX);
    if (run->job->halt.when == HALT_NOW)
        end_now(run);
}

bool run_is_killed(struct run *run)
{
    run->now_ns = clock_ns();
    ending_take_signals(run);
    return run->interrupts >= 2;
}
