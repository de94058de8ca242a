/* SPDX-License-Identifier: Apache-2.0 */
/* When a run is kept: see keeper.h. */
#include "keeper.h"
#include "clock.h"
#include "harvest.h"
#include "keeper_parts.h"
#include "kept_file.h"
#include "kept_job.h"
#include "prune.h"
#include "report.h"
#include "root.h"
#include "run.h"
#include "runs_dir.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COST_SHARE 400              /* of the run, one part, is what it costs */
#define MUCH_BYTES (8u << 20)       /* a batch is due with so much */
#define FULL_BYTES (64u << 20)      /* and nothing more is taken in with this */

/* ---- opening --------------------------------------------------------------- */

/* --resume goes by the joblog then (resume.h). */
static bool goes_by_log(const struct job *job)
{
    return job->store == NULL && task_is_command(&job->task)
           && job->task.joblog != NULL;
}

static int read_run_id(struct keeper *k, struct ff_error *err)
{
    char *id;
    size_t n;
    const int rc = store_meta(k->store, "run", &id, &n, err);
    if (rc < 0)
        return -1;
    if (rc > 0 && n > 0 && n < sizeof k->run_id)
        memcpy(k->run_id, id, n + 1);
    if (rc > 0)
        free(id);
    k->continues = rc > 0;
    return 0;
}

/* What is run stands in it from the start. Where there is no room for that
 * nothing is left. */
static int write_job(struct keeper *k, struct ff_error *err)
{
    kept_job_put(&k->batch, k->job, k->run_id);
    const int rc = store_write(k->store, &k->batch, err);
    store_batch_clear(&k->batch);
    k->job_put = true;
    if (rc == 0)
        return 0;
    store_close(k->store, NULL);
    k->store = NULL;
    runs_dir_remove(k->path, NULL);
    return -1;
}

static int open_asked(struct keeper *k, struct ff_error *err)
{
    const struct job *job = k->job;
    if (job->store != NULL)
        snprintf(k->path, sizeof k->path, "%s", job->store);
    else if (runs_dir_path(k->path, k->run_id, true, err) != 0)
        return -1;
    const bool is_there = access(k->path, F_OK) == 0;
    if (is_there && !job->resume)
        return ff_error_set(err, FF_USAGE, "'%s' (--store) is there already: "
                            "'--resume' goes on with its run, or give another "
                            "file", k->path);
    k->store = store_open(k->path, is_there ? STORE_WRITE : STORE_CREATE, err);
    if (k->store == NULL)
        return -1;
    if (is_there && read_run_id(k, err) != 0)
        return -1;
    if (!is_there && job->store == NULL)
        prune_tidy(k->path);
    return k->continues ? 0 : write_job(k, err);
}

struct keeper *keeper_open(const struct job *job, char run_id[32],
                           struct ff_error *err)
{
    *err = (struct ff_error){0};
    if (job->checkpoint_ns == 0 || job->help || job->serial)
        return NULL;
    struct keeper *k = calloc(1, sizeof *k);
    if (k == NULL) {
        ff_error_errno(err, FF_LOST, "cannot keep the run");
        return NULL;
    }
    k->job = job;
    k->epoch = 0;
    snprintf(k->run_id, sizeof k->run_id, "%s", run_id);
    k->asked = job->store != NULL || (job->resume && !goes_by_log(job));
    if (k->asked && open_asked(k, err) != 0) {
        keeper_free(k);
        return NULL;
    }
    memcpy(run_id, k->run_id, sizeof k->run_id);
    setenv("FANFOLD_RUN", run_id, 1);
    return k;
}

void keeper_about(struct keeper *k, const struct subject *subject,
                  const struct machine *machine, const struct plan *plan)
{
    if (k == NULL)
        return;
    k->subject = subject;
    k->machine = machine;
    k->plan = plan;
}

struct store *keeper_continues(const struct keeper *k)
{
    return k != NULL && k->continues ? k->store : NULL;
}

void keeper_free(struct keeper *k)
{
    if (k == NULL)
        return;
    keeper_stop_thread(k);
    store_close(k->store, NULL);
    store_batch_release(&k->batch);
    identity_release(&k->identity);
    free(k->spec);
    free(k->plan_text);
    free(k);
}

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
                           &run->gather.grid, k->n_executors, err);
    if (rc == 0)
        rc = identity_compare(&was, &k->identity, k->run_id, err);
    identity_release(&was);
    free(spec);
    return rc;
}

static int go_on(struct run *run, struct ff_error *err)
{
    struct keeper *k = run->keeper;
    const struct gather *g = &run->gather;
    const int rc = compare(run, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (keeper_restore(run, err) != 0 || keeper_check_input(run, err) != 0)
        return -1;
    k->described = true;
    k->chunks = g->accepted.n_chunks;
    k->failures = g->failed.n_chunks;
    run->items_before = g->items_done;
    run->progress.items = g->items_done; /* the rate is that of this start */
    run->chunks_kept = g->accepted.n_chunks + g->failed.n_chunks;
    if (run->chunks_kept > 0)
        crew_job(run->crew)->schedule = SCHEDULE_DYNAMIC; /* it has holes */
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
    k->n_executors = root != NULL ? root->n_executors
                                  : crew_job(run->crew)->n_executors;
}

int keeper_begin(struct run *run, struct ff_error *err)
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
    keeper_event(run, k->continues ? "resume" : "start",
                 "%" PRIu32 " worker%s on %" PRIu32 " node%s", k->n_workers,
                 k->n_workers == 1 ? "" : "s", k->n_nodes,
                 k->n_nodes == 1 ? "" : "s");
    k->due_ns = k->asked ? run->now_ns : run->started_ns + k->job->checkpoint_ns;
    return 0;
}

/* ---- while it runs --------------------------------------------------------- */

struct store_batch *keeper_batch(struct run *run)
{
    struct keeper *k = run->keeper;
    return k != NULL && !k->gone ? &k->batch : NULL;
}

void keeper_event(struct run *run, const char *kind, const char *format, ...)
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

void keeper_hurry(struct run *run)
{
    struct keeper *k = run->keeper;
    if (k != NULL && (k->asked || k->thread.started))
        k->due_ns = run->now_ns;
}

/* Whoever asked for a store has a run without it ended; others are told. */
static void give_up(struct run *run, const struct ff_error *err)
{
    struct keeper *k = run->keeper;
    k->gone = true;
    store_batch_release(&k->batch);
    if (run->harvest != NULL)
        harvest_keep(run->harvest, NULL);
    if (k->asked) {
        run_fail(run, err);
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
    if (!k->continues && !k->job_put)
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
    keeper_put_state(run);
    keeper_put_outputs(run);
    k->chunks = run->gather.accepted.n_chunks;
    k->failures = run->gather.n_failures;
    if (keeper_hand_over(k, &err) != 0)
        give_up(run, &err);
    k->made_ns = clock_ns() - begun_ns;
}

void keeper_tend(struct run *run)
{
    struct keeper *k = run->keeper;
    struct ff_error err;
    if (k == NULL || k->gone || !run->opened || run->over || k->due_ns == 0
        || (run->now_ns < k->due_ns && k->batch.n_bytes < MUCH_BYTES)
        || keeper_is_busy(k))
        return;
    if (keeper_wait(k, &err) != 0) {
        give_up(run, &err);
        return;
    }
    const uint64_t cost_ns = (k->made_ns + k->thread.cpu_ns) * COST_SHARE;
    const uint64_t next_ns = cost_ns > k->job->checkpoint_ns
                             ? cost_ns : k->job->checkpoint_ns;
    if (has_news(run))
        make_batch(run);
    k->due_ns = run->now_ns + next_ns;
}

bool keeper_must_wait(const struct run *run)
{
    const struct keeper *k = run->keeper;
    return k != NULL && k->batch.n_bytes >= FULL_BYTES;
}

/* ---- the end --------------------------------------------------------------- */

/* Is there a store, after all that was handed over? */
static bool is_kept(struct keeper *k, struct ff_error *err)
{
    *err = (struct ff_error){0};
    return k != NULL && !k->gone && k->due_ns != 0 && keeper_wait(k, err) == 0
           && k->store != NULL;
}

void keeper_last(struct run *run)
{
    struct ff_error err;
    if (is_kept(run->keeper, &err)) {
        keeper_put_state(run);
        run->keeper->is_last = true;
    } else if (err.status != 0) {
        give_up(run, &err);
    }
}

void keeper_last_outputs(struct run *run)
{
    if (run->keeper != NULL && run->keeper->is_last)
        keeper_put_outputs(run);
}

bool keeper_is_last(const struct run *run)
{
    return run->keeper != NULL && run->keeper->is_last;
}

static const char *status_of(const struct outcome *o)
{
    return o->end == RUN_COMPLETE ? "complete"
           : o->end == RUN_FAILED ? "failed" : "interrupted";
}

static int write_end(struct keeper *k, const struct outcome *o,
                     const struct ff_error *failed, struct ff_error *err)
{
    char *report = failed == NULL
                   ? report_json_text(k->job, k->machine, k->plan, o) : NULL;
    if (failed == NULL && report == NULL)
        return ff_error_errno(err, FF_LOST, "cannot keep the report");
    if (failed == NULL)
        keeper_put_epoch(k, status_of(o), o->status, NULL, report);
    else
        keeper_put_epoch(k, "lost", failed->status, failed->text, NULL);
    free(report);
    const int rc = keeper_hand_over(k, err) == 0 ? keeper_wait(k, err) : -1;
    keeper_stop_thread(k);
    struct store *s = k->store;
    k->store = NULL;
    if (rc == 0 && kept_file_remove_named(s, err) != 0) {
        store_close(s, NULL);
        return -1;
    }
    return store_close(s, rc == 0 ? err : NULL) == 0 ? rc : -1;
}

void keeper_end(struct keeper *k, struct outcome *o,
                const struct ff_error *failed)
{
    struct ff_error err;
    if (is_kept(k, &err) && write_end(k, o, failed, &err) == 0) {
        k->ended = true;
        return;
    }
    if (k == NULL || err.status == 0 || failed != NULL)
        return;
    if (k->asked)
        o->unwritten = err;
    else if (!k->job->quiet)
        fprintf(stderr, "fanfold: this run is not kept: %s\n", err.text);
}

void keeper_tell(const struct keeper *k, const struct outcome *o, int status)
{
    if (k == NULL || !k->ended || o->end == RUN_COMPLETE
        || (o->end == RUN_FAILED && status == o->status) || k->job->quiet)
        return;
    fprintf(stderr, "fanfold: what is done is kept: 'fanfold resume %s' goes on "
            "with it\n", k->job->store != NULL ? k->path : k->run_id);
}
