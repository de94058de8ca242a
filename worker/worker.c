/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a worker: open the kernel, report what it declares, wait until
 * the launcher has fixed the grid, then run one executor a thread (the first
 * on the main thread). Whatever the kernel does here stays here (R3).
 */
#include "worker.h"
#include "bind.h"
#include "clock.h"
#include "combine.h"
#include "command.h"
#include "cpuwait.h"
#include "crash.h"
#include "environment.h"
#include "executor.h"
#include "failpoint.h"
#include "folds.h"
#include "identity.h"
#include "kernel_c.h"
#include "kernel_python.h"
#include "life.h"
#include "nodefile.h"
#include "owned.h"
#include "ration.h"
#include "stacks.h"
#include "team.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct worker {
    const struct worker_start *start;
    struct kernel kernel;
    struct spec spec;
    struct partial_layout layout;
    struct item_texts texts;
    struct shared shared;
    struct capture capture;
    struct executor *executor;
    struct team alone; /* what a team can call, before there is one */
    struct team team;  /* when the kernel is one for a team */
    struct ration ration; /* --recycle */
    _Atomic uint32_t n_ended; /* threads, but for the first, that are done */
};

static int open_c_kernel(const struct job_shm *job, struct kernel *kernel,
                         struct spec *spec, struct ff_error *err)
{
    const char *text = job_text(job, JOB_ARGS);
    if (kernel_open(kernel, job->text, job_text(job, JOB_OBJECT), spec, err)
        != 0)
        return -1;
    for (uint32_t i = 0; i < job->n_args; i++, text += strlen(text) + 1)
        if (kernel_set(kernel, text, err) != 0)
            return -1;
    if (job->input.fd < 0)
        kernel_ask_items(kernel, spec);
    return kernel_ask_shapes(kernel, spec, err) != 0 ? -1
           : folds_add(spec, job_fold_texts(job), job->n_folds, err);
}

int worker_open_kernel(const struct job_shm *job, uint32_t rank,
                       struct kernel *kernel, struct spec *spec,
                       struct ff_error *err)
{
    /* (Folds of commands and of Python make their values.) */
    const int rc = command_is_job(job)
                       ? command_open(kernel, job, rank, spec, err)
                   : kernel_python_is_job(job)
                       ? kernel_python_open(kernel, job, rank, spec, err)
                       : open_c_kernel(job, kernel, spec, err);
    return rc != 0 || folds_check_words(spec, err) != 0 ? -1 : 0;
}

static const struct place *place_of(const struct worker_start *start,
                                    uint32_t tid)
{
    return &start->job->place[start->rank * start->job->threads + tid];
}

static void take_place(const struct worker_start *start, uint32_t tid)
{
    (void)bind_thread(start->job, place_of(start, tid));
    if (start->job->report_bindings)
        bind_report(&start->shm->executor[tid]);
}

/* Of a command all places, for it runs on all of them; there is but one
 * thread. */
static void take_places(const struct worker_start *start)
{
    const struct job_shm *job = start->job;
    (void)bind_to_places(job, place_of(start, 0), job->threads);
    for (uint32_t tid = 0; job->report_bindings && tid < job->threads; tid++)
        bind_report(&start->shm->executor[tid]);
}

/* Of this process. */
static uint32_t n_threads(const struct worker *w)
{
    return w->kernel.command != NULL ? 1 : w->start->job->threads;
}

/* A short run must not end before its threads have told where they are. */
static void wait_for_bindings(const struct worker_start *start)
{
    for (uint32_t tid = 0; tid < start->job->threads; tid++)
        while (atomic_load_explicit(&start->shm->executor[tid].bound,
                                    memory_order_acquire) == BOUND_UNKNOWN)
            sched_yield();
}

static void set_state(const struct worker_start *start, enum worker_state s)
{
    atomic_store_explicit(&start->shm->state, s, memory_order_release);
    event_notify(start->event);
}

/* Ends the process without the kernel's exit handlers; what it printed is
 * written out first. */
_Noreturn static void leave(void)
{
    fflush(NULL);
    _exit(0);
}

_Noreturn static void refuse(const struct worker_start *start,
                             const struct ff_error *err)
{
    start->shm->error = *err;
    set_state(start, WORKER_REFUSED);
    leave();
}

static void wait_for_grid(const struct worker_start *start)
{
    const _Atomic uint32_t *phase = &start->job->phase;
    while (atomic_load_explicit(phase, memory_order_acquire) == PHASE_OPEN)
        futex_wait(phase, PHASE_OPEN, 1000000000u);
    if (atomic_load_explicit(phase, memory_order_acquire) == PHASE_QUIT)
        leave();
}

static void open_kernel(struct worker *w)
{
    const struct worker_start *start = w->start;
    struct ff_error err = {0};
    if (worker_open_kernel(start->job, start->rank, &w->kernel, &w->spec, &err)
        != 0)
        refuse(start, &err);
    spec_copy(&start->shm->spec, &w->spec);
    identity_take(&start->shm->fingerprint, w->kernel.object);
    set_state(start, WORKER_OPENED);
    wait_for_grid(start);
    if (spec_hash(&w->spec) != start->job->spec_hash) {
        ff_error_set(&err, FF_USAGE, "the kernel declares something else in "
                     "worker %u than in the first: results, parameters and "
                     "FF_ITEMS must not depend on where it runs",
                     job_rank(start->job, start->rank));
        refuse(start, &err);
    }
}

static void thread_left(void *arg)
{
    (void)arg;
    crash_thread_left();
}

static void init_executor(struct worker *w, uint32_t tid)
{
    const struct worker_start *start = w->start;
    struct ff_error err = {0};
    if (executor_init(&w->executor[tid], start->job, start->node,
                      &start->shm->executor[tid], start->rank, tid, &w->layout,
                      w->kernel.run, start->event, -1, &err) != 0
        || executor_open_outputs(&w->executor[tid], &w->spec,
                                 start->diagnose_begin < start->diagnose_end,
                                 &err) != 0)
        refuse(start, &err);
    executor_set_texts(&w->executor[tid], &w->texts);
    w->executor[tid].command = w->kernel.command;
    if (start->job->recycle != 0)
        w->executor[tid].ration = &w->ration;
    if (start->job->keep_order)
        w->executor[tid].outlet.capture = &w->capture;
    if (start->deals)
        find_deal(&w->executor[tid].find, start->shm->executor[tid].deal);
}

/* With FF_ONCE a chunk is the business of one thread: as that one, but before
 * it is started. */
static void run_solo(struct worker *w)
{
    const uint32_t chunk = w->start->solo_chunk;
    const bool once = w->start->job->schedule == SCHEDULE_ONCE;
    const uint32_t tid = once ? chunk % w->start->job->threads : 0;
    executor_set_thread(&w->executor[tid]);
    if (tid != 0)
        bind_thread(w->start->job, place_of(w->start, tid));
    executor_run_range(&w->executor[tid], (struct range){chunk, chunk + 1});
    /* Else what ruins our memory later could be laid to this chunk. */
    record_wait_taken(&w->executor[tid].record);
    if (tid != 0)
        bind_thread(w->start->job, place_of(w->start, 0));
    executor_set_thread(&w->executor[0]);
}

static bool is_team(const struct worker *w)
{
    return w->spec.kind == FF_KERNEL_TEAM;
}

static void capture_printed(struct worker *w)
{
    struct ff_error err = {0};
    if (capture_begin(&w->capture, &err) != 0)
        refuse(w->start, &err);
}

/* ---- before the first chunk, and after the last -------------------------- */

/* In the one worker that the launcher has chosen. */
static void load_shared(struct worker *w)
{
    const struct worker_start *start = w->start;
    struct ff_error err = {0};
    FAILPOINT("loading");
    if (shared_map(&w->shared, start->job, &w->spec, SHARED_LOAD, &err) != 0
        || life_load(&w->kernel, &w->spec, &w->shared, &w->executor[0], &err)
           != 0)
        refuse(start, &err);
    FAILPOINT("loaded");
    set_state(start, WORKER_LOADED);
}

/* Loads the shared data, should it be our turn, and waits until they are
 * there. */
static void get_shared(struct worker *w)
{
    const struct job_shm *job = w->start->job;
    struct ff_error err = {0};
    enum phase now;
    while ((now = atomic_load_explicit(&job->phase, memory_order_acquire))
           == PHASE_LOAD) {
        if (w->shared.memory == NULL
            && atomic_load_explicit(&job->loader, memory_order_acquire)
               == w->start->rank)
            load_shared(w);
        /* Another loader is chosen without another phase. */
        futex_wait(&job->phase, PHASE_LOAD, 20000000u);
    }
    if (now == PHASE_QUIT)
        leave();
    if (w->shared.memory == NULL
        && shared_map(&w->shared, job, &w->spec, SHARED_READ, &err) != 0)
        refuse(w->start, &err);
    for (uint32_t tid = 0; tid < n_threads(w); tid++)
        w->executor[tid].ff.shared = w->shared.at;
}

static void set_up(struct worker *w)
{
    struct ff_error err = {0};
    const _Atomic uint32_t *phase = &w->start->job->phase;
    executor_set_thread(&w->executor[0]);
    pthread_cleanup_push(thread_left, NULL);
    if (w->spec.n_shared > 0)
        get_shared(w);
    if (atomic_load_explicit(phase, memory_order_acquire) == PHASE_QUIT)
        leave();
    if (w->kernel.setup != NULL) {
        set_state(w->start, WORKER_SETUP);
        if (life_setup(&w->kernel, &w->executor[0], &err) != 0)
            refuse(w->start, &err);
        set_state(w->start, WORKER_OPENED);
    }
    pthread_cleanup_pop(0);
}

/* (Those of a team wait for the first one's next chunk.) */
static void wait_for_others(struct worker *w)
{
    const uint32_t others = n_threads(w) - 1;
    uint32_t ended;
    while (!is_team(w) && (ended = atomic_load(&w->n_ended)) < others)
        futex_wait(&w->n_ended, ended, 10000000u);
}

/* Nobody waits for us but the launcher, which kills who takes too long. */
static void tear_down(struct worker *w, enum worker_state state)
{
    struct ff_error err = {0};
    if (w->kernel.teardown == NULL)
        return;
    wait_for_others(w);
    team_init_none(&w->alone, w->executor, 1);
    set_state(w->start, state);
    if (life_teardown(&w->kernel, &w->executor[0], &err) != 0)
        w->executor[0].ff.calls->log(&w->executor[0].ff, "%s", err.text);
}

/* --recycle: has the first thread come back because of that? Then so do all
 * others, when they have ended what they run. */
static bool is_leaving(const struct worker *w)
{
    return w->start->job->recycle != 0 && ration_left(&w->ration) == 0;
}

/* The executors are done: the run is over, or another worker takes our place.
 * [LEAVE] The state is released when all of them have published what they
 * ran. */
static void end_work(struct worker *w)
{
    enum worker_state state = WORKER_TEARDOWN;
    if (is_leaving(w)) {
        state = WORKER_LEAVING;
        wait_for_others(w);
        set_state(w->start, state);
    }
    if (w->start->job->keep_order)
        capture_end(&w->capture);
    tear_down(w, state);
}

/* ---- threads ------------------------------------------------------------- */

static void start_threads(struct worker *w);

/* The first thread runs what is to run alone before the others start. (A team
 * is there from the start.) */
static void run_executor(struct worker *w, uint32_t tid)
{
    struct executor *e = &w->executor[tid];
    executor_set_thread(e);
    pthread_cleanup_push(thread_left, NULL);
    if (tid == 0 && w->start->solo_chunk != NO_CHUNK)
        run_solo(w);
    if (tid == 0 && !is_team(w))
        start_threads(w);
    executor_run(e);
    pthread_cleanup_pop(0);
}

struct thread_start {
    struct worker *worker;
    uint32_t tid;
};

/* In all threads of a team executor 0 is the one that is at work: a crash is
 * laid to it. */
static void run_member(struct worker *w, uint32_t tid)
{
    executor_set_thread(&w->executor[0]);
    pthread_cleanup_push(thread_left, NULL);
    team_serve(&w->team, tid);
    pthread_cleanup_pop(0);
}

static void *thread_main(void *arg)
{
    const struct thread_start *t = arg;
    struct worker *w = t->worker;
    take_place(w->start, t->tid);
    crash_init_thread();
    if (is_team(w))
        run_member(w, t->tid);
    else
        run_executor(w, t->tid);
    /* The run is over: the main thread ends the process. */
    atomic_fetch_add(&w->n_ended, 1);
    futex_wake(&w->n_ended);
    for (;;)
        pause();
    return NULL;
}

static void start_threads(struct worker *w)
{
    const uint32_t n = n_threads(w);
    static struct thread_start starts[LEDGER_MAX_EXECUTORS];
    struct ff_error err;
    for (uint32_t tid = 1; tid < n; tid++) {
        pthread_t thread;
        starts[tid] = (struct thread_start){w, tid};
        const int rc = pthread_create(&thread, NULL, thread_main,
                                      &starts[tid]);
        if (rc != 0) {
            ff_error_set(&err, FF_LOST, "cannot start thread %u of %u of "
                         "worker %u (see ulimit -u, ulimit -v, pids.max): %s",
                         tid + 1, n, job_rank(w->start->job, w->start->rank),
                         strerror(rc));
            refuse(w->start, &err);
        }
        pthread_detach(thread);
    }
    if (w->start->job->report_bindings) {
        wait_for_bindings(w->start);
        event_notify(w->start->event);
    }
}

static void start_team(struct worker *w)
{
    const struct job_shm *job = w->start->job;
    struct ff_error err = {0};
    if (team_init(&w->team, w->executor, job->threads, w->kernel.run,
                  team_is_crowded(job), &err) != 0)
        refuse(w->start, &err);
    start_threads(w);
}

static void diagnose(struct worker *w)
{
    struct executor *e = &w->executor[0];
    executor_set_thread(e);
    pthread_cleanup_push(thread_left, NULL);
    if (executor_try(e, w->start->diagnose_begin, w->start->diagnose_end))
        set_state(w->start, WORKER_SURVIVED);
    pthread_cleanup_pop(0);
    leave();
}

/* All chunks are done. Who crashes here is executor 0, which runs nothing. */
static void combine(struct worker *w)
{
    const struct worker_start *start = w->start;
    static struct executor nobody;
    struct ff_error err = {0};
    nobody.job = start->job;
    executor_set_thread(&nobody);
    pthread_cleanup_push(thread_left, NULL);
    if (combine_main(start->job, &w->layout, &start->shm->executor[0], &err)
        != 0)
        refuse(start, &err);
    pthread_cleanup_pop(0);
    set_state(start, WORKER_SURVIVED);
    leave();
}

/* What the process needs before any code of the user's is run: environment,
 * place, handlers. */
static void be_worker(const struct worker_start *start)
{
    struct ff_error err = {0};
    if (start->generation == 0)
        FAILPOINT_ARM("worker", start->rank, true);
    if (environment_set(start->job, start->rank, &err) != 0)
        refuse(start, &err);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (command_is_job(start->job))
        take_places(start);
    else
        take_place(start, 0);
    crash_init(start->shm);
    stacks_init(start->shm, job_text(start->job, JOB_OBJECT), start->event);
    crash_init_thread();
}

void worker_main(const struct worker_start *start)
{
    static struct worker w;
    const uint64_t started_ns = clock_ns();
    struct ff_error err = {0};
    w.start = start;
    atomic_init(&w.ration.left, (int64_t)start->job->recycle);
    be_worker(start);
    open_kernel(&w);
    kernel_lay_out(&w.kernel, &w.spec, start->job->seed, &w.layout);
    if (start->combines)
        combine(&w);
    /* (Those of a command are the business of command.c.) */
    if (w.kernel.command == NULL
        && item_texts_open(&w.texts, start->job, &err) != 0)
        refuse(start, &err);
    w.executor = calloc(n_threads(&w), sizeof w.executor[0]);
    if (w.executor == NULL)
        abort();
    for (uint32_t tid = 0; tid < n_threads(&w); tid++)
        init_executor(&w, tid);
    team_init_none(&w.alone, w.executor, n_threads(&w));
    set_up(&w);
    if (start->job->keep_order)
        capture_printed(&w);
    if (is_team(&w))
        start_team(&w);
    if (start->diagnose_begin < start->diagnose_end)
        diagnose(&w);
    set_state(start, WORKER_RUNNING);
    run_executor(&w, 0);
    end_work(&w);
    atomic_store(&start->shm->wait_ns, cpuwait_ns(started_ns));
    leave();
}
