/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of results that are operations of the kernel's own. Their functions
 * are user code, so we hand the states of all chunks to one more worker, below
 * the fork server like any other; it answers with numbers. Each result has a
 * worker of its own: one that dies takes no other result with it.
 */
#include "backtrace.h"
#include "cause.h"
#include "clock.h"
#include "op_operation.h"
#include "run.h"
#include "signals.h"
#include "tree.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANK 0
#define LOOK_MS 20
#define LOOK_MAX_NS 200000000u /* between two looks; more: we were stopped */
#define MAX_SERVER_DEATHS 3

struct combination {
    struct run *run;
    uint32_t result;
    struct shm states;   /* what it reads, and the answer */
    uint64_t begun, age_ns, looked_ns;
    bool ended;          /* by a signal or the time limit */
};

static const struct partial_result *result_of(const struct combination *c)
{
    return &c->run->gather.layout.result[c->result];
}

/* Several texts are one under the other. */
static void add_error(struct run *run, const struct ff_error *err)
{
    struct ff_error *all = &run->uncombined;
    const size_t n = strlen(all->text);
    if (all->status == 0)
        *all = *err;
    else
        snprintf(all->text + n, sizeof all->text - n, "\nfanfold: %.500s",
                 err->text);
}

/* ---- before the end ------------------------------------------------------ */

bool run_died_combining(struct run *run, uint32_t rank, uint32_t tid)
{
    const struct crew *crew = run->crew;
    bool combines = false;
    for (uint32_t t = 0; t < crew->threads; t++)
        if (tid >= crew->threads || t == tid)
            combines |= atomic_load(&crew->executor[rank * crew->threads + t]
                                         ->combines) != 0;
    /* All that run now may die of it; more only say so. */
    if (!combines || !run->gather.layout.has_operation
        || crew->slot[rank].solo_chunk != NO_CHUNK
        || ++run->combining_deaths > 2 * crew->n_workers)
        return false;
    atomic_store(&crew_job(crew)->apart, 1);
    return true;
}

/* ---- the states ---------------------------------------------------------- */

/* 0; 1 when there are none; -1. */
static int write_states(struct combination *c, struct ff_error *err)
{
    const struct partial_result *r = result_of(c);
    const struct tree *all = &c->run->gather.own;
    const uint32_t at = r->offset - c->run->gather.layout.n_merged_words;
    struct tree own;
    int rc = 0;
    tree_init(&own, all->n_chunks, r->words, NULL, NULL);
    for (size_t i = 0; rc == 0 && i < all->n; i++) {
        const int64_t *slice = tree_state(all, i) + at;
        if (slice[0] != OPERATION_EMPTY)
            rc = tree_add(&own, all->node[i], slice);
    }
    const size_t bytes = tree_encoded_words(&own) * sizeof(int64_t);
    if (rc != 0)
        ff_error_errno(err, FF_LOST, "cannot combine result '%s'", r->name);
    else if (own.n == 0)
        rc = 1;
    else if ((rc = shm_create(&c->states, bytes, SHM_SHARED, err)) == 0)
        tree_encode(&own, c->states.at);
    tree_release(&own);
    return rc;
}

/* What the worker wrote is checked like all that workers say. */
static int take_answer(struct combination *c, struct ff_error *err)
{
    const struct partial_result *r = result_of(c);
    int64_t slice[1 + OPERATION_MAX_NUMBERS];
    memcpy(slice, c->states.at, r->words * sizeof *slice);
    if (gather_set_operation(&c->run->gather, c->result, slice))
        return 0;
    return ff_error_set(err, FF_ITEMS_FAILED, "result '%s' has no value: it "
                        "damaged its own memory", r->name);
}

/* ---- the worker ---------------------------------------------------------- */

static int start(struct combination *c, struct ff_error *err)
{
    struct job_shm *job = crew_job(c->run->crew);
    struct duty duty = DUTY_PLAIN;
    int rc = 1;
    duty.combines = true;
    job->combine_result = c->result;
    job->combine = (struct node_file){.fd = c->states.fd,
                                      .bytes = c->states.bytes};
    atomic_store_explicit(&job->phase, PHASE_COMBINE, memory_order_release);
    for (int i = 0; rc == 1 && i < 1000; i++)
        if ((rc = crew_spawn(c->run->crew, RANK, duty, err)) == 1)
            poll(NULL, 0, 1);
    c->begun = c->age_ns = 0;
    c->looked_ns = clock_ns();
    return rc == 0 ? 0
           : rc != 1 ? -1
           : ff_error_set(err, FF_LOST, "cannot start a worker: the fork "
                          "server does not answer");
}

/* Waits a little for whatever happens, and passes on what it prints. */
static void look(struct combination *c)
{
    const struct crew *crew = c->run->crew;
    const struct slot *s = &crew->slot[RANK];
    struct pollfd on[] = {{.fd = crew->event, .events = POLLIN},
                          {.fd = crew->socket, .events = POLLIN},
                          {.fd = s->out->ended ? -1 : s->out->fd,
                           .events = POLLIN},
                          {.fd = s->err->ended ? -1 : s->err->fd,
                           .events = POLLIN}};
    uint64_t count;
    poll(on, sizeof on / sizeof on[0], LOOK_MS);
    if (on[0].revents != 0 && read(crew->event, &count, sizeof count) < 0) {
        /* Nobody called; we look all the same. */
    }
    if (on[2].revents != 0 && output_can_write(s->out))
        output_forward(s->out);
    if (on[3].revents != 0 && output_can_write(s->err))
        output_forward(s->err);
    crew_wake_server(crew);
}

/* A signal ends it, as does the time limit with its grace; and --timeout when
 * one call takes longer. */
static void check_limits(struct combination *c)
{
    struct run *run = c->run;
    const struct executor_shm *e = &crew_worker(run->crew, RANK)->executor[0];
    const uint64_t begun = atomic_load_explicit(&e->begun,
                                                memory_order_acquire);
    const uint64_t now = clock_ns(), elapsed = now - c->looked_ns;
    const struct signals_seen seen = signals_seen();
    c->looked_ns = now;
    c->age_ns += elapsed < LOOK_MAX_NS ? elapsed : LOOK_MAX_NS;
    if (begun != c->begun)
        c->age_ns = 0;
    c->begun = begun;
    const bool late = run->limit_ns != 0
                      && now >= run->limit_ns + run->job->grace_ns;
    if (late || seen.interrupts > run->interrupts
        || seen.terminations > run->terminations) {
        c->ended = true;
        run->stop_status = late ? FF_TIME_LIMIT : FF_INTERRUPTED;
        crew_kill(run->crew, RANK, KILLED_END);
    } else if (run->job->timeout_ns != 0
               && c->age_ns >= run->job->timeout_ns) {
        crew_kill(run->crew, RANK, KILLED_TIMEOUT);
    }
}

/* 0 with the message of its end; 1: the server is gone. */
static int wait_for_end(struct combination *c, struct message *m)
{
    int rc;
    for (;;) {
        while ((rc = crew_receive(c->run->crew, m)) > 0)
            if (m->kind == MESSAGE_EXITED || m->kind == MESSAGE_UNSPAWNED)
                return 0;
        if (rc < 0)
            return 1;
        look(c);
        check_limits(c);
    }
}

/* ---- its end ------------------------------------------------------------- */

static const char *what_it_did(const struct worker_shm *w)
{
    if (atomic_load(&w->state) == WORKER_STARTING)
        return "opening the kernel again";
    return atomic_load(&w->executor[0].current) == COMBINING_FINISH
               ? "its finish function" : "its combine function";
}

static int died(struct combination *c, int status, struct ff_error *err)
{
    struct run *run = c->run;
    const struct worker_shm *w = crew_worker(run->crew, RANK);
    const char *text = crew_job(run->crew)->text;
    struct cause cause;
    cause_of_death(&run->crew->slot[RANK], status, run->job->timeout_ns,
                   &cause);
    ff_error_set(err, FF_ITEMS_FAILED, "result '%s' has no value: %s failed: "
                 "%s", result_of(c)->name, what_it_did(w), cause.text);
    struct backtrace *b = cause.trace == NULL ? NULL
                          : backtrace_copy(cause.trace);
    if (b != NULL) {
        backtrace_resolve(b, crew_command, run->crew);
        backtrace_add_place(b, text + strlen(text) + 1, err);
    }
    backtrace_free(b);
    return -1;
}

static int end_of(struct combination *c, const struct message *m,
                  struct ff_error *err)
{
    struct slot *s = &c->run->crew->slot[RANK];
    const struct worker_shm *w = crew_worker(c->run->crew, RANK);
    const uint32_t state = atomic_load(&w->state);
    const char *name = result_of(c)->name;
    output_finish(s->out);
    output_finish(s->err);
    if (m->kind == MESSAGE_UNSPAWNED)
        return ff_error_set(err, FF_LOST, "cannot start a worker to combine "
                            "result '%s': %s", name, strerror(m->status));
    if (c->ended)
        return ff_error_set(err, c->run->stop_status, "result '%s' has no "
                            "value: %s while it was combined", name,
                            c->run->stop_status == FF_TIME_LIMIT
                                ? "the time limit was reached"
                                : "interrupted");
    if (state == WORKER_SURVIVED && m->status == 0)
        return take_answer(c, err);
    if (state != WORKER_REFUSED)
        return died(c, m->status, err);
    return ff_error_set(err, FF_LOST, "result '%s' has no value: %.*s", name,
                        500, w->error.text);
}

/* A server that dies takes the worker with it, which may have written a part of
 * its answer: another one, another try. */
static int combine(struct combination *c, struct ff_error *err)
{
    struct crew *crew = c->run->crew;
    struct message m;
    for (int i = 0; i < MAX_SERVER_DEATHS; i++) {
        shm_release(&c->states);
        const int written = write_states(c, err);
        if (written != 0)
            return written;
        if (crew->socket < 0 && crew_start_server(crew, err) != 0)
            return -1;
        if (start(c, err) != 0)
            return -1;
        const int gone = wait_for_end(c, &m);
        const int rc = gone ? -1 : end_of(c, &m, err);
        crew_retire(crew, RANK);
        if (!gone)
            return rc;
        crew_lost_server(crew);
    }
    return ff_error_set(err, FF_LOST, "result '%s' has no value: the fork "
                        "server died while it was combined",
                        result_of(c)->name);
}

static void combine_result(struct run *run, uint32_t result)
{
    struct combination c = {.run = run, .result = result, .states.fd = -1};
    struct ff_error err = {0};
    if (run->interrupts >= 2) {
        ff_error_set(&err, run->stop_status, "result '%s' has no value: "
                     "killed before it was combined", result_of(&c)->name);
    } else {
        (void)combine(&c, &err);
    }
    if (err.status != 0) {
        add_error(run, &err);
        run->gather.state[result_of(&c)->offset] = OPERATION_STATE;
    }
    shm_release(&c.states);
}

void run_combine(struct run *run)
{
    const struct partial_layout *layout = &run->gather.layout;
    for (uint32_t i = 0; i < layout->n_results; i++)
        if (layout->result[i].op->code == FF_OP_OPERATION)
            combine_result(run, i);
}
