/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What executors have published is taken in: records go to gather.h, which
 * keeps the commit rule; a chunk that ended with ff_fail may be tried again;
 * whoever publishes what is no record is not to be trusted.
 */
#include "run.h"
#include "clock.h"

#include <errno.h>

/* A chunk ended with ff_fail. True when it is tried again, as --retries asks;
 * else it has failed, after so many attempts. A run that stops tries nothing
 * again. */
static bool try_again(struct run *run, uint32_t c, uint32_t *attempts)
{
    const int rc = blame_failed(&run->blame, c, run->job->retries, attempts);
    if (rc < 0)
        run_fail_memory(run);
    if (rc != 0 || run->stopping)
        return false;
    if (dispatch_add(&run->dispatch, (struct range){c, c + 1}) != 0)
        run_fail_memory(run);
    run->dispatch.n_returned++;
    return true;
}

static void take_failure(struct run *run, uint32_t source, uint32_t c,
                         const struct ring_reader *reader)
{
    struct cover none = COVER_EMPTY;
    uint32_t attempts = 1;
    if (try_again(run, c, &attempts)) {
        struct slot *s = &run->crew->slot[source / run->crew->threads];
        s->solo_again = s->solo_again || s->solo_chunk == c;
        gather_forget_chunk(&run->gather, source, c);
        return;
    }
    if (gather_record(&run->gather, source, reader->message, reader->n, &none)
        == GATHER_NO_MEMORY)
        run_fail_memory(run);
    struct failure *f = gather_failure(&run->gather, c);
    if (f != NULL)
        f->attempts = attempts;
}

static void take_message(struct run *run, uint32_t rank, uint32_t tid,
                         const struct ring_reader *reader)
{
    struct cover again = COVER_EMPTY;
    const uint32_t source = rank * run->crew->threads + tid;
    uint32_t c;
    if (gather_says_failed(&run->gather, reader->message, reader->n, &c)) {
        take_failure(run, source, c, reader);
        return;
    }
    const enum gather_verdict v = gather_record(
        &run->gather, source, reader->message, reader->n, &again);
    if (v == GATHER_ACCEPTED && run->map != NULL
        && map_record(run->map, source, reader->message, reader->n) != 0)
        run_fail_memory(run);
    if (v == GATHER_DAMAGED)
        crew_kill(run->crew, rank, KILLED_DAMAGED);
    if (v == GATHER_NO_MEMORY)
        run_fail_memory(run);
    if (v == GATHER_UNWRITTEN)
        run_fail(run, &run->gather.error);
    for (size_t i = 0; i < again.n; i++)
        if (dispatch_add(&run->dispatch, again.range[i]) != 0)
            run_fail_memory(run);
    cover_release(&again);
}

static void drain_executor(struct run *run, uint32_t rank, uint32_t tid,
                           struct ring_reader *reader)
{
    int rc;
    while ((rc = ring_read(reader)) > 0)
        take_message(run, rank, tid, reader);
    if (rc < 0 && errno == ENOMEM)
        run_fail_memory(run);
    else if (rc < 0)
        crew_kill(run->crew, rank, KILLED_DAMAGED);
    struct ring *ring = reader->ring;
    if (atomic_load_explicit(&ring->waiting, memory_order_relaxed) != 0) {
        atomic_store(&ring->waiting, 0);
        atomic_fetch_add(&ring->turn, 1);
        futex_wake(&ring->turn);
    }
}

static void note_busy(struct run *run, uint32_t rank, uint32_t tid)
{
    const uint32_t i = rank * run->crew->threads + tid;
    map_busy(run->map, i, run->crew->slot[rank].generation,
             atomic_load(&run->crew->executor[i]->busy_ns), clock_ns());
}

void run_drain(struct run *run, uint32_t rank)
{
    const struct slot *s = &run->crew->slot[rank];
    if (!run->opened || s->reader == NULL || s->diagnosing)
        return;
    for (uint32_t tid = 0; tid < run->crew->threads; tid++) {
        drain_executor(run, rank, tid, &s->reader[tid]);
        if (run->map != NULL)
            note_busy(run, rank, tid);
    }
}
