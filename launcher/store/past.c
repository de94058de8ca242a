/* SPDX-License-Identifier: Apache-2.0 */
/* A run out of its store: see past.h. */
#include "past.h"
#include "kept_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FAILURES 1000 /* of a run that has not reported */

/* ---- what is counted ------------------------------------------------------- */

static int take_partial(void *context, const struct store_value *v,
                        struct ff_error *err)
{
    struct past *p = context;
    const int64_t epoch = stored_int(&v[PARTIAL_EPOCH]);
    void *copy = malloc(v[PARTIAL_STATE].n + 1); /* aligned */
    if (copy == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read a partial");
    if (v[PARTIAL_STATE].n > 0)
        memcpy(copy, v[PARTIAL_STATE].bytes, v[PARTIAL_STATE].n);
    const enum gather_verdict verdict =
        gather_restore(&p->gather, copy, v[PARTIAL_STATE].n);
    free(copy);
    p->n_partials++;
    switch (verdict) {
    case GATHER_ACCEPTED:
        return 0;
    case GATHER_DROPPED:
        return ff_error_set(err, FF_DAMAGED, "the partial of epoch %" PRId64
                            " has chunks that another one has as well", epoch);
    case GATHER_NO_MEMORY:
        return ff_error_set(err, FF_LOST, "not enough memory for the partial "
                            "of epoch %" PRId64, epoch);
    default:
        return ff_error_set(err, FF_DAMAGED, "the partial of epoch %" PRId64
                            " is none for this grid and these results", epoch);
    }
}

static void finish_values(struct past *p)
{
    struct gather *g = &p->gather;
    struct outcome *o = &p->outcome;
    gather_finish(g);
    o->partial = g->partial;
    o->state = g->state;
    g->partial = g->state = NULL;
    for (uint32_t r = 0; r < o->spec.n_results; r++)
        partial_finish(&g->layout, o->partial, o->state, r, &o->value[r]);
}

/* ---- failures of a run that has not reported -------------------------------- */

/* One more, for this reason; NULL without memory. */
static struct failure *add_failure(struct outcome *o,
                                   const struct store_value *reason)
{
    if (o->n_failures % 64 == 0) {
        struct failure *at = realloc(o->failure, (o->n_failures + 64)
                                                     * sizeof *at);
        if (at == NULL)
            return NULL;
        o->failure = at;
    }
    struct failure *f = &o->failure[o->n_failures++];
    *f = (struct failure){.exit = -1};
    return failure_set_reason(f, reason->n > 0 ? reason->bytes : "",
                              reason->n) == 0 ? f : NULL;
}

static int take_failure(void *context, const struct store_value *v,
                        struct ff_error *err)
{
    struct outcome *o = context;
    struct failure *f = add_failure(o, &v[FAILURE_REASON]);
    if (f == NULL)
        return ff_error_errno(err, FF_LOST, "cannot list failures");
    f->chunk = (uint32_t)stored_int(&v[FAILURE_CHUNK]);
    f->begin = (uint64_t)stored_int(&v[FAILURE_BEGIN]);
    f->end = (uint64_t)stored_int(&v[FAILURE_END]);
    f->has_item = v[FAILURE_ITEM].type == STORE_INT;
    f->item = (uint64_t)stored_int(&v[FAILURE_ITEM]);
    f->item_end = (uint64_t)stored_int(&v[FAILURE_ITEM_END]);
    f->attempts = (uint32_t)stored_int(&v[FAILURE_ATTEMPTS]);
    f->fatal = stored_int(&v[FAILURE_FATAL]) != 0;
    return 0;
}

static int take_failed_item(void *context, const struct store_value *v,
                            struct ff_error *err)
{
    struct outcome *o = context;
    char text[400];
    if (o->n_failures >= MAX_FAILURES) {
        o->failures_more++;
        return 0;
    }
    struct failure *f = add_failure(o, &v[ITEM_REASON]);
    stored_text(text, sizeof text, &v[ITEM_INPUTS]);
    if (f == NULL || (f->text = strdup(text)) == NULL)
        return ff_error_errno(err, FF_LOST, "cannot list failures");
    f->is_command = f->has_item = true;
    f->chunk = (uint32_t)stored_int(&v[ITEM_CHUNK]);
    f->item = f->begin = (uint64_t)stored_int(&v[ITEM_NUMBER]);
    f->item_end = f->end = f->item + 1;
    f->attempts = (uint32_t)stored_int(&v[ITEM_ATTEMPTS]);
    f->exit = v[ITEM_EXIT].type == STORE_INT ? (int)v[ITEM_EXIT].i : -1;
    f->signal = (int)stored_int(&v[ITEM_SIGNAL]);
    return 0;
}

static int take_what_is_kept(struct past *p, struct store *s,
                             struct ff_error *err)
{
    struct outcome *o = &p->outcome;
    snprintf(o->run_id, sizeof o->run_id, "%.31s", p->run.id);
    o->end = RUN_INTERRUPTED;
    o->status = FF_INTERRUPTED;
    o->goes_on = p->run.status == STORED_RUNNING;
    o->serial = true; /* no times */
    o->items_done = p->run.done;
    if (store_each(s, STORE_FAILURES, NULL, NULL, 0, take_failure, o, err) != 0)
        return -1;
    return o->is_command
           ? store_each(s, STORE_ITEMS, STORE_ITEMS_FAILED, NULL, 0,
                        take_failed_item, o, err)
           : 0;
}

/* ---- all of it ------------------------------------------------------------- */

/* Of an input that grew the report knows where it ended. */
static int read_grid(struct past *p, struct ff_error *err)
{
    struct grid *grid = &p->outcome.grid;
    const json_t *job = json_object_get(p->run.report, "job");
    if (json_object_get(job, "chunk_items") == NULL)
        return 0;
    if (grid_init(grid, stored_count(json_object_get(job, "first")),
                  stored_count(json_object_get(job, "last")),
                  stored_count(json_object_get(job, "chunk_items")), err) == 0)
        return 0;
    if (err != NULL)
        err->status = FF_DAMAGED;
    return -1;
}

int past_read(struct past *p, struct store *s, struct ff_error *err)
{
    struct outcome *o = &p->outcome;
    memset(p, 0, sizeof *p);
    p->run.exit = -1;
    p->remembered.advice = "";
    if (stored_run_read(&p->run, s, err) != 0)
        return -1;
    const int rc = kept_job_read_kernel(s, NULL, &o->spec, &o->grid, &p->seed,
                                        err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    o->is_command = o->spec.kind == SPEC_COMMAND;
    o->remembered = &p->remembered;
    if (read_grid(p, err) != 0
        || gather_init(&p->gather, &o->grid, &o->spec, p->seed, err) != 0)
        return -1;
    p->opened = true;
    if (store_each(s, STORE_PARTIALS, NULL, NULL, 0, take_partial, p, err) != 0
        || (p->run.report != NULL ? past_take_report(p, err)
                                  : take_what_is_kept(p, s, err)) != 0)
        return -1;
    o->chunks_done = p->gather.accepted.n_chunks;
    finish_values(p);
    return 0;
}

void past_release(struct past *p)
{
    if (p->opened)
        gather_release(&p->gather);
    outcome_release(&p->outcome);
    plan_release(&p->plan);
    free(p->remembered.item);
    stored_run_release(&p->run);
}
