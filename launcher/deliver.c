/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs and arrays of a run (delivery.h) among the rest of it: when they are
 * opened, when what came is written, and what that means for who waits and
 * what is handed out.
 */
#include "run.h"
#include "clock.h"

#include <poll.h>

#define HELD_BYTES (UINT64_C(256) << 20) /* waiting for its turn: enough */
#define SHARE_BYTES (4u << 20)           /* of all executors together */
#define WAIT_MS 50
#define PATIENCE_NS UINT64_C(2000000000) /* for a reader, after the run */

static bool has_outputs(const struct run *run)
{
    return run->delivery.n_sinks > 0;
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

int deliver_open(struct run *run, struct ff_error *err)
{
    struct job_shm *job = crew_job(run->crew);
    struct delivery *d = &run->delivery;
    if (delivery_open(d, run->job, &run->spec, &job->grid, job->n_executors,
                      err) != 0)
        return -1;
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
    if (d->to_stdout)
        crew_print_to(run->crew, stderr);
    return 0;
}

void deliver_pace(struct run *run)
{
    struct dispatch *dispatch = &run->dispatch;
    const struct ordered *o = &run->delivery.ordered;
    if (!has_outputs(run))
        return;
    dispatch_pace(dispatch, clock_ns() - run->opened_ns, o->counted,
                  SHARE_BYTES / crew_job(run->crew)->n_executors);
    dispatch->paused = o->hold.bytes > HELD_BYTES;
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

bool deliver_write(struct run *run)
{
    struct delivery *d = &run->delivery;
    struct ff_error err;
    if (!has_outputs(run))
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

void deliver_finish(struct run *run, struct outcome *o)
{
    struct delivery *d = &run->delivery;
    const struct cover *accepted = &run->gather.accepted;
    if (write_rest(run, &o->unwritten) == 0)
        delivery_finish(d, accepted, &o->unwritten);
    delivery_tell(d, accepted, o);
    if ((delivery_is_blocked(d) || d->more) && o->end == RUN_COMPLETE) {
        o->end = RUN_INTERRUPTED;
        o->status = run->stop_status;
    }
}
