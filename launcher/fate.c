/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of a worker means: first everything it published is taken,
 * then blame is laid (blame.h), then what it held is handed out again
 * ([SETTLE], ledger.h), then its slot is filled again.
 */
#include "run.h"
#include "bindings.h"
#include "cause.h"
#include "clock.h"
#include "keeper.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define MAX_DIAGNOSES 16
#define UNEXPLAINED_SOLO 64
#define MAX_DOUBTFUL 3
#define MAX_BACKTRACES 16

static struct executor_shm *executor_at(struct run *run, uint32_t rank,
                                        uint32_t tid)
{
    return run->crew->executor[rank * run->crew->threads + tid];
}

uint32_t fate_chunk_in_hand(struct run *run, uint32_t rank, uint32_t tid)
{
    const uint32_t c = atomic_load(&executor_at(run, rank, tid)->current);
    const struct cover *granted = run->gather.granted;
    if (c >= run->gather.grid.n_chunks || gather_settled(&run->gather, c)
        || (granted != NULL
            && !cover_contains(granted, (struct range){c, c + 1})))
        return NO_CHUNK;
    return c;
}

/* ---- blame --------------------------------------------------------------- */

static void withhold(struct run *run, uint32_t c)
{
    if (cover_add(&run->dispatch.withheld, (struct range){c, c + 1}) != 0)
        run_fail_memory(run);
}

static void release_withheld(struct run *run, uint32_t c)
{
    if (cover_remove(&run->dispatch.withheld, (struct range){c, c + 1}) != 0)
        run_fail_memory(run);
}

/* Every chunk that was tried killed its workers: the rest would as well. (A
 * node leaves that to the root.) */
static void give_up_if_hopeless(struct run *run)
{
    if (run->member != NULL || run->gather.accepted.n_chunks > 0
        || ++run->n_fatal < RUN_HOPELESS || run->stopping)
        return;
    run->hopeless = true;
    run_stop(run, FF_ITEMS_FAILED, run->now_ns + run->job->grace_ns);
}

static void strike(struct run *run, uint32_t c, const struct cause *cause,
                   bool sure)
{
    uint32_t attempts;
    withhold(run, c);
    const int rc = blame_strike(&run->blame, c, cause->death, sure, &attempts);
    if (rc < 0) {
        run_fail_memory(run);
        return;
    }
    if (rc == 0)
        return;
    struct failure *f = gather_fail(&run->gather, c, cause->text);
    release_withheld(run, c);
    if (f == NULL)
        return;
    f->attempts = attempts;
    f->fatal = true;
    if ((cause->trace != NULL || cause->late != NULL)
        && run->n_backtraces < MAX_BACKTRACES) {
        f->backtrace = cause_backtrace(cause);
        run->n_backtraces++;
    }
    if (!run_is_once(run)) /* its item is known */
        fate_diagnose(run, c);
    give_up_if_hopeless(run);
}

static uint64_t n_missing(const struct run *run)
{
    const struct gather *g = &run->gather;
    return (g->granted != NULL ? g->granted->n_chunks : g->grid.n_chunks)
           - g->accepted.n_chunks - g->failed.n_chunks;
}

/* A worker died and its memory names no chunk: between two chunks, or a wild
 * write ruined it. When that goes on and what is missing does not get half as
 * much, the next chunks run alone, where the launcher itself knows which it
 * is. (Any progress would not do: the neighbours of a chunk that ruins its
 * worker get done one by one, each at the price of a death.) */
static void died_without_suspect(struct run *run)
{
    struct cover left = COVER_EMPTY;
    struct range whole = {0, run->gather.grid.n_chunks}, r;
    const struct cover all = {.range = &whole, .n = 1};
    const struct cover *granted = run->gather.granted != NULL
                                  ? run->gather.granted : &all;
    const uint64_t missing = n_missing(run);
    if (run->unexplained_deaths == 0
        || missing <= run->unexplained_missing / 2) {
        run->unexplained_deaths = 0;
        run->unexplained_missing = missing;
    }
    if (++run->unexplained_deaths <= 2 * run->plan->n_workers)
        return;
    for (size_t i = 0; i < granted->n; i++)
        if (cover_add_missing(&left, granted->range[i], &run->gather.accepted,
                              &run->gather.failed) != 0)
            run_fail_memory(run);
    for (int n = 0; n < UNEXPLAINED_SOLO && cover_take(&left, 1, &r);) {
        if (cover_meets(&run->dispatch.withheld, r))
            continue;
        withhold(run, r.lo);
        if (blame_push_solo(&run->blame, r.lo) != 0)
            run_fail_memory(run);
        n++;
    }
    cover_release(&left);
}

/* Has the thread that was too slow begun another chunk since? */
static bool executor_moved_on(struct run *run, uint32_t rank)
{
    const struct slot *s = &run->crew->slot[rank];
    return atomic_load(&executor_at(run, rank, s->killed_tid)->begun)
           != s->killed_begun;
}

static void lay_blame(struct run *run, uint32_t rank,
                      const struct cause *cause)
{
    const struct slot *s = &run->crew->slot[rank];
    const uint32_t n = run->crew->threads;
    uint32_t n_suspects = 0;
    if (s->solo_chunk != NO_CHUNK
        && !gather_settled(&run->gather, s->solo_chunk)) {
        /* It ran alone, whatever its memory says. */
        strike(run, s->solo_chunk, cause, true);
        return;
    }
    if ((s->killed == KILLED_TIMEOUT || s->asked)
        && executor_moved_on(run, rank))
        return; /* the chunk ended just before the kill: nobody's fault */
    if (cause->tid < n) {
        const uint32_t c = fate_chunk_in_hand(run, rank, cause->tid);
        if (c != NO_CHUNK)
            strike(run, c, cause, true);
        else
            died_without_suspect(run);
        return;
    }
    for (uint32_t tid = 0; tid < n; tid++)
        n_suspects += fate_chunk_in_hand(run, rank, tid) != NO_CHUNK;
    for (uint32_t tid = 0; tid < n; tid++) {
        const uint32_t c = fate_chunk_in_hand(run, rank, tid);
        if (c != NO_CHUNK)
            strike(run, c, cause, n_suspects == 1);
    }
    if (n_suspects == 0)
        died_without_suspect(run);
}

/* ---- diagnosis ----------------------------------------------------------- */

void fate_diagnose(struct run *run, uint32_t chunk)
{
    if (run->n_diagnosed + run->n_to_diagnose >= MAX_DIAGNOSES)
        return;
    uint32_t *more = realloc(run->to_diagnose, (run->n_to_diagnose + 1)
                                               * sizeof *more);
    if (more == NULL) {
        run_fail_memory(run);
        return;
    }
    run->to_diagnose = more;
    run->to_diagnose[run->n_to_diagnose++] = chunk;
    fate_next_diagnosis(run);
}

void fate_next_diagnosis(struct run *run)
{
    uint64_t begin, end;
    if (run->diagnosis.running || run->n_to_diagnose == 0)
        return;
    const uint32_t c = run->to_diagnose[0];
    memmove(run->to_diagnose, run->to_diagnose + 1,
            --run->n_to_diagnose * sizeof run->to_diagnose[0]);
    run->n_diagnosed++;
    grid_chunk(&run->gather.grid, c, &begin, &end);
    diagnosis_begin(&run->diagnosis, c, begin, end, run->now_ns);
    run->diagnosis_spawned = false;
}

static void diagnosed(struct run *run, bool crashed)
{
    struct diagnosis *d = &run->diagnosis;
    bool proven;
    run->diagnosis_spawned = false;
    if (diagnosis_next(d, crashed, run->now_ns, &proven))
        return;
    struct failure *f = gather_failure(&run->gather, d->chunk);
    if (f != NULL) {
        f->has_item = proven;
        f->item = d->bad_begin;
        f->item_end = d->bad_end;
    }
    if (run->member != NULL)
        member_failed(run, d->chunk);
    fate_next_diagnosis(run);
}

/* A worker that tried some items ended: of them, or, as it seems, of something
 * else. Then they are tried again; it is believed when it goes on. */
static void end_of_try(struct run *run, uint32_t rank,
                       const struct message *m, bool blameless)
{
    const struct slot *s = &run->crew->slot[rank];
    const uint32_t state = atomic_load(&crew_worker(run->crew, rank)->state);
    struct cause cause;
    cause_of_death(&run->crew->slot[rank], m->status,
                   run->job->timeout_ns, &cause);
    const bool other = blameless || state == WORKER_STARTING
                       || state == WORKER_SETUP || state == WORKER_REFUSED
                       || (cause.death == DEATH_OUTSIDE
                           && s->killed == KILLED_NOT);
    if (state != WORKER_SURVIVED && other
        && ++run->n_doubtful < MAX_DOUBTFUL
        && run->now_ns <= run->diagnosis.deadline_ns) {
        run->diagnosis_spawned = false;
        return;
    }
    run->n_doubtful = 0;
    diagnosed(run, state != WORKER_SURVIVED);
}

/* ---- the end of a worker ------------------------------------------------- */

/* What a worker says when it refuses, as far as it can be believed. */
static void refused(struct run *run, const struct worker_shm *w)
{
    struct ff_error err = w->error;
    err.text[sizeof err.text - 1] = '\0';
    if (err.status != FF_USAGE && err.status != FF_LOST)
        err.status = FF_USAGE;
    if (err.text[0] == '\0')
        ff_error_set(&err, err.status, "a worker refused to run '%s' and did "
                     "not say why", run->job->kernel);
    run_fail(run, &err);
}

/* A file that has shrunk is a SIGBUS of those who read it. */
static bool lost_its_input(struct run *run, const struct message *m)
{
    struct ff_error err;
    if (!WIFSIGNALED(m->status) || WTERMSIG(m->status) != SIGBUS
        || !input_changed(run->input, &err))
        return false;
    run_fail(run, &err);
    return true;
}

static void judge(struct run *run, uint32_t rank, const struct message *m)
{
    const struct worker_shm *w = crew_worker(run->crew, rank);
    const uint32_t state = atomic_load(&w->state);
    struct cause cause;
    char at[PLAN_AT];
    if (lost_its_input(run, m))
        return;
    if (state == WORKER_REFUSED) {
        refused(run, w);
        return;
    }
    run->workers_died++;
    run->worker[rank].deaths++;
    if (state == WORKER_STARTING || state == WORKER_SETUP || !run->opened) {
        opening_died(run, rank, m->status);
        return;
    }
    run->opening_deaths = 0;
    run->ran = true;
    cause_of_death(&run->crew->slot[rank], m->status,
                   run->job->timeout_ns, &cause);
    keeping_event(run, "death", "worker %u%s %s", crew_rank(run->crew, rank),
                 plan_at(run->plan, at), cause.text);
    keeping_hurry(run); /* strikes */
    if (run->job->verbose)
        fprintf(stderr, "fanfold: worker %u (pid %d%s) %s\n",
                crew_rank(run->crew, rank), (int)m->pid,
                plan_at(run->plan, at), cause.text);
    if (!run_died_combining(run, rank, cause.tid))
        lay_blame(run, rank, &cause);
}

/* What a worker says of itself, unless it cannot be true. */
static void add_statistics(struct run *run, uint32_t rank,
                           const struct message *m)
{
    struct worker_outcome *o = &run->worker[rank];
    const uint64_t lived_ns = clock_ns() - run->crew->slot[rank].spawned_ns;
    for (uint32_t tid = 0; tid < run->crew->threads; tid++) {
        const struct executor_shm *e = executor_at(run, rank, tid);
        if (atomic_load(&e->busy_ns) > lived_ns
            || atomic_load(&e->publish_ns) > lived_ns
            || atomic_load(&e->done) > run->gather.grid.n_chunks)
            continue;
        o->chunks += atomic_load(&e->done);
        o->busy_ns += atomic_load(&e->busy_ns);
        o->publish_ns += atomic_load(&e->publish_ns);
        o->steals += atomic_load(&e->steals);
        const uint64_t longest_ns = atomic_load(&e->longest_ns);
        if (longest_ns > lived_ns)
            continue;
        run_note_longest(run, atomic_load(&e->longest_chunk), longest_ns);
        if (longest_ns > run->ended_ns)
            run->ended_ns = longest_ns;
    }
    const uint64_t wait_ns = atomic_load(&crew_worker(run->crew, rank)
                                              ->wait_ns);
    if (wait_ns / run->crew->threads <= lived_ns)
        o->wait_ns += wait_ns;
    o->cpu_ns += m->cpu_ns;
    if (m->max_rss_kb > o->max_rss_kb)
        o->max_rss_kb = m->max_rss_kb;
}

/* The chunks in its hands took their time, too, as far as we saw it. */
static void add_unfinished(struct run *run, uint32_t rank)
{
    const struct slot *s = &run->crew->slot[rank];
    for (uint32_t tid = 0; run->opened && tid < run->crew->threads; tid++)
        if (!s->diagnosing && fate_chunk_in_hand(run, rank, tid) != NO_CHUNK
            && atomic_load(&executor_at(run, rank, tid)->begun)
               == s->begun[tid])
            run->worker[rank].busy_ns += s->age_ns[tid];
}

/* Of the chunks that went back so many have failed for good. */
static void not_again(struct run *run, uint64_t returned_before, uint64_t n)
{
    const uint64_t more = run->dispatch.n_returned - returned_before;
    run->dispatch.n_returned -= n < more ? n : more;
}

static void stop_watching(struct run *run, uint32_t rank)
{
    ev_io_stop(run->loop, &run->watch[rank].out);
    ev_io_stop(run->loop, &run->watch[rank].err);
}

/* Its chunks that are not settled are others'. */
static void hand_out(struct run *run, uint32_t rank)
{
    const struct slot *s = &run->crew->slot[rank];
    const uint32_t n = run->crew->threads;
    for (uint32_t i = rank * n; run->opened && i < (rank + 1) * n; i++) {
        gather_forget(&run->gather, i);
        if ((s->left ? dispatch_leave(&run->dispatch, i)
                     : dispatch_settle(&run->dispatch, i)) != 0)
            run_fail_memory(run);
    }
}

/* Nobody is to blame: the run is over, or we want it to be. */
static bool is_leaving(const struct run *run, uint32_t rank)
{
    return run->over || run->killing
           || run->crew->slot[rank].killed == KILLED_END;
}

/* It was not one that tried items. */
static void end_of_work(struct run *run, uint32_t rank,
                        const struct message *m, bool blameless)
{
    const struct slot *s = &run->crew->slot[rank];
    if (!run->over && !run->killing && leaving_is_replaced(run, rank)) {
        leaving_take(run, rank, m);
    } else if (blameless) {
        run->workers_died++;
        run->worker[rank].deaths++;
        if (s->solo_chunk != NO_CHUNK
            && blame_push_solo(&run->blame, s->solo_chunk) != 0)
            run_fail_memory(run);
    } else if (!is_leaving(run, rank)) {
        judge(run, rank, m);
    } else {
        leaving_tell(run, rank, m);
    }
}

void fate_of_worker(struct run *run, uint32_t rank, const struct message *m,
                    bool blameless)
{
    struct slot *s = &run->crew->slot[rank];
    const uint64_t returned = run->dispatch.n_returned;

    if (s->out->n > 0 || s->err->n > 0)
        progress_clear(&run->progress);
    output_finish(s->out);
    output_finish(s->err);
    supervise_check_printed(run, rank);
    run_drain(run, rank);
    add_statistics(run, rank, m);
    fingerprints_compare(run, rank);
    add_unfinished(run, rank);
    const size_t failed = run->gather.n_failures;
    if (!s->diagnosing)
        end_of_work(run, rank, m, blameless);
    else if (!is_leaving(run, rank))
        end_of_try(run, rank, m, blameless);
    hand_out(run, rank);
    if (s->diagnosing || run->stopping || run->over)
        run->dispatch.n_returned = returned; /* nobody runs them again */
    else
        not_again(run, returned, run->gather.n_failures - failed);
    stop_watching(run, rank);
    loading_lost(run, rank);
    bindings_tell(stderr, run->crew, run->plan, rank, true);
    crew_retire(run->crew, rank);
    if (run->opened)
        dispatch_post(&run->dispatch);
}

void fate_check_solo(struct run *run)
{
    bool waiting = run->blame.n_solo > 0;
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++) {
        struct slot *s = &run->crew->slot[rank];
        if (!s->live || s->solo_chunk == NO_CHUNK)
            continue;
        const uint32_t tid = run_is_once(run)
            ? s->solo_chunk % run->crew->threads : 0;
        const uint64_t epoch = atomic_load_explicit(
            &executor_at(run, rank, tid)->epoch, memory_order_acquire);
        if (epoch < 2) {
            waiting = true;
            continue;
        }
        /* It ran, and its record is released: take it before we look. */
        run_drain(run, rank);
        const uint32_t c = s->solo_chunk;
        if (!gather_settled(&run->gather, c) && !s->solo_again) {
            /* It waits until its record is taken, and there is none: its
             * memory is ruined, and that is this chunk's doing. */
            crew_kill(run->crew, rank, KILLED_DAMAGED);
            waiting = true;
            continue;
        }
        s->solo_chunk = NO_CHUNK;
        release_withheld(run, c);
        if (!gather_settled(&run->gather, c)
            && dispatch_add(&run->dispatch, (struct range){c, c + 1}) != 0)
            run_fail_memory(run);
    }
    /* Nobody is to run them: whoever was, left without a word. */
    if (!waiting)
        cover_release(&run->dispatch.withheld);
}
