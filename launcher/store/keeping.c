/* SPDX-License-Identifier: Apache-2.0 */
/* When a run is kept: see keeper.h. */
#include "run.h"
#include "clock.h"
#include "figure.h"
#include "harvest.h"
#include "keeper.h"
#include "keeper_parts.h"
#include "kept_file.h"
#include "kept_job.h"
#include "report.h"
#include "root.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define COST_SHARE 100         /* of the run, one part at most, is what it costs */
#define MUCH_BYTES (8u << 20)  /* a batch is due with so much */
#define FULL_BYTES (64u << 20) /* and nothing more is taken in with this */

/* With more output on its way than that, it is let out before a batch is made,
 * which would have all of it in memory, unless that takes so long. */
#define FLOOD_BYTES (16u << 20)
#define FLOOD_NS 10000000000u
#define FLOOD_LOOK_NS 20000000u

/* ---- the run begins -------------------------------------------------------- */

static int copy_kernel(struct run *run, struct ff_error *err)
{
    struct keeper *k = run->keeper;
    k->spec = malloc(sizeof *k->spec);
    if (k->spec == NULL)
        return ff_error_errno(err, FF_LOST, "cannot keep the run");
    spec_copy(k->spec, &run->spec);
    k->grid = run->gather.grid;
    return 0;
}

/* Is it the run that was begun? 1: that one was ended before it had begun. */
static int compare(struct run *run, struct ff_error *err)
{
    struct keeper *k = run->keeper;
    struct identity was = IDENTITY_NONE;
    struct spec *spec = malloc(sizeof *spec);
    struct grid grid;
    uint64_t seed;
    int rc = spec == NULL
             ? ff_error_errno(err, FF_LOST, "cannot go on with the run")
             : kept_job_read_kernel(k->store, &was, spec, &grid, &seed, err);
    if (rc == 0)
        rc = identity_make(&k->identity, k->job, k->subject, &run->spec,
                           &run->gather.grid, k->threads, err);
    if (rc == 0)
        rc = identity_compare(&was, &k->identity, k->run_id, err);
    identity_release(&was);
    free(spec);
    return rc;
}

static void tell_complete(struct run *run)
{
    if (!run->keeper->was_complete || !gather_complete(&run->gather)
        || run->job->quiet)
        return;
    progress_clear(&run->progress);
    fprintf(stderr, "fanfold: the run was complete, and nothing is run%s\n",
            run->job->retry_failed ? " but what had failed" : "");
}

static void tell_going_on(const struct run *run)
{
    const struct gather *g = &run->gather;
    char done[FIGURE_TEXT], all[FIGURE_TEXT];
    if (run->job->quiet || gather_complete(g))
        return;
    figure_count(done, g->items_done);
    figure_count(all, g->grid.last - g->grid.first);
    fprintf(stderr, "fanfold: going on with run %s: %s of %s items are done\n",
            run->keeper->run_id, done, all);
}

static int go_on(struct run *run, struct ff_error *err)
{
    struct keeper *k = run->keeper;
    const struct gather *g = &run->gather;
    const int rc = compare(run, err);
    k->unbegun = rc > 0;
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    /* First the input: of a shorter one the partials seem to be of no chunk. */
    if (keeper_check_input(run, err) != 0 || keeper_restore(run, err) != 0)
        return -1;
    k->described = true;
    k->chunks = g->accepted.n_chunks;
    k->failures = g->failed.n_chunks;
    run->items_before = g->items_done;
    run->progress.items = g->items_done; /* the rate is that of this start */
    run->chunks_kept = g->accepted.n_chunks + g->failed.n_chunks;
    if (run->chunks_kept > 0 && !run_is_once(run))
        crew_job(run->crew)->schedule = SCHEDULE_DYNAMIC; /* it has holes */
    tell_complete(run);
    tell_going_on(run);
    return 0;
}

/* What a retry tries again is kept no more. */
static void forget_failures(struct keeper *k)
{
    if (!k->continues || !k->job->retry_failed)
        return;
    store_batch_clear_table(&k->batch, STORE_FAILURES);
    store_batch_clear_table(&k->batch, STORE_STRIKES);
}

static void note_size(struct run *run)
{
    struct keeper *k = run->keeper;
    const struct root *root = run->root;
    const struct plan *plan = run->plan;
    k->n_nodes = root != NULL ? root->n_nodes : 1;
    k->n_workers = root != NULL ? root->size : plan->n_workers;
    k->threads = root != NULL ? root->threads : plan->threads;
}

int keeping_begin(struct run *run, struct ff_error *err)
{
    struct keeper *k = run->keeper;
    if (k == NULL)
        return 0;
    note_size(run);
    if (copy_kernel(run, err) != 0 || (k->continues && go_on(run, err) != 0))
        return -1;
    k->epoch++;
    k->started = keeper_now();
    k->thread.event = run->crew->event;
    keeping_event(run, k->continues ? "resume" : "start",
                 "%" PRIu32 " worker%s on %" PRIu32 " node%s", k->n_workers,
                 k->n_workers == 1 ? "" : "s", k->n_nodes,
                 k->n_nodes == 1 ? "" : "s");
    k->due_ns = k->asked ? run->now_ns : run->started_ns + k->job->checkpoint_ns;
    return 0;
}

/* ---- while it runs --------------------------------------------------------- */

struct store_batch *keeping_batch(struct run *run)
{
    struct keeper *k = run->keeper;
    return k != NULL && !k->gone ? &k->batch : NULL;
}

void keeping_event(struct run *run, const char *kind, const char *format, ...)
{
    struct keeper *k = run->keeper;
    struct store_value v[EVENT_N];
    char text[400];
    va_list args;
    if (k == NULL || k->gone)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    v[EVENT_NUMBER] = store_int(++k->n_events);
    v[EVENT_EPOCH] = store_int(k->epoch);
    v[EVENT_TIME] = store_real(keeper_now());
    v[EVENT_KIND] = store_text(kind);
    v[EVENT_TEXT] = store_text(text);
    store_batch_put(&k->batch, STORE_EVENTS, v);
}

void keeping_hurry(struct run *run)
{
    struct keeper *k = run->keeper;
    if (k != NULL && (k->asked || k->thread.started))
        k->due_ns = run->now_ns;
}

/* What had been kept before is not lost. */
static void tell_left(struct ff_error *err, const struct keeper *k)
{
    const struct ff_error cause = *err;
    if (cause.status == FF_UNWRITTEN && (k->continues || k->n_batches > 1))
        ff_error_set(err, cause.status, "%s (the run is ended; what was kept "
                     "before goes on with 'fanfold resume %s')", cause.text,
                     keeper_name(k));
}

/* Whoever asked for a store has a run without it ended; others are told. */
static void give_up(struct run *run, const struct ff_error *err)
{
    struct keeper *k = run->keeper;
    k->gone = true;
    k->why_gone = *err;
    store_batch_release(&k->batch);
    if (run->harvest != NULL)
        harvest_keep(run->harvest, NULL);
    if (k->asked) {
        tell_left(&k->why_gone, k);
        /* keeper_end tells why; what is done is reported. */
        if (run->opened)
            run_stop(run, FF_UNWRITTEN, run->now_ns + run->job->grace_ns);
        else
            run_fail(run, &k->why_gone);
    } else if (!run->job->quiet) {
        progress_clear(&run->progress);
        fprintf(stderr, "fanfold: from now on this run is not kept: %s "
                "(--checkpoint 0 keeps none)\n", err->text);
    }
}

/* Of what is known of it, much or little has to be written. */
static bool has_news(const struct run *run)
{
    const struct keeper *k = run->keeper;
    const struct gather *g = &run->gather;
    return !store_batch_is_empty(&k->batch)
           || k->chunks != g->accepted.n_chunks
           || k->failures != g->n_failures
           || k->n_strikes != run->blame.n_strikes;
}

/* The first batch of this start says what it is. */
static void put_start(struct run *run)
{
    struct keeper *k = run->keeper;
    struct outcome *o = calloc(1, sizeof *o);
    if (k->begun || o == NULL) {
        free(o);
        return;
    }
    k->begun = true;
    o->n_nodes = run->root != NULL ? k->n_nodes : 0;
    k->plan_text = report_plan_text(k->machine, k->plan, o);
    free(o);
    if ((!k->continues || k->unbegun) && !k->job_put)
        kept_job_put(&k->batch, k->job, k->run_id);
    forget_failures(k);
    keeper_put_epoch(k, "running", 0, NULL, NULL);
}

static void make_batch(struct run *run)
{
    struct keeper *k = run->keeper;
    struct ff_error err;
    const uint64_t begun_ns = clock_ns();
    put_start(run);
    if (keeper_put_state(run, &err) != 0 || keeper_put_outputs(run, &err) != 0
        || keeper_hand_over(k, &err) != 0)
        give_up(run, &err);
    k->chunks = run->gather.accepted.n_chunks;
    k->failures = run->gather.n_failures;
    k->made_ns = clock_ns() - begun_ns;
    k->n_batches++;
}

static bool is_flooded(struct run *run)
{
    struct keeper *k = run->keeper;
    const struct delivery *d = &run->delivery;
    if (d->ordered.waiting <= FLOOD_BYTES
        || ordered_unsaved(&d->ordered)
           + (run->harvest != NULL ? harvest_unsettled(run->harvest) : 0)
           <= FLOOD_BYTES)
        return false;
    if (k->flood_ns == 0)
        k->flood_ns = run->now_ns;
    k->due_ns = run->now_ns + FLOOD_LOOK_NS;
    return run->now_ns - k->flood_ns < FLOOD_NS;
}

void keeping_tend(struct run *run)
{
    struct keeper *k = run->keeper;
    struct ff_error err;
    if (k == NULL || k->gone || !run->opened || run->over || k->due_ns == 0
        || (run->now_ns < k->due_ns
            && (k->batch.n_bytes < MUCH_BYTES || k->flood_ns != 0))
        || keeper_is_busy(k) || is_flooded(run))
        return;
    k->flood_ns = 0;
    if (keeper_wait(k, &err) != 0) {
        give_up(run, &err);
        return;
    }
    /* The first batch makes the store, which comes once. */
    const uint64_t cost_ns = k->n_batches > 1
                             ? (k->made_ns + k->thread.cpu_ns) * COST_SHARE : 0;
    const uint64_t next_ns = cost_ns > k->job->checkpoint_ns
                             ? cost_ns : k->job->checkpoint_ns;
    if (has_news(run))
        make_batch(run);
    k->due_ns = run->now_ns + next_ns;
}

bool keeping_must_wait(const struct run *run)
{
    const struct keeper *k = run->keeper;
    return k != NULL && k->batch.n_bytes >= FULL_BYTES;
}

/* ---- the end --------------------------------------------------------------- */

void keeping_last(struct run *run)
{
    struct ff_error err;
    if (!keeper_is_kept(run->keeper, &err))
        return; /* an error that came as late as this is told by keeper_end */
    if (keeper_put_state(run, &err) == 0)
        run->keeper->is_last = true;
    else
        give_up(run, &err);
}

void keeping_last_outputs(struct run *run)
{
    struct ff_error err;
    if (!keeping_is_last(run) || keeper_put_outputs(run, &err) == 0)
        return;
    run->keeper->is_last = false;
    give_up(run, &err);
}

bool keeping_has_told(const struct run *run)
{
    const struct keeper *k = run->keeper;
    return keeping_is_last(run)
           || (k != NULL
               && (keeper_is_busy(run->keeper) || k->thread.n_written > 0));
}

bool keeping_is_left(const struct run *run)
{
    const struct keeper *k = run->keeper;
    return k != NULL && k->gone && k->asked && keeping_has_told(run);
}

bool keeping_is_last(const struct run *run)
{
    return run->keeper != NULL && run->keeper->is_last;
}
