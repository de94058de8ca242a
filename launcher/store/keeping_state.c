/* SPDX-License-Identifier: Apache-2.0 */
/* What of a run is kept, as rows; and back: see keeper.h. */
#include "keeper_parts.h"
#include "harvest.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_NUMBER (INT64_MAX / 2) /* of an epoch, of an event */

double keeper_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- to rows --------------------------------------------------------------- */

static int put_partial(struct run *run, struct ff_error *err)
{
    struct keeper *k = run->keeper;
    struct gather *g = &run->gather;
    struct store_value v[PARTIAL_N];
    void *message;
    size_t n;
    if (gather_snapshot(g, &message, &n) != 0) {
        *err = g->error;
        return -1;
    }
    v[PARTIAL_EPOCH] = store_int(k->epoch);
    v[PARTIAL_CHUNKS] = store_int((int64_t)g->accepted.n_chunks);
    v[PARTIAL_ITEMS] = store_int((int64_t)g->items_done);
    v[PARTIAL_STATE] = store_blob(message, n);
    store_batch_clear_table(&k->batch, STORE_PARTIALS);
    store_batch_put(&k->batch, STORE_PARTIALS, v);
    free(message);
    return 0;
}

static void put_failure(struct keeper *k, struct failure *f)
{
    struct store_value v[FAILURE_N];
    v[FAILURE_CHUNK] = store_int(f->chunk);
    v[FAILURE_BEGIN] = store_int((int64_t)f->begin);
    v[FAILURE_END] = store_int((int64_t)f->end);
    v[FAILURE_ITEM] = f->has_item ? store_int((int64_t)f->item) : store_null();
    v[FAILURE_ITEM_END] = store_int((int64_t)f->item_end);
    v[FAILURE_ATTEMPTS] = store_int(f->attempts);
    v[FAILURE_FATAL] = store_int(f->fatal);
    v[FAILURE_REASON] = store_text(f->reason);
    store_batch_put(&k->batch, STORE_FAILURES, v);
    f->kept = true;
}

static void put_failures(struct run *run)
{
    struct gather *g = &run->gather;
    for (size_t i = 0; i < g->n_failures; i++)
        if (!g->failure[i].kept)
            put_failure(run->keeper, &g->failure[i]);
}

/* They are few. */
static void put_strikes(struct run *run)
{
    struct keeper *k = run->keeper;
    const struct blame *b = &run->blame;
    struct store_value v[STRIKE_N];
    if (b->n_strikes == 0 && k->n_strikes == 0)
        return;
    store_batch_clear_table(&k->batch, STORE_STRIKES);
    for (size_t i = 0; i < b->n_strikes; i++) {
        const struct strikes *s = &b->strikes[i];
        v[STRIKE_CHUNK] = store_int(s->chunk);
        v[STRIKE_OWN] = store_int(s->own);
        v[STRIKE_OUTSIDE] = store_int(s->outside);
        v[STRIKE_FAILED] = store_int(s->failed);
        if (!gather_settled(&run->gather, s->chunk))
            store_batch_put(&k->batch, STORE_STRIKES, v);
    }
    k->n_strikes = (uint32_t)b->n_strikes;
}

int keeper_put_state(struct run *run, struct ff_error *err)
{
    if (put_partial(run, err) != 0)
        return -1;
    put_failures(run);
    put_strikes(run);
    keeper_put_input(run);
    return 0;
}

int keeper_put_outputs(struct run *run, struct ff_error *err)
{
    struct keeper *k = run->keeper;
    const uint32_t frontier = gather_frontier(&run->gather);
    return delivery_save(&run->delivery, frontier, &k->batch, err) != 0
           || (run->harvest != NULL
               && harvest_save(run->harvest, &k->batch, err) != 0) ? -1 : 0;
}

void keeper_put_epoch(struct keeper *k, const char *status, int exit,
                      const char *why, const char *report)
{
    struct store_value v[EPOCH_N] = {0}; /* NULL what is not known */
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const bool ended = strcmp(status, "running") != 0;
    v[EPOCH_NUMBER] = store_int(k->epoch);
    v[EPOCH_STARTED] = store_real(k->started);
    v[EPOCH_ENDED] = ended ? store_real(keeper_now()) : store_null();
    v[EPOCH_HOST] = store_text(host);
    v[EPOCH_PID] = store_int(getpid());
    v[EPOCH_VERSION] = store_text(PACKAGE_VERSION);
    v[EPOCH_NODES] = store_int(k->n_nodes);
    v[EPOCH_WORKERS] = store_int(k->n_workers);
    v[EPOCH_THREADS] = store_int(k->threads);
    if (k->plan_text != NULL)
        v[EPOCH_PLAN] = store_text(k->plan_text);
    v[EPOCH_STATUS] = store_text(status);
    v[EPOCH_EXIT] = ended ? store_int(exit) : store_null();
    v[EPOCH_WHY] = why != NULL ? store_text(why) : store_null();
    v[EPOCH_REPORT] = report != NULL ? store_text(report) : store_null();
    store_batch_put(&k->batch, STORE_EPOCHS, v);
}

/* ---- and back -------------------------------------------------------------- */

static int damaged(struct run *run, const char *what, struct ff_error *err)
{
    return ff_error_set(err, FF_DAMAGED, "'%s' is damaged: %s (what counts of "
                        "run %s cannot be known)", run->keeper->path, what,
                        run->keeper->run_id);
}

static int restore_partial(void *context, const struct store_value *v,
                           struct ff_error *err)
{
    struct run *run = context;
    struct gather *g = &run->gather;
    /* Aligned, as a message is. */
    void *message = malloc(v[PARTIAL_STATE].n + 1);
    if (message == NULL)
        return ff_error_errno(err, FF_LOST, "cannot go on with the run");
    if (v[PARTIAL_STATE].n > 0)
        memcpy(message, v[PARTIAL_STATE].bytes, v[PARTIAL_STATE].n);
    const uint64_t before = g->accepted.n_chunks;
    const enum gather_verdict verdict =
        gather_restore(g, message, v[PARTIAL_STATE].n);
    free(message);
    if (verdict == GATHER_NO_MEMORY)
        return ff_error_errno(err, FF_LOST, "cannot go on with the run");
    if (verdict != GATHER_ACCEPTED)
        return damaged(run, "a partial that is none, or counts twice", err);
    return (int64_t)(g->accepted.n_chunks - before) == v[PARTIAL_CHUNKS].i
           ? 0 : damaged(run, "a partial of other chunks than it says", err);
}

static bool is_chunk(const struct run *run, int64_t c)
{
    return c >= 0 && c < run->gather.grid.n_chunks;
}

static int restore_failure(void *context, const struct store_value *v,
                           struct ff_error *err)
{
    struct run *run = context;
    char reason[FAIL_TEXT];
    snprintf(reason, sizeof reason, "%.*s", (int)v[FAILURE_REASON].n,
             (const char *)v[FAILURE_REASON].bytes);
    struct failure *f = is_chunk(run, v[FAILURE_CHUNK].i)
                        ? gather_fail(&run->gather,
                                      (uint32_t)v[FAILURE_CHUNK].i, reason)
                        : NULL;
    if (f == NULL)
        return damaged(run, "a failure of a chunk that is done", err);
    f->attempts = (uint32_t)v[FAILURE_ATTEMPTS].i;
    f->fatal = v[FAILURE_FATAL].i != 0;
    f->has_item = v[FAILURE_ITEM].type == STORE_INT;
    f->item = f->has_item ? (uint64_t)v[FAILURE_ITEM].i : 0;
    f->item_end = (uint64_t)v[FAILURE_ITEM_END].i;
    f->kept = true;
    /* It had failed, and which item it was was not known yet. */
    if (f->fatal && f->item_end == 0 && run->root == NULL && !run_is_once(run))
        fate_diagnose(run, f->chunk);
    if (f->has_item && (f->item < f->begin || f->item >= f->end))
        return damaged(run, "a failure of another item", err);
    return 0;
}

/* Such a chunk runs alone, before anything else. */
static int restore_strikes(void *context, const struct store_value *v,
                           struct ff_error *err)
{
    struct run *run = context;
    const struct strikes s = {
        .chunk = (uint32_t)v[STRIKE_CHUNK].i, .own = (uint32_t)v[STRIKE_OWN].i,
        .outside = (uint32_t)v[STRIKE_OUTSIDE].i,
        .failed = (uint32_t)v[STRIKE_FAILED].i};
    if (!is_chunk(run, v[STRIKE_CHUNK].i)
        || gather_settled(&run->gather, s.chunk))
        return damaged(run, "strikes for a chunk that is done", err);
    if (blame_restore(&run->blame, &s) != 0
        || (s.own + s.outside > 0
            && (cover_add(&run->dispatch.withheld,
                          (struct range){s.chunk, s.chunk + 1}) != 0
                || blame_push_solo(&run->blame, s.chunk) != 0)))
        return ff_error_errno(err, FF_LOST, "cannot go on with the run");
    run->keeper->n_strikes++;
    return 0;
}

static int last_epoch(void *context, const struct store_value *v,
                      struct ff_error *err)
{
    struct run *run = context;
    struct keeper *k = run->keeper;
    if (v[EPOCH_NUMBER].i < 0 || v[EPOCH_NUMBER].i > MOST_NUMBER)
        return damaged(run, "a start whose number cannot be", err);
    const struct store_value *status = &v[EPOCH_STATUS];
    k->epoch = v[EPOCH_NUMBER].i;
    k->was_complete = status->n == strlen("complete")
                      && memcmp(status->bytes, "complete", status->n) == 0;
    return 0;
}

static int last_event(void *context, const struct store_value *v,
                      struct ff_error *err)
{
    struct run *run = context;
    if (v[EVENT_NUMBER].i < 0 || v[EVENT_NUMBER].i > MOST_NUMBER)
        return damaged(run, "an event whose number cannot be", err);
    run->keeper->n_events = v[EVENT_NUMBER].i;
    return 0;
}

int keeper_restore(struct run *run, struct ff_error *err)
{
    struct keeper *k = run->keeper;
    struct store *s = k->store;
    if (store_each(s, STORE_EPOCHS, NULL, NULL, 0, last_epoch, run, err) != 0
        || store_each(s, STORE_EVENTS, "number = (SELECT max(number) FROM "
                      "events)", NULL, 0, last_event, run, err) != 0
        || store_each(s, STORE_PARTIALS, NULL, NULL, 0, restore_partial, run,
                      err) != 0)
        return -1;
    if (run->job->retry_failed)
        return 0;
    if (store_each(s, STORE_FAILURES, NULL, NULL, 0, restore_failure, run, err)
        != 0)
        return -1;
    if (run->root == NULL)
        return store_each(s, STORE_STRIKES, NULL, NULL, 0, restore_strikes, run,
                          err);
    /* Nodes of a cluster know of their own strikes alone: the first batch forgets
     * those that are kept, before their chunks are done. */
    const int64_t n = store_count(s, STORE_STRIKES, NULL, NULL, 0, err);
    k->n_strikes = n > 0;
    return n < 0 ? -1 : 0;
}
