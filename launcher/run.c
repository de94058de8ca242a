/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of a run. What wakes us: executors (eventfd) when they have
 * run out of chunks, the fork server's messages, what kernels print, signals,
 * and a tick. Every wake ends in run_tend(), which looks at all there is to look
 * at; so a lost wake costs one tick, never correctness.
 */
#include "run.h"
#include "bindings.h"
#include "clock.h"
#include "fold_option.h"
#include "gauge.h"
#include "loop_memory.h"
#include "keeper.h"
#include "signals.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_S 0.02

/* ---- ending -------------------------------------------------------------- */

void run_end(struct run *run)
{
    struct job_shm *job = crew_job(run->crew);
    if (run->over)
        return;
    run->over = true;
    run->over_ns = clock_ns();
    run->kill_ns = run->over_ns + RUN_END_KILL_NS;
    atomic_store_explicit(&job->phase, PHASE_QUIT, memory_order_release);
    futex_wake(&job->phase);
    atomic_fetch_add(&crew_node(run->crew)->wake, 1);
    futex_wake(&crew_node(run->crew)->wake);
}

void run_note_longest(struct run *run, uint32_t chunk, uint64_t ns)
{
    if (!run->opened || chunk >= run->gather.grid.n_chunks
        || ns <= run->longest_ns)
        return;
    run->longest_ns = ns;
    run->longest_chunk = chunk;
}

void run_fail(struct run *run, const struct ff_error *err)
{
    if (run->error.status == 0)
        run->error = *err;
    run_kill_all(run);
    run_end(run);
}

void run_fail_memory(struct run *run)
{
    struct ff_error err;
    ff_error_set(&err, FF_LOST, "out of memory in the launcher");
    run_fail(run, &err);
}

static void drain_all(struct run *run)
{
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        run_drain(run, rank);
}

/* ---- the kernel's declarations ------------------------------------------- */

int run_make_grid(const struct run *run, uint32_t n_executors,
                  struct grid *grid, struct ff_error *err)
{
    const struct job *job = run->job;
    const struct job_shm *shm = crew_job(run->crew);
    const uint64_t range[2] = {shm->range_first, shm->range_last};
    if (run_is_once(run) && job->schedule != SCHEDULE_DYNAMIC)
        return ff_error_set(err, FF_USAGE, "--schedule means nothing to '%s': "
                            "with FF_ONCE each thread of each worker makes "
                            "one call", job->kernel);
    if (run_is_once(run) && job->recycle > 0)
        return ff_error_set(err, FF_USAGE, "--recycle means nothing to '%s': "
                            "with FF_ONCE each thread of each worker makes "
                            "one call", job->kernel);
    if (run_is_once(run))
        return spec_grid_once(&run->spec, job->arg_file != NULL,
                              job->has_range, job->chunk_items,
                              n_executors, job->kernel, grid, err);
    return spec_grid(&run->spec, shm->has_range ? range : NULL,
                     shm->grid.chunk_items, job->kernel, grid, err);
}

void run_tell_unused(const struct run *run)
{
    const struct spec *spec = &run->spec;
    if (run->job->quiet)
        return;
    if (spec->n_sources + spec->n_outputs + spec->n_arrays == 0
        && !run_is_once(run))
        fprintf(stderr, "fanfold: '%s' declares no result: nothing will be "
                "reported\n", run->job->kernel);
    fold_option_tell_unused(spec);
}

void run_let_go(struct run *run)
{
    struct job_shm *job = crew_job(run->crew);
    if (run->stopping)
        return;
    atomic_store_explicit(&job->phase, PHASE_RUN, memory_order_release);
    futex_wake(&job->phase);
}

/* Chunks can be handed out. */
static void start_run(struct run *run)
{
    struct job_shm *job = crew_job(run->crew);
    run->opened = true;
    run->opened_ns = clock_ns();
    deliver_pace(run);
    if (run->job->schedule_map) {
        run->map = map_create(job->n_executors, run->opened_ns);
        if (run->map == NULL)
            run_fail_memory(run);
    }
    if (run->member != NULL)
        return; /* they come from the root: member_tend */
    if (run->supply.stream != NULL)
        supply_begin(run);
    else if (dispatch_all(&run->dispatch) != 0)
        run_fail_memory(run);
    run_let_go(run);
}

int run_begin(struct run *run, struct ff_error *err)
{
    struct job_shm *job = crew_job(run->crew);
    job->team = spec_is_whole(&run->spec) ? job->threads : 1;
    if (gather_init(&run->gather, &job->grid, &run->spec, run->job->seed, err)
        != 0)
        return -1;
    run->gather.granted = run->granted;
    run->gather.open_ended = run->supply.stream != NULL;
    if (dispatch_init(&run->dispatch, job, crew_node(run->crew),
                         &run->gather, run->crew->executor, err) != 0
        || deliver_open(run, err) != 0)
        return -1;
    if (run->member == NULL)
        run_tell_unused(run);
    if (run->spec.n_shared > 0)
        loading_begin(run);
    else
        start_run(run);
    return 0;
}

/* The worker `rank` is the first that has opened the kernel. */
static int open_run(struct run *run, uint32_t rank, struct ff_error *err)
{
    struct job_shm *job = crew_job(run->crew);
    const struct worker_shm *w = crew_worker(run->crew, rank);
    spec_copy(&run->spec, &w->spec);
    fingerprints_take(run, rank);
    if (!spec_valid(&run->spec))
        return ff_error_set(err, FF_USAGE, "'%s' damaged its own declarations "
                            "while it was opened", run->job->kernel);
    job->spec_hash = spec_hash(&run->spec);
    run->described = true;
    if (run->member != NULL)
        return member_opened(run, err);
    job->schedule = run_is_once(run) ? SCHEDULE_ONCE : run->job->schedule;
    if (run_make_grid(run, job->n_executors, &job->grid, err) != 0)
        return -1;
    return run_begin(run, err);
}

static void look_for_spec(struct run *run)
{
    struct ff_error err;
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++) {
        const struct slot *s = &run->crew->slot[rank];
        if (!s->live)
            continue;
        const struct worker_shm *w = crew_worker(run->crew, rank);
        if (atomic_load_explicit(&w->state, memory_order_acquire)
            != WORKER_OPENED)
            continue;
        if (open_run(run, rank, &err) != 0)
            run_fail(run, &err);
        return;
    }
}

static uint32_t n_live(const struct run *run)
{
    uint32_t n = 0;
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        n += run->crew->slot[rank].live;
    return n;
}

static void show_progress(struct run *run)
{
    const struct grid *grid = &run->gather.grid;
    run->progress.team = spec_is_whole(&run->spec);
    if (run->opened && !run->over && deliver_tell_progress(run))
        progress_show(&run->progress, run->now_ns, run->gather.items_done,
                      supply_is_open(run) ? GAUGE_UNKNOWN
                                          : grid->last - grid->first,
                      run->crew, run->worker);
}

/* ---- the look at everything ---------------------------------------------- */

/* It was stopped, and nothing runs any more. A node waits for what its root
 * says then. */
static void run_has_stopped(struct run *run)
{
    if (run->member == NULL)
        run_end(run);
    else
        member_quiet(run);
}

/* [QUIET] */
static void check_quiet(struct run *run)
{
    if (!dispatch_quiet_begin(&run->dispatch, run->stopping))
        return;
    drain_all(run);
    if (!dispatch_quiet_end(&run->dispatch))
        return;
    if (run->stopping) {
        run_has_stopped(run);
        return;
    }
    const int64_t lost = dispatch_add_lost(&run->dispatch);
    if (lost < 0)
        run_fail_memory(run);
    else if (lost > 0)
        dispatch_post(&run->dispatch);
}

static void look_at_chunks(struct run *run)
{
    /* Who emits more than is read waits, as long as the run is to go on. */
    const bool waits = deliver_must_wait(run) && !run->stopping;
    if (!waits)
        drain_all(run);
    fate_check_solo(run);
    const bool written = deliver_write(run);
    deliver_pace(run);
    supply_tend(run);
    dispatch_post(&run->dispatch);
    if (gather_complete(&run->gather) && !run->diagnosis.running) {
        if (run->member == NULL && (written || run->stopping))
            run_end(run);
        return;
    }
    ending_check_halt(run);
    if (!waits)
        check_quiet(run);
    supervise_make_room(run);
}

/* Whoever has told something that --halt counts waits for the end of the look
 * (record_wait_looked). */
static void tend_open(struct run *run)
{
    _Atomic uint32_t *looks = &crew_job(run->crew)->looks;
    atomic_fetch_add(looks, 1);
    look_at_chunks(run);
    atomic_fetch_add(looks, 1);
}

static void tell_bindings(struct run *run)
{
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        bindings_tell(stderr, run->crew, run->plan, rank, false);
}

void run_tend(struct run *run)
{
    run->now_ns = clock_ns();
    if (run->member != NULL)
        member_receive(run);
    else
        ending_take_signals(run);
    if (run->job->report_bindings)
        tell_bindings(run);
    supervise_receive(run);
    if (!run->described && !run->over)
        look_for_spec(run);
    if (run->loading && !run->over && loading_ended(run))
        start_run(run);
    overtime_look(run);
    if (run->opened && !run->over)
        tend_open(run);
    if (!run->over)
        supervise_refill(run);
    if (run->stopping && !run->over && n_live(run) == 0)
        run_has_stopped(run);
    if (run->member != NULL)
        member_tell(run);
    keeping_tend(run);
    if (run->over && (n_live(run) == 0 || run->crew->socket < 0))
        ev_break(run->loop, EVBREAK_ALL);
}

static void on_event(struct ev_loop *loop, ev_io *io, int events)
{
    uint64_t n;
    (void)loop;
    (void)events;
    if (read(io->fd, &n, sizeof n) < 0) {
        /* Somebody else read it: nothing lost. */
    }
    run_tend(io->data);
}

static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    run_tend(io->data);
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct run *run = timer->data;
    (void)loop;
    (void)events;
    struct ff_error err;
    run_tend(run);
    if (supervise_tell_absent(run, false, &err) != 0)
        run_fail(run, &err);
    supervise_age(run);
    ending_check_limits(run);
    show_progress(run);
}

static int init_loop(struct run *run, struct ff_error *err)
{
    loop_memory_set();
    run->loop = ev_loop_new(EVBACKEND_POLL | EVFLAG_NOENV);
    run->watch = calloc(run->crew->n_workers, sizeof run->watch[0]);
    run->worker = calloc(run->crew->n_workers, sizeof run->worker[0]);
    if (run->loop == NULL || run->watch == NULL || run->worker == NULL)
        return ff_error_set(err, FF_LOST, "cannot start the event loop");
    run->event.data = run->socket.data = run->tick.data = run;
    ev_io_init(&run->event, on_event, run->crew->event, EV_READ);
    ev_io_start(run->loop, &run->event);
    ev_io_init(&run->socket, on_socket, run->crew->socket, EV_READ);
    ev_io_start(run->loop, &run->socket);
    ev_timer_init(&run->tick, on_tick, TICK_S, TICK_S);
    ev_timer_start(run->loop, &run->tick);
    signal(SIGPIPE, SIG_IGN);
    signals_watch(run->crew->event);
    return 0;
}

int run_loop(struct run *run, uint64_t started_ns, struct ff_error *err)
{
    run->started_ns = started_ns;
    if (init_loop(run, err) != 0
        || progress_init(&run->progress, run->job->progress, run->plan,
                         clock_ns(), err) != 0) {
        free(run->worker);
        return -1;
    }
    blame_init(&run->blame, run->job->crash_limit);
    run->now_ns = run->ticked_ns = clock_ns();
    ending_begin(run, started_ns);
    if (run->member != NULL)
        member_listen(run->member);
    supervise_refill(run);
    ev_run(run->loop, 0);
    return 0;
}

int run_job(const struct job *job, const struct plan *plan,
            const struct input *input, const struct work_file *work,
            struct crew *crew, struct keeper *keeper, uint64_t started_ns,
            struct outcome *outcome, struct ff_error *err)
{
    static struct run run; /* most of it is never touched */
    run.job = job;
    run.plan = plan;
    run.input = input;
    run.work = work;
    run.crew = crew;
    run.keeper = keeper;
    run.supply.stream = input->stream;
    run.granted = input->stream != NULL ? &run.supply.granted : NULL;
    int rc = run_loop(&run, started_ns, err);
    if (rc == 0)
        rc = run_conclude(&run, started_ns, outcome, err);
    run_release(&run);
    return rc;
}
