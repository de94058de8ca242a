/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input that grows (stream.h) among the rest of a run: read as far ahead of
 * the work as is of use, shared with the workers, and granted. The grid is as
 * large as one can be and the chunks of what came are granted, as on a node of a
 * cluster; when the input has ended, it is as if the grid had been that of a
 * file. (No result depends on how many chunks there are in all: a tree that has
 * no chunks on its right is as if it were smaller.)
 */
#include "run.h"
#include "clock.h"

#include <inttypes.h>

/* So much that no worker has done is enough to have: the producer waits. And
 * two blocks an executor, however large they are. (An item that is still
 * coming does not count, so a long one is read to its end.) */
#define AHEAD_BYTES (UINT64_C(64) << 20)

bool supply_is_open(const struct run *run)
{
    return run->gather.open_ended;
}

static void stop_reading(struct run *run)
{
    ev_io_stop(run->loop, &run->supply.io);
}

/* Bytes of the chunks that are granted and not settled, as the average has
 * it. */
static double bytes_ahead(const struct run *run)
{
    const struct stream *s = run->supply.stream;
    const struct gather *g = &run->gather;
    const uint64_t chunks = run->supply.granted.n_chunks;
    if (chunks == 0)
        return 0;
    const uint64_t ahead = chunks - g->accepted.n_chunks - g->failed.n_chunks;
    return (double)s->bytes_cut * (double)ahead / (double)chunks;
}

static bool has_enough(const struct run *run)
{
    const uint64_t n = crew_job(run->crew)->n_executors;
    return bytes_ahead(run)
           > (double)AHEAD_BYTES
                 + 2.0 * (double)n * (double)run->job->task.block_bytes;
}

/* ---- granting -------------------------------------------------------------- */

/* To the workers, before anything of it is granted. */
static void publish(struct run *run)
{
    struct job_shm *job = crew_job(run->crew);
    const struct stream *s = run->supply.stream;
    const uint64_t each = run->supply.max_args;
    /* The last item may have fewer inputs, but that must be the last one. */
    const uint64_t n = s->ended ? s->n_inputs : s->n_inputs / each * each;
    atomic_store_explicit(&job->input_grown, s->bytes, memory_order_relaxed);
    atomic_store_explicit(&job->index_grown, s->input->index.bytes,
                          memory_order_relaxed);
    atomic_store_explicit(&job->inputs_grown, n, memory_order_release);
}

/* From now on the grid is that of the items that came. */
static void close_grid(struct run *run, uint64_t n_items)
{
    struct grid *grid = &run->gather.grid;
    grid->last = grid->first + n_items;
    grid->n_chunks = (uint32_t)(n_items / grid->chunk_items
                                + (n_items % grid->chunk_items != 0));
}

static void fail_too_many(struct run *run)
{
    struct ff_error err;
    ff_error_set(&err, FF_USAGE, "'%s' has more than %u items: take several of "
                 "them together, with --chunk N", run->supply.stream->input->name,
                 GRID_MAX_CHUNKS);
    run_fail(run, &err);
}

static void grant(struct run *run)
{
    const struct stream *s = run->supply.stream;
    const struct grid *grid = &run->gather.grid;
    const uint64_t n_items = stream_n_items(s, run->supply.max_args);
    const uint64_t n_chunks = n_items / grid->chunk_items
                              + (s->ended && n_items % grid->chunk_items != 0);
    const uint64_t granted = run->supply.granted.n_chunks;
    if (n_chunks >= GRID_MAX_CHUNKS) {
        fail_too_many(run);
        return;
    }
    if (s->ended)
        close_grid(run, n_items);
    if (n_chunks == granted)
        return;
    const struct range r = {(uint32_t)granted, (uint32_t)n_chunks};
    publish(run);
    if (cover_add(&run->supply.granted, r) != 0
        || dispatch_add(&run->dispatch, r) != 0)
        run_fail_memory(run);
}

/* What is before the frontier is settled: nobody reads it again. */
static void forget(struct run *run)
{
    const struct grid *grid = &run->gather.grid;
    const uint64_t frontier = gather_frontier(&run->gather);
    stream_forget(run->supply.stream,
                  frontier * grid->chunk_items * run->supply.max_args);
}

/* ---- reading --------------------------------------------------------------- */

static void read_on(struct run *run)
{
    struct ff_error err;
    const int rc = stream_read(run->supply.stream, &err);
    run->supply.more = rc > 0;
    if (run->supply.stream->from < 0)
        stop_reading(run); /* its number may be another's now */
    if (rc < 0)
        run_fail(run, &err);
}

static void on_input(struct ev_loop *loop, ev_io *io, int events)
{
    struct run *run = io->data;
    (void)loop;
    (void)events;
    if (run->over || run->stopping)
        stop_reading(run);
    else
        read_on(run);
    run_tend(run);
}

/* The input is watched while more of it is wanted. Of a file there is nothing to
 * watch, nor of what is here and not cut yet. */
static void watch(struct run *run, bool enough)
{
    struct supply *supply = &run->supply;
    if (supply->stream->from < 0 || enough || supply->more)
        stop_reading(run);
    else if (!ev_is_active(&supply->io))
        ev_io_start(run->loop, &supply->io);
    if (supply->more && !enough)
        event_notify(run->crew->event);
}

void supply_begin(struct run *run)
{
    struct supply *supply = &run->supply;
    const struct task *task = &run->job->task;
    supply->max_args = task->pipe || task->max_args == 0 ? 1 : task->max_args;
    supply->more = !supply->stream->awaits;
    supply->io.data = run;
    ev_io_init(&supply->io, on_input, supply->stream->from, EV_READ);
}

void supply_tend(struct run *run)
{
    struct supply *supply = &run->supply;
    if (!supply_is_open(run))
        return;
    if (run->stopping) {
        stop_reading(run);
        return;
    }
    if (supply->more && !has_enough(run))
        read_on(run);
    if (run->over)
        return;
    grant(run);
    forget(run);
    if (supply->stream->ended) {
        stop_reading(run);
        run->gather.open_ended = false;
        return;
    }
    watch(run, has_enough(run));
}

void supply_end(struct run *run)
{
    if (supply_is_open(run))
        close_grid(run, run->supply.granted.n_chunks
                            * run->gather.grid.chunk_items);
}

void supply_release(struct run *run)
{
    cover_release(&run->supply.granted);
}
