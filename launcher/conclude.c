/* SPDX-License-Identifier: Apache-2.0 */
/* What is left to do when the loop of a run has ended: the kernel's own
 * operations, names of frames, the outcome. */
#include "run.h"
#include "backtrace.h"
#include "keeper.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>

/* A run whose result could not be combined has failed, unless somebody ended
 * it before: then that is how it ended. */
static void add_uncombined(struct outcome *o)
{
    const int status = o->uncombined.status;
    if (status == 0 || o->end == RUN_INTERRUPTED)
        return;
    o->status = status;
    o->end = status == FF_INTERRUPTED || status == FF_TIME_LIMIT
                 ? RUN_INTERRUPTED : RUN_FAILED;
}

/* Values, and what they are made of: the outcome's from now on. */
static void fill_values(struct run *run, struct outcome *o)
{
    struct gather *g = &run->gather;
    gather_finish(g);
    for (uint32_t r = 0; r < run->spec.n_results; r++)
        partial_finish(&g->layout, g->partial, g->state, r, &o->value[r]);
    o->partial = g->partial;
    o->state = g->state;
    g->partial = NULL;
    g->state = NULL;
}

static void fill(struct run *run, uint64_t started_ns, struct outcome *o)
{
    struct gather *g = &run->gather;
    supply_end(run);
    o->spec_hash = crew_job(run->crew)->spec_hash;
    o->grid = g->grid;
    o->items_done = g->items_done;
    o->items_before = run->items_before;
    o->chunks_done = g->accepted.n_chunks;
    o->chunks_retried = run->dispatch.n_returned;
    o->chunks_verified = gather_verified(g, run->job->verify, run->job->seed);
    o->failure = g->failure;
    o->n_failures = g->n_failures;
    o->workers_died = run->workers_died;
    o->workers_recycled = run->workers_recycled;
    o->worker = run->worker;
    o->map = run->map;
    o->hopeless = run->hopeless;
    o->uncombined = run->uncombined;
    /* Unless what had been done already was all there is. */
    o->halted = run->halted && !gather_complete(g);
    o->reached = ending_has_reached(run);
    o->slept_ns = run->slept_ns;
    o->longest_ns = run->longest_ns;
    o->longest_chunk = run->longest_chunk;
    o->wall_ns = run->over_ns - started_ns;
    o->startup_ns = run->opened_ns - started_ns;
    o->compute_ns = run->over_ns - run->opened_ns;
    spec_copy(&o->spec, &run->spec);
    o->fingerprint = run->fingerprint;
    memcpy(o->fingerprint_differs, run->fingerprint_differs,
           sizeof o->fingerprint_differs);
    fill_values(run, o);
    g->failure = NULL; /* the outcome's now */
    run->map = NULL;
    const bool complete = o->reached
                          || (cover_complete(&g->accepted, g->grid.n_chunks)
                              && !g->open_ended);
    o->end = complete ? RUN_COMPLETE
             : run->stopping && !run->hopeless && !run->halted
                   ? RUN_INTERRUPTED : RUN_FAILED;
    o->status = complete ? FF_DONE
                : o->end == RUN_INTERRUPTED ? run->stop_status
                : FF_ITEMS_FAILED;
    add_uncombined(o);
}

/* All workers are gone, but the fork server is still there. On a cluster the
 * nodes have named theirs. */
static void name_frames(struct run *run)
{
    if (run->root != NULL)
        return;
    for (size_t i = 0; i < run->gather.n_failures; i++) {
        struct backtrace *b = run->gather.failure[i].backtrace;
        if (b != NULL && run->crew->socket >= 0)
            backtrace_resolve(b, crew_command, run->crew);
    }
}

/* The error is about a crash: adds where it was. */
static void name_place(struct run *run)
{
    struct backtrace *b = run->error_trace;
    const char *text = crew_job(run->crew)->text;
    const char *object = text + strlen(text) + 1;
    if (b != NULL && run->crew->socket >= 0) {
        backtrace_resolve(b, crew_command, run->crew);
        backtrace_add_place(b, object, &run->error);
    }
    backtrace_free(b);
    run->error_trace = NULL;
}

void run_name_frames(struct run *run)
{
    name_frames(run);
    name_place(run);
}

/* It ended before the kernel was open. */
static void explain_early_end(struct run *run)
{
    if (!run->stopping)
        ff_error_set(&run->error, FF_LOST, "the run ended before the kernel "
                     "was open");
    else
        ff_error_set(&run->error, run->stop_status, "%s before the %s",
                     run->stop_status == FF_TIME_LIMIT
                     ? "the time limit was reached" : "interrupted",
                     run->loading ? "shared data were loaded"
                                  : "kernel was open");
}

int run_conclude(struct run *run, uint64_t started_ns,
                 struct outcome *outcome, struct ff_error *err)
{
    progress_clear(&run->progress);
    if (run->error.status == 0)
        supervise_tell_absent(run, true, &run->error);
    if (run->error.status == 0 && run->opened)
        run_combine(run);
    run_name_frames(run);
    crew_hang_up(run->crew);
    if (run->error.status == 0 && !run->opened)
        explain_early_end(run);
    if (run->error.status == 0)
        input_changed(run->input, &run->error);
    if (run->error.status != 0) {
        if (run->opened) {
            keeping_last(run);
            keeping_last_outputs(run);
        }
        *err = run->error;
        free(run->worker);
        run->worker = NULL;
        return -1;
    }
    keeping_last(run);
    fill(run, started_ns, outcome);
    deliver_finish(run, outcome);
    return 0;
}

void run_release(struct run *run)
{
    signals_unwatch();
    loading_release(run);
    if (run->loop != NULL)
        ev_loop_destroy(run->loop);
    harvest_free(run->harvest);
    if (!keeping_has_told(run))
        delivery_forget(&run->delivery);
    delivery_release(&run->delivery);
    gather_release(&run->gather);
    dispatch_release(&run->dispatch);
    supply_release(run);
    blame_release(&run->blame);
    free(run->to_diagnose);
    map_destroy(run->map);
    free(run->watch);
    progress_release(&run->progress);
}
