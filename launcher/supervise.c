/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workers of a run, as processes: started when there is something to do
 * for them, replaced, given up when they are stopped or too slow; and their
 * fork server. What the end of one means for its chunks stands in fate.c.
 */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TICK_MAX_NS 200000000u  /* what is more between two ticks does not
                                   count: we were stopped ourselves */
#define STOPPED_NS 5000000000u  /* a stopped worker is replaced after this, or
                                   after --timeout if that is shorter */
#define MAX_SERVER_DEATHS 10

/* ---- starting ------------------------------------------------------------ */

/* The chunks that may run alone in this worker: with FF_ONCE its own. */
static struct range solo_chunks(const struct run *run, uint32_t rank)
{
    const uint32_t n = run->crew->threads, all = crew_rank(run->crew, rank);
    return run_is_once(run) ? (struct range){all * n, (all + 1) * n}
                            : (struct range){0, UINT32_MAX};
}

static bool deals_any(const struct run *run, uint32_t rank)
{
    const uint32_t n = run->crew->threads;
    for (uint32_t tid = 0; tid < n; tid++)
        if (dispatch_deals(&run->dispatch, rank * n + tid))
            return true;
    return false;
}

/* Would a worker of this rank find nothing to do? */
static bool is_nothing_left(const struct run *run, uint32_t rank)
{
    const uint32_t n = run->crew->threads;
    return !dispatch_has_for(&run->dispatch, rank * n, (rank + 1) * n);
}

static bool next_duty(struct run *run, uint32_t rank, struct duty *duty)
{
    const struct range solo = solo_chunks(run, rank);
    *duty = DUTY_PLAIN;
    if (run->stopping || run->over)
        return false;
    if (run->diagnosis.running && !run->diagnosis_spawned) {
        duty->diagnose_begin = run->diagnosis.try_begin;
        duty->diagnose_end = run->diagnosis.try_end;
        run->diagnosis_spawned = true;
        return true;
    }
    if (run->opened && gather_complete(&run->gather))
        return false;
    if (blame_next_solo_of(&run->blame, solo.lo, solo.hi, &duty->solo_chunk))
        return true;
    if (run->crew->slot[rank].left && is_nothing_left(run, rank))
        return false;
    duty->deals = !run->opened || deals_any(run, rank);
    duty->deal = run->opened ? run->dispatch.deal + rank * run->crew->threads
                             : NULL;
    return true;
}

/* The server had no time for it: the next look tries again. */
static void undo_duty(struct run *run, const struct duty *duty)
{
    if (duty->diagnose_begin < duty->diagnose_end)
        run->diagnosis_spawned = false;
    if (duty->solo_chunk != NO_CHUNK
        && blame_push_solo(&run->blame, duty->solo_chunk) != 0)
        run_fail_memory(run);
}

void supervise_unprinted(struct run *run, int error)
{
    struct ff_error err;
    if (run->harvest == NULL || run->error.status != 0)
        return; /* of a kernel its results count */
    errno = error;
    ff_error_errno(&err, FF_UNWRITTEN, "cannot write to standard output");
    run_fail(run, &err);
}

void supervise_check_printed(struct run *run, uint32_t rank)
{
    const struct output *o = run->crew->slot[rank].out;
    if (o->error != 0 && o->to == stdout)
        supervise_unprinted(run, o->error);
}

static void on_output(struct ev_loop *loop, ev_io *io, int events)
{
    struct slot_watch *watch = io->data;
    struct slot *s = &watch->run->crew->slot[watch->rank];
    (void)events;
    struct output *o = io == &watch->out ? s->out : s->err;
    progress_clear(&watch->run->progress);
    /* Before the kernel is open it is not known whether standard output is for
     * something else. */
    const bool early = !watch->run->opened && o == s->out
                       && !output_is_filling(o);
    /* When nobody reads what we would write, the kernel waits, not we: the
     * tick looks again. */
    const bool reader = watch->run->member != NULL
                        ? member_can_print(watch->run) : output_can_write(o);
    if (early || !reader || !output_forward(o))
        ev_io_stop(loop, io);
    supervise_check_printed(watch->run, watch->rank);
}

static void listen_again(struct run *run, uint32_t rank)
{
    struct slot_watch *watch = &run->watch[rank];
    const struct slot *s = &run->crew->slot[rank];
    if (!s->out->ended)
        ev_io_start(run->loop, &watch->out);
    if (!s->err->ended)
        ev_io_start(run->loop, &watch->err);
}

static void watch_slot(struct run *run, uint32_t rank)
{
    struct slot_watch *watch = &run->watch[rank];
    const struct slot *s = &run->crew->slot[rank];
    watch->run = run;
    watch->rank = rank;
    watch->out.data = watch->err.data = watch;
    ev_io_init(&watch->out, on_output, s->out->fd, EV_READ);
    ev_io_init(&watch->err, on_output, s->err->fd, EV_READ);
    ev_io_start(run->loop, &watch->out);
    ev_io_start(run->loop, &watch->err);
}

static bool is_anybody_live(const struct run *run)
{
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        if (run->crew->slot[rank].live)
            return true;
    return false;
}

/* Each thread of each worker has a part of its own. */
static bool needs_all(const struct run *run)
{
    return run->job->schedule != SCHEDULE_DYNAMIC || run_is_once(run);
}

/* There is no room for this worker. The others do its work, if there are any
 * and nothing was meant for it alone. */
static void give_up_slot(struct run *run, uint32_t rank,
                         const struct duty *duty, const struct ff_error *err)
{
    if (needs_all(run) || !is_anybody_live(run)) {
        run_fail(run, err);
        return;
    }
    undo_duty(run, duty);
    run->crew->slot[rank].absent = true;
    if (run->n_absent++ == 0)
        run->absence = *err;
}

int supervise_tell_absent(struct run *run, bool at_end, struct ff_error *err)
{
    const uint32_t n = run->crew->n_workers;
    const bool more = run->n_absent > run->n_absent_seen;
    char at[PLAN_AT];
    run->n_absent_seen = run->n_absent;
    if (run->n_absent > 0 && needs_all(run)) {
        *err = run->absence;
        return -1;
    }
    if (run->n_absent == 0 || run->absence_told || (more && !at_end))
        return 0;
    run->absence_told = true;
    progress_clear(&run->progress);
    if (!run->job->quiet)
        fprintf(stderr, "fanfold: running with %u of %u workers%s: %s\n",
                n - run->n_absent, n, plan_at(run->plan, at),
                run->absence.text);
    return 0;
}

static void refill(struct run *run, uint32_t rank)
{
    const struct slot *s = &run->crew->slot[rank];
    struct ff_error err;
    struct duty duty;
    if (s->live || s->absent || run->crew->socket < 0
        || !next_duty(run, rank, &duty))
        return;
    const bool recycled = s->left;
    const int rc = crew_spawn(run->crew, rank, duty, &err);
    run->workers_recycled += recycled && rc == 0;
    if (rc < 0)
        run_fail(run, &err);
    else if (rc == 1)
        undo_duty(run, &duty);
    else if (rc == 2)
        give_up_slot(run, rank, &duty, &err);
    else
        watch_slot(run, rank);
}

void supervise_refill(struct run *run)
{
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        refill(run, rank);
}

/* The server could not start a worker: not enough processes, memory. */
static void on_unspawned(struct run *run, const struct message *m)
{
    const struct diagnosis *d = &run->diagnosis;
    struct slot *s = &run->crew->slot[m->rank];
    struct duty duty = {.solo_chunk = s->solo_chunk};
    struct ff_error err;
    char at[PLAN_AT];
    if (s->diagnosing) {
        duty.diagnose_begin = d->try_begin;
        duty.diagnose_end = d->try_end;
    }
    ev_io_stop(run->loop, &run->watch[m->rank].out);
    ev_io_stop(run->loop, &run->watch[m->rank].err);
    crew_retire(run->crew, m->rank);
    ff_error_set(&err, FF_LOST, "cannot start worker %u of %u%s (see ulimit "
                 "-u, pids.max): %s", crew_rank(run->crew, m->rank),
                 crew_job(run->crew)->size, plan_at(run->plan, at),
                 strerror(m->status));
    if (m->status == EAGAIN)
        give_up_slot(run, m->rank, &duty, &err);
    else
        run_fail(run, &err);
}

static void on_message(struct run *run, const struct message *m)
{
    struct slot *s = &run->crew->slot[m->rank];
    if (m->kind == MESSAGE_UNSPAWNED) {
        on_unspawned(run, m);
    } else if (m->kind == MESSAGE_STOPPED) {
        s->stopped = true;
        s->stopped_ns = 0;
    } else if (m->kind == MESSAGE_CONTINUED) {
        s->stopped = false;
    } else if (m->kind == MESSAGE_EXITED) {
        fate_of_worker(run, m->rank, m, false);
    }
}

/* The fork server died, and its workers with it. */
static void server_lost(struct run *run)
{
    struct ff_error err;
    char at[PLAN_AT];
    const struct message m = {.kind = MESSAGE_EXITED};
    if (run->job->verbose && !run->over)
        fprintf(stderr, "fanfold: the fork server (pid %d%s) died: starting "
                "another\n", (int)run->crew->server, plan_at(run->plan, at));
    ev_io_stop(run->loop, &run->socket);
    crew_lost_server(run->crew);
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        if (run->crew->slot[rank].live)
            fate_of_worker(run, rank, &m, true);
    if (run->over)
        return;
    keeping_event(run, "death", "the fork server died, and its workers with it");
    if (run->gather.accepted.n_chunks > run->server_death_chunks)
        run->server_deaths = 0;
    run->server_death_chunks = run->gather.accepted.n_chunks;
    run->diagnosis_spawned = false;
    if (++run->server_deaths > MAX_SERVER_DEATHS) {
        ff_error_set(&err, FF_LOST, "the fork server died %u times and "
                     "nothing was done in between", run->server_deaths);
        run_fail(run, &err);
        return;
    }
    if (crew_start_server(run->crew, &err) != 0) {
        run_fail(run, &err);
        return;
    }
    ev_io_set(&run->socket, run->crew->socket, EV_READ);
    ev_io_start(run->loop, &run->socket);
}

void supervise_receive(struct run *run)
{
    struct message m;
    int rc = 0;
    while (run->crew->socket >= 0 && (rc = crew_receive(run->crew, &m)) > 0)
        on_message(run, &m);
    if (rc < 0)
        server_lost(run);
}

/* ---- time ---------------------------------------------------------------- */

static void age_executor(struct run *run, uint32_t rank, uint32_t tid,
                         uint64_t elapsed_ns, uint64_t limit_ns)
{
    struct slot *s = &run->crew->slot[rank];
    const struct executor_shm *e = &crew_worker(run->crew, rank)
                                        ->executor[tid];
    const uint64_t begun = atomic_load_explicit(&e->begun,
                                                memory_order_acquire);
    const uint32_t chunk = atomic_load_explicit(&e->current,
                                                memory_order_relaxed);
    const bool busy = s->diagnosing || chunk != NO_CHUNK;
    if (begun != s->begun[tid] || !busy) {
        s->begun[tid] = begun;
        s->age_ns[tid] = 0;
        return;
    }
    s->age_ns[tid] += elapsed_ns;
    if (!s->diagnosing)
        run_note_longest(run, chunk, s->age_ns[tid]);
    if (limit_ns != 0 && s->age_ns[tid] >= limit_ns)
        overtime_begin(run, rank, tid, begun);
}

/* Does user code run before the first chunk? */
static bool is_opening(const struct run *run, uint32_t rank, uint32_t state)
{
    return state == WORKER_STARTING || state == WORKER_SETUP
           || (state == WORKER_OPENED && loading_is_by(run, rank));
}

static void age_opening(struct run *run, uint32_t rank, uint32_t state,
                        uint64_t elapsed_ns)
{
    struct slot *s = &run->crew->slot[rank];
    if (s->aged_state != state)
        s->age_ns[0] = 0;
    s->aged_state = state;
    s->age_ns[0] += elapsed_ns;
    if (s->age_ns[0] >= run->job->timeout_ns)
        overtime_begin(run, rank, 0, 0);
}

/* FF_TEARDOWN has as long as at the end of the run. */
static void age_leaving(struct run *run, uint32_t rank, uint64_t elapsed_ns)
{
    struct slot *s = &run->crew->slot[rank];
    if (s->aged_state != WORKER_LEAVING)
        s->age_ns[0] = 0;
    s->aged_state = WORKER_LEAVING;
    s->age_ns[0] += elapsed_ns;
    if (s->age_ns[0] >= RUN_END_KILL_NS)
        crew_kill(run->crew, rank, KILLED_END);
}

static void age_slot(struct run *run, uint32_t rank, uint64_t elapsed_ns)
{
    struct slot *s = &run->crew->slot[rank];
    const uint64_t timeout = run->job->timeout_ns;
    if (s->stopped) {
        s->stopped_ns += elapsed_ns;
        if (s->stopped_ns >= STOPPED_NS
            || (timeout != 0 && s->stopped_ns >= timeout))
            crew_kill(run->crew, rank, KILLED_STOPPED);
        return;
    }
    if (s->diagnosing && run->now_ns > run->diagnosis.deadline_ns)
        crew_kill(run->crew, rank, KILLED_TIMEOUT);
    const uint32_t state = atomic_load(&crew_worker(run->crew, rank)->state);
    if (is_opening(run, rank, state)) {
        if (timeout != 0)
            age_opening(run, rank, state, elapsed_ns);
        return;
    }
    if (state == WORKER_LEAVING) {
        age_leaving(run, rank, elapsed_ns);
        return;
    }
    /* A command is ended by its worker (worker/attempt.c). */
    const uint64_t limit = task_is_command(&run->job->task) ? 0 : timeout;
    for (uint32_t tid = 0; tid < run->crew->threads; tid++)
        age_executor(run, rank, tid, elapsed_ns, limit);
}

void supervise_age(struct run *run)
{
    const uint64_t elapsed = run->now_ns - run->ticked_ns;
    run->ticked_ns = run->now_ns;
    /* While we were stopped ourselves nobody grew older. */
    uint64_t aged = elapsed < TICK_MAX_NS ? elapsed : TICK_MAX_NS;
    if (run->opened)
        run->slept_ns += elapsed - aged;
    if (deliver_must_wait(run))
        aged = 0; /* they wait for whoever reads our output */
    run->diagnosis.deadline_ns += elapsed - aged;
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        if (run->crew->slot[rank].live) {
            age_slot(run, rank, aged);
            listen_again(run, rank);
        }
    crew_wake_server(run->crew);
}

/* ---- room ---------------------------------------------------------------- */

/* Has this worker nothing to do, and nothing of its own before it? */
static bool is_idle(const struct run *run, uint32_t rank)
{
    const struct slot *s = &run->crew->slot[rank];
    const uint32_t n = run->crew->threads;
    if (!s->live || s->diagnosing || s->solo_chunk != NO_CHUNK
        || atomic_load(&crew_worker(run->crew, rank)->state) != WORKER_RUNNING)
        return false;
    for (uint32_t tid = 0; tid < n; tid++)
        if (atomic_load(&run->crew->executor[rank * n + tid]->epoch) % 2 != 0)
            return false;
    return true;
}

/* A diagnosis or a solo run needs a slot, but all are taken: a worker that is
 * idle leaves. It is killed, so its chunks (should it just have found some)
 * are settled as those of any dead worker. */
static void free_slot(struct run *run)
{
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        if (!run->crew->slot[rank].live && !run->crew->slot[rank].absent)
            return;
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++) {
        const struct range solo = solo_chunks(run, rank);
        if (run_is_once(run)
            && !blame_has_solo_of(&run->blame, solo.lo, solo.hi))
            continue;
        if (is_idle(run, rank)) {
            crew_kill(run->crew, rank, KILLED_END);
            return;
        }
    }
}

static bool wants_room(const struct run *run)
{
    return run->blame.n_solo > 0
           || (run->diagnosis.running && !run->diagnosis_spawned);
}

void supervise_make_room(struct run *run)
{
    if (!run->over && wants_room(run))
        free_slot(run);
}
