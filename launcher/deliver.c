/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs and arrays of a run (delivery.h) among the rest of it: when they are
 * opened, when what came is written, and what that means for who waits and
 * what is handed out.
 */
#include "run.h"
#include "clock.h"
#include "keeper.h"
#include "resume.h"
#include "retry.h"
#include "root.h"
#include "wire.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define HELD_BYTES (UINT64_C(256) << 20) /* waiting for its turn: enough */
#define STATE_BYTES (UINT64_C(64) << 20) /* waiting for the root: enough */
#define READER_BYTES (4u << 20)          /* waiting for a reader: enough */
#define SHARE_BYTES (4u << 20)           /* of all executors together */
#define WAIT_MS 50
#define PATIENCE_NS UINT64_C(2000000000) /* for a reader, after the run */

static bool has_outputs(const struct run *run)
{
    return run->delivery.ordered.n_outputs > 0;
}

/* The tick looks for a reader of a FIFO that has none. */
static void wait_for_reader(struct run *run, uint32_t i)
{
    ev_io *io = &run->sink[i];
    const int fd = run->delivery.sink[i].fd;
    if (fd < 0 || ev_is_active(io))
        return;
    ev_io_set(io, fd, EV_WRITE);
    ev_io_start(run->loop, io);
}

static void on_sink(struct ev_loop *loop, ev_io *io, int events)
{
    struct run *run = io->data;
    (void)events;
    ev_io_stop(loop, io);
    event_notify(run->crew->event); /* looks at everything */
}

/* Items of an earlier run: which of them count. */
static int go_on_with_items(struct run *run, struct ff_error *err)
{
    struct gather *g = &run->gather;
    if (run->job->retry_failed
        && retry_failed(run->job, harvest_again(run->harvest), g, err) != 0)
        return -1;
    run->items_before = g->items_done;
    run->chunks_before = g->accepted.n_chunks;
    if (run->chunks_before > 0)
        crew_job(run->crew)->schedule = SCHEDULE_DYNAMIC; /* it has holes */
    return 0;
}

/* What comes is the executors', or on the root of a cluster its nodes'. */
static int open_delivery(struct run *run, struct ff_error *err)
{
    const struct grid *grid = &run->gather.grid;
    struct delivery *d = &run->delivery;
    struct store *kept = keeper_continues(run->keeper);
    uint32_t n = crew_job(run->crew)->n_executors;
    if (run->member != NULL)
        return delivery_open_node(d, run->job, &run->spec, grid, n, err);
    n = run->root != NULL ? run->root->n_nodes : n;
    if (!task_is_command(&run->job->task))
        return delivery_open(d, run->job, &run->spec, grid, n, kept, err);
    if (delivery_open_command(d, run->job, &run->spec, grid, n, kept, err)
        != 0)
        return -1;
    run->harvest = harvest_open(run->job, run->plan, &run->work->items, grid,
                                &d->ordered, kept, err);
    if (run->harvest == NULL)
        return -1;
    harvest_keep(run->harvest, keeping_batch(run));
    return kept != NULL ? go_on_with_items(run, err) : 0;
}

/* What the joblog says is done counts from the start. It is read before it is
 * opened to be written, which ends a line that was cut off. */
static int resume(struct run *run, struct ff_error *err)
{
    struct cover done = COVER_EMPTY;
    if (run->member != NULL || !task_is_command(&run->job->task)
        || !run->job->resume
        || run->job->task.joblog == NULL || run->job->store != NULL)
        return 0;
    int rc = resume_find(run->job, run->work, run->input, &run->gather.grid,
                         &done, err);
    if (rc == 0 && done.n_chunks > 0 && run->job->n_folds > 0)
        rc = ff_error_set(err, FF_USAGE, "--resume and --fold: %" PRIu64
                          " items are done, and the numbers that they gave are "
                          "not in the log, so results would lack them: leave "
                          "out --resume (all are run again) or --fold",
                          (uint64_t)done.n_chunks);
    if (rc == 0 && gather_add_cover(&run->gather, &done) != GATHER_ACCEPTED)
        rc = ff_error_errno(err, FF_LOST, "cannot resume");
    run->items_before = run->gather.items_done;
    run->chunks_before = done.n_chunks;
    if (done.n_chunks > 0)
        crew_job(run->crew)->schedule = SCHEDULE_DYNAMIC; /* it has holes */
    cover_release(&done);
    return rc;
}

int deliver_open(struct run *run, struct ff_error *err)
{
    struct job_shm *job = crew_job(run->crew);
    struct delivery *d = &run->delivery;
    if (keeping_begin(run, err) != 0 || resume(run, err) != 0
        || open_delivery(run, err) != 0)
        return -1;
    if (run->harvest != NULL) {
        harvest_before(run->harvest, run->chunks_before);
        harvest_keep(run->harvest, keeping_batch(run));
    }
    for (uint32_t i = 0; i < run->spec.n_arrays; i++) {
        job->array[i].fd = d->array[i].fd;
        job->array[i].bytes = d->array[i].bytes;
    }
    for (uint32_t i = 0; i < d->n_sinks; i++) {
        ev_io_init(&run->sink[i], on_sink, d->sink[i].fd, EV_WRITE);
        run->sink[i].data = run;
    }
    job->in_order = has_outputs(run);
    if (has_outputs(run))
        run->gather.ordered = &d->ordered;
    if (d->to_stdout && !d->as_printed)
        crew_print_to(run->crew, stderr);
    return 0;
}

bool deliver_must_wait(const struct run *run)
{
    if (keeping_must_wait(run))
        return true;
    if (run->harvest != NULL)
        return harvest_is_blocked(run->harvest)
               && run->delivery.ordered.hold.bytes > READER_BYTES;
    if (run->member == NULL)
        return delivery_is_full(&run->delivery);
    return gather_state_bytes(&run->gather) > STATE_BYTES
           || run->delivery.ordered.waiting > HELD_BYTES;
}

void deliver_pace(struct run *run)
{
    struct dispatch *dispatch = &run->dispatch;
    const struct ordered *o = &run->delivery.ordered;
    if (!has_outputs(run) || run->crew->n_workers == 0)
        return;
    dispatch_pace(dispatch, clock_ns() - run->opened_ns, o->counted,
                  SHARE_BYTES / crew_job(run->crew)->n_executors);
    dispatch->paused = o->hold.bytes > HELD_BYTES;
}

bool deliver_tell_progress(struct run *run)
{
    struct progress *p = &run->progress;
    if (run->harvest == NULL)
        return true;
    if (!p->commands) /* the rate is that of this run */
        p->items = run->items_before;
    p->commands = true;
    p->failed = harvest_counts(run->harvest)->failed;
    return !harvest_is_in_line(run->harvest);
}

/* A line that is written over itself has no place between others. */
static void clear_progress(struct run *run, uint32_t frontier)
{
    const struct delivery *d = &run->delivery;
    const char *data;
    size_t n;
    for (uint32_t i = 0; run->progress.n_lines > 0 && i < d->n_sinks; i++)
        if (d->sink[i].path == NULL
            && ordered_next(&run->delivery.ordered, i, frontier, &data, &n,
                            NULL) > 0)
            progress_clear(&run->progress);
}

/* What commands print, and their rows. */
static bool write_harvest(struct run *run)
{
    struct harvest *h = run->harvest;
    const uint32_t frontier = gather_frontier(&run->gather);
    struct ff_error err;
    if (harvest_has_some(h, frontier))
        progress_clear(&run->progress);
    if (harvest_write(h, frontier, &err) != 0) {
        run_fail(run, &err);
        return true;
    }
    if (harvest_is_blocked(h) && !ev_is_active(&run->printer)) {
        ev_io_init(&run->printer, on_sink, harvest_blocked_fd(h), EV_WRITE);
        run->printer.data = run;
        ev_io_start(run->loop, &run->printer);
    }
    if (harvest_has_more(h))
        event_notify(run->crew->event);
    return !harvest_has_more(h) && !harvest_is_blocked(h);
}

bool deliver_write(struct run *run)
{
    struct delivery *d = &run->delivery;
    struct ff_error err;
    if (run->harvest != NULL)
        return write_harvest(run);
    if (!has_outputs(run) || run->member != NULL)
        return true;
    const uint32_t frontier = gather_frontier(&run->gather);
    clear_progress(run, frontier);
    if (delivery_write(d, frontier, &err) != 0) {
        run_fail(run, &err);
        return true;
    }
    for (uint32_t i = 0; i < d->n_sinks; i++)
        if (d->blocked[i])
            wait_for_reader(run, i);
    if (d->more)
        event_notify(run->crew->event);
    return !d->more && !delivery_is_blocked(d);
}

/* ---- over the nodes of a cluster ------------------------------------------ */

int deliver_take(struct run *run, void **message, size_t *n,
                 struct ff_error *err)
{
    return delivery_take(&run->delivery, &run->gather.fresh, message, n, err);
}

bool deliver_is_drained(const struct run *run)
{
    return delivery_is_drained(&run->delivery, &run->gather.fresh);
}

bool deliver_has_much(const struct run *run)
{
    return run->delivery.ordered.waiting >= WIRE_PIECE;
}

static enum gather_verdict take_rows(struct run *run,
                                     const struct cover *holds,
                                     const void *message, size_t n)
{
    const struct delivery *d = &run->delivery;
    const int rc = array_rows_put(d->array, run->spec.n_arrays, &d->grid,
                                  holds, message, n, &run->gather.error);
    return rc < 0 ? GATHER_UNWRITTEN : rc > 0 ? GATHER_DAMAGED
                                              : GATHER_ACCEPTED;
}

enum gather_verdict deliver_record(struct run *run, uint32_t node,
                                   const struct cover *holds,
                                   const void *message, size_t n)
{
    struct record_head head;
    struct cover again = COVER_EMPTY; /* what is held is new */
    enum gather_verdict v;
    if (n < sizeof head)
        return GATHER_DAMAGED;
    memcpy(&head, message, sizeof head);
    switch (head.kind) {
    case RECORD_ROWS:
        return take_rows(run, holds, message, n);
    case RECORD_OUTPUT:
    case RECORD_NODE:
        v = gather_record(&run->gather, node, message, n, &again);
        cover_release(&again);
        return v;
    default:
        return GATHER_DAMAGED; /* of an executor */
    }
}

bool deliver_is_behind(const struct run *run)
{
    return has_outputs(run)
           && (deliver_must_wait(run)
               || run->delivery.ordered.hold.bytes > HELD_BYTES);
}

/* ---- the end -------------------------------------------------------------- */

/* Waits a while for those who read. */
static void wait_for_readers(const struct delivery *d)
{
    struct pollfd on[DELIVERY_MAX_SINKS];
    nfds_t n = 0;
    for (uint32_t i = 0; i < d->n_sinks; i++)
        if (d->blocked[i])
            on[n++] = (struct pollfd){.fd = d->sink[i].fd, .events = POLLOUT};
    poll(on, n, WAIT_MS);
}

/* The run waits for readers, unless it was stopped: then not for ever. */
static int write_rest(struct run *run, struct ff_error *err)
{
    struct delivery *d = &run->delivery;
    const uint32_t frontier = gather_frontier(&run->gather);
    uint64_t held = d->ordered.hold.bytes, since_ns = clock_ns();
    for (;;) {
        if (delivery_write(d, frontier, err) != 0)
            return -1;
        if (!d->more && !delivery_is_blocked(d))
            return 0;
        if (d->ordered.hold.bytes < held) {
            held = d->ordered.hold.bytes;
            since_ns = clock_ns();
        }
        if (run_is_killed(run) || clock_ns() - since_ns > PATIENCE_NS)
            return 0;
        if (delivery_is_blocked(d))
            wait_for_readers(d);
    }
}

/* The same of what commands print. */
static int write_harvest_rest(struct run *run, struct ff_error *err)
{
    struct harvest *h = run->harvest;
    const uint32_t frontier = gather_frontier(&run->gather);
    uint64_t printed = harvest_printed(h), since_ns = clock_ns();
    for (;;) {
        if (harvest_write(h, frontier, err) != 0)
            return -1;
        if (!harvest_has_more(h) && !harvest_is_blocked(h))
            return 0;
        if (harvest_printed(h) > printed) {
            printed = harvest_printed(h);
            since_ns = clock_ns();
        }
        if (run_is_killed(run) || clock_ns() - since_ns > PATIENCE_NS)
            return 0;
        struct pollfd on = {.fd = harvest_blocked_fd(h), .events = POLLOUT};
        if (harvest_is_blocked(h))
            poll(&on, 1, WAIT_MS);
    }
}

/* All have failed in one of these ways: 126, 127; else 1. */
static int status_of_failed(const struct run *run,
                            const struct harvest_counts *n)
{
    if (n->failed == 0 || n->well > 0 || run->items_before > 0
        || run->gather.n_failures > 0)
        return FF_ITEMS_FAILED;
    return n->not_found == n->failed                ? FF_NOT_FOUND
           : n->not_run + n->not_found == n->failed ? FF_NOT_RUN
                                                    : FF_ITEMS_FAILED;
}

/* How the run of a command has ended: by its items, since chunks whose command
 * failed count as well. */
static void judge(struct run *run, struct outcome *o)
{
    const struct harvest_counts *n = harvest_counts(run->harvest);
    const bool blocked = harvest_is_blocked(run->harvest)
                         || harvest_has_more(run->harvest);
    o->halted = run->halted && !gather_complete(&run->gather);
    o->reached = ending_has_reached(run);
    if (o->reached)
        o->end = RUN_COMPLETE;
    if (blocked && o->end == RUN_COMPLETE)
        o->end = RUN_INTERRUPTED;
    if (o->end == RUN_COMPLETE && n->failed > 0 && !o->reached)
        o->end = RUN_FAILED;
    if (o->end == RUN_COMPLETE)
        o->status = FF_DONE;
    else if (o->end == RUN_FAILED)
        o->status = status_of_failed(run, n);
    else
        o->status = run->stop_status != 0 ? run->stop_status : FF_INTERRUPTED;
}

static void finish_harvest(struct run *run, struct outcome *o)
{
    struct ff_error err;
    if (keeper_continues(run->keeper) != NULL)
        o->items_before = 0; /* their rows were loaded */
    const int rc = write_harvest_rest(run, &err);
    keeping_last_outputs(run);
    if (rc != 0 || harvest_finish(run->harvest, o, &err) != 0)
        o->unwritten = err;
    o->items_before = run->items_before;
    o->stdout_taken = task_owns_stdout(&run->job->task);
    judge(run, o);
}

/* What cannot be written, for want of room or readers, can when the run is gone on
 * with; so can what an interrupted one has left. */
static enum delivery_end end_of(const struct run *run, const struct outcome *o)
{
    return !keeping_is_last(run) && !keeping_is_left(run) ? DELIVERY_DONE
           : o->end == RUN_INTERRUPTED || o->unwritten.status != 0
               ? DELIVERY_LEFT : DELIVERY_DONE_KEPT;
}

void deliver_finish(struct run *run, struct outcome *o)
{
    struct delivery *d = &run->delivery;
    const struct cover *accepted = &run->gather.accepted;
    if (run->member != NULL)
        return; /* the root's */
    if (run->harvest != NULL) {
        finish_harvest(run, o);
        return;
    }
    const int rc = write_rest(run, &o->unwritten);
    if ((delivery_is_blocked(d) || d->more) && o->end == RUN_COMPLETE) {
        o->end = RUN_INTERRUPTED;
        o->status = run->stop_status != 0 ? run->stop_status : FF_INTERRUPTED;
    }
    if (!keeping_has_told(run))
        delivery_forget(d);
    const enum delivery_end end = end_of(run, o);
    struct ff_error *err = rc == 0 ? &o->unwritten : NULL;
    if (rc == 0 || end == DELIVERY_LEFT)
        delivery_finish(d, accepted, end, err);
    delivery_tell(d, accepted, end, o);
    keeping_last_outputs(run); /* as it is now: nothing of it comes twice */
}
