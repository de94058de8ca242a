/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers that have had their time (--timeout): each is asked where its threads
 * are, for people want to know, and then killed: when it has told, or STACKS_NS
 * later. Threads that have told wait for that. One that does not answer, and
 * whose chunk ends meanwhile, has just made it. (Else a chunk that takes a
 * little longer than --timeout, in a worker that does not answer, would be
 * killed behind its end each time, and run again for ever.)
 */
#include "run.h"
#include "clock.h"

#define STACKS_NS 200000000u

static bool has_told(const struct run *run, uint32_t rank)
{
    const struct stacks *s = &crew_worker(run->crew, rank)->stacks;
    const uint32_t asked = atomic_load(&s->asked);
    return asked != 0 && atomic_load(&s->answered) >= asked;
}

/* Has what took too long ended? */
static bool has_ended(const struct run *run, uint32_t rank)
{
    const struct slot *s = &run->crew->slot[rank];
    const struct worker_shm *w = crew_worker(run->crew, rank);
    const uint32_t state = atomic_load(&w->state);
    const struct executor_shm *e = &w->executor[s->killed_tid];
    return state != s->asked_state
           || (state == WORKER_RUNNING
               && (atomic_load(&e->begun) != s->killed_begun
                   || atomic_load(&e->current) == NO_CHUNK));
}

static void let_live(struct run *run, uint32_t rank)
{
    run->crew->slot[rank].asked = false;
    atomic_store(&crew_worker(run->crew, rank)->stacks.freed, 1);
}

void overtime_begin(struct run *run, uint32_t rank, uint32_t tid,
                    uint64_t begun)
{
    struct slot *s = &run->crew->slot[rank];
    if (s->asked || s->killed != KILLED_NOT)
        return;
    s->killed_tid = tid;
    s->killed_begun = begun;
    /* (A diagnosis shows nothing.) */
    s->asked = !s->diagnosing && !s->was_asked
               && crew_ask_stacks(run->crew, rank, tid);
    s->was_asked = s->was_asked || s->asked;
    s->asked_ns = run->now_ns;
    s->asked_state = atomic_load(&crew_worker(run->crew, rank)->state);
    if (!s->asked)
        crew_kill(run->crew, rank, KILLED_TIMEOUT);
}

void overtime_look(struct run *run)
{
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++) {
        struct slot *s = &run->crew->slot[rank];
        if (!s->live || !s->asked || s->killed != KILLED_NOT)
            continue;
        if (has_ended(run, rank))
            let_live(run, rank);
        else if (s->stopped || has_told(run, rank)
                 || run->now_ns - s->asked_ns >= STACKS_NS)
            crew_kill(run->crew, rank, KILLED_TIMEOUT);
    }
}
