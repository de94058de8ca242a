/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A team at work. For the executor a team is just its kernel: run_chunk sends
 * all threads into the kernel of the user and brings them back.
 *
 *   first thread                     the others (team_serve)
 *   begin, end
 *   outer barrier  - - - - - - - - - outer barrier
 *   kernel  - - - inner barrier, ... - - - kernel
 *   outer barrier  - - - - - - - - - outer barrier
 *   takes over what they folded, or how they failed
 *
 * Between the second outer barrier and the next first one all the others are
 * in it, so the first thread may touch what is theirs.
 *
 * The values of all threads become those of the first; the folding does not
 * care whose they are. Of several failures that of the lowest item is kept,
 * then that of the lowest thread: the same one each time, when the kernel
 * is. A thread in which a failure of the whole process is noted stands for the
 * first one (worker.c), which has the chunk.
 */
#include "team.h"
#include "executor_calls.h"
#include "fpenv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one thread ---------------------------------------------------------- */

static void run_kernel(struct team *t, uint32_t tid)
{
    struct member *m = &t->member[tid];
    m->thrown_out_of = NULL;
    if (setjmp(m->way_out) == 0)
        t->kernel(&t->executor[tid].ff, t->begin, t->end);
    fpenv_restore();
    atomic_store_explicit(&m->left, (uint64_t)t->chunk << 32 | m->inner,
                          memory_order_release);
}

static void run_as_member(struct team *t, uint32_t tid)
{
    struct executor *e = &t->executor[tid];
    uint32_t source;
    uint64_t item;
    executor_begin(e, t->begin, t->end);
    run_kernel(t, tid);
    if (!e->failed && stage_check(&e->stage, &source, &item) != 0)
        executor_fail_wrong_item(e, source, item);
}

static void meet_outside(struct team *t, uint32_t tid)
{
    barrier_wait(&t->outer, tid, &t->member[tid].outer);
}

void team_serve(struct team *t, uint32_t tid)
{
    fpenv_restore();
    for (;;) {
        meet_outside(t, tid);
        if (t->over)
            return;
        run_as_member(t, tid);
        meet_outside(t, tid);
    }
}

void team_end(struct team *t)
{
    t->over = true;
    meet_outside(t, 0);
}

/* ---- all of it, by the first thread -------------------------------------- */

/* The first thread that was thrown out of another call than `call`, or of none
 * when that is NULL; n when there is no such. */
static uint32_t find_thrown_out(const struct team *t, const char *call)
{
    for (uint32_t tid = 0; tid < t->n; tid++) {
        const char *other = t->member[tid].thrown_out_of;
        if (other != NULL && (call == NULL || strcmp(other, call) != 0))
            return tid;
    }
    return t->n;
}

static uint32_t find_returned(const struct team *t)
{
    uint32_t tid = 0;
    while (tid < t->n && t->member[tid].thrown_out_of != NULL)
        tid++;
    return tid;
}

/* A thread waited for one that had left, or that waits for it elsewhere. */
static bool fail_thrown_out(struct team *t)
{
    struct ff *ff = &t->executor[0].ff;
    const uint32_t waiting = find_thrown_out(t, NULL);
    const uint32_t returned = find_returned(t);
    if (waiting == t->n)
        return false;
    const char *call = t->member[waiting].thrown_out_of;
    const uint32_t elsewhere = find_thrown_out(t, call);
    if (returned < t->n)
        ff->calls->fail(ff, t->begin, "thread %u left the kernel while thread "
                        "%u waits in %s: all threads of a team must come to "
                        "it", returned, waiting, call);
    else
        ff->calls->fail(ff, t->begin, "thread %u waits in %s while thread %u "
                        "waits in %s: all threads of a team must come to the "
                        "same calls", waiting, call, elsewhere,
                        elsewhere < t->n
                        ? t->member[elsewhere].thrown_out_of : "another call");
    return true;
}

static uint32_t n_loops(const struct member *m)
{
    return atomic_load_explicit(&m->n_loops, memory_order_relaxed);
}

/* A thread came to other calls than the first one: they did not share the
 * work that they thought they did. */
static bool fail_counts(struct team *t)
{
    struct ff *ff = &t->executor[0].ff;
    const struct member *first = &t->member[0];
    for (uint32_t tid = 1; tid < t->n; tid++) {
        const struct member *m = &t->member[tid];
        const char *what = n_loops(m) != n_loops(first) ? "loops (ff_next)"
            : m->n_singles != first->n_singles ? "single sections (ff_single)"
            : m->n_reductions != first->n_reductions ? "reductions" : NULL;
        if (what == NULL)
            continue;
        ff->calls->fail(ff, t->begin, "thread %u of the team has not come to "
                        "the same %s as thread 0", tid, what);
        return true;
    }
    return false;
}

/* The failure of the chunk, if there is one, becomes the first thread's. */
static bool take_failure(struct team *t)
{
    struct executor *first = &t->executor[0], *worst = NULL;
    for (uint32_t tid = 0; tid < t->n; tid++) {
        struct executor *e = &t->executor[tid];
        if (e->failed && (worst == NULL || e->fail_item < worst->fail_item))
            worst = e;
    }
    if (worst == NULL)
        return fail_thrown_out(t) || fail_counts(t);
    if (worst != first) {
        first->failed = true;
        first->fail_item = worst->fail_item;
        memcpy(first->fail_text, worst->fail_text, sizeof first->fail_text);
    }
    return true;
}

/* As at the start: the threads may not have come to the same calls. */
static void reset(struct team *t)
{
    barrier_reset(&t->inner);
    atomic_store_explicit(&t->n_singles, 0, memory_order_relaxed);
    for (uint32_t i = 0; i < TEAM_LOOPS; i++)
        atomic_store_explicit(&t->loop[i].word, 0, memory_order_relaxed);
    for (uint32_t tid = 0; tid < t->n; tid++) {
        struct member *m = &t->member[tid];
        m->inner = m->n_singles = m->n_reductions = 0;
        atomic_store_explicit(&m->n_loops, 0, memory_order_relaxed);
    }
}

static void take_over(struct team *t)
{
    if (take_failure(t)) {
        for (uint32_t tid = 1; tid < t->n; tid++)
            executor_drop(&t->executor[tid]);
        reset(t);
        return;
    }
    for (uint32_t tid = 1; tid < t->n; tid++)
        stage_absorb(&t->executor[0].stage, &t->executor[tid].stage);
}

/* The kernel of the first thread's executor. */
static void run_chunk(struct ff *ff, uint64_t begin, uint64_t end)
{
    struct team *t = ((struct executor *)ff)->team;
    t->begin = begin;
    t->end = end;
    t->chunk++;
    meet_outside(t, 0);
    run_kernel(t, 0);
    meet_outside(t, 0);
    take_over(t);
}

/* Who is bound shares its set of CPUs, who is not its core. */
bool team_is_crowded(const struct job_shm *job)
{
    static uint32_t n_users[LEDGER_MAX_CPUS];
    for (uint32_t i = 0; i < job->n_executors; i++) {
        const struct place *p = &job->place[i];
        const uint32_t at = p->n_cpus > 0 ? p->cpus : p->core;
        const uint32_t room = p->n_cpus > 0 ? p->n_cpus : 1;
        if (at < LEDGER_MAX_CPUS && ++n_users[at] > room)
            return true;
    }
    return false;
}

static void refuse_emit(struct ff *ff, uint32_t output, const void *data,
                        size_t n)
{
    const struct executor *e = (const struct executor *)ff;
    (void)output;
    (void)data;
    (void)n;
    ff->calls->fail(ff, e->stage.begin, "thread %u of a team cannot emit: "
                    "only thread 0 can", ff->thread);
}

/* ---- without one --------------------------------------------------------- */

static void fail_alone(struct ff *ff)
{
    const struct executor *e = (const struct executor *)ff;
    ff->calls->fail(ff, e->stage.begin, "ff_barrier, ff_single, ff_next and "
                    "the ff_team_ reductions are for a team: declare the "
                    "kernel by FF_TEAM(ff, begin, end)");
}

static int single_alone(struct ff *ff)
{
    fail_alone(ff);
    return 0;
}

static int next_alone(struct ff *ff, struct ff_loop *loop, uint64_t *begin,
                      uint64_t *end)
{
    (void)loop;
    (void)begin;
    (void)end;
    fail_alone(ff);
    return 0;
}

static union ff_value reduce_alone(struct ff *ff, uint32_t op,
                                   const union ff_value *value, size_t n)
{
    (void)op;
    (void)value;
    (void)n;
    fail_alone(ff);
    return (union ff_value){.u64 = 0};
}

void team_init_none(struct team *t, struct executor *executor, uint32_t n)
{
    t->n = 0;
    t->leader_calls = *executor[0].ff.calls;
    t->leader_calls.barrier = fail_alone;
    t->leader_calls.single = single_alone;
    t->leader_calls.next = next_alone;
    t->leader_calls.reduce = reduce_alone;
    for (uint32_t tid = 0; tid < n; tid++)
        executor[tid].ff.calls = &t->leader_calls;
}

/* ---- life ---------------------------------------------------------------- */

static void join(struct team *t, uint32_t tid)
{
    struct executor *e = &t->executor[tid];
    e->team = t;
    e->ff.calls = tid == 0 ? &t->leader_calls : &t->member_calls;
    e->outlet.rows_of_chunk = &t->executor[0].outlet.rows;
    if (tid > 0)
        e->ff.bytes = t->no_bytes;
}

int team_init(struct team *t, struct executor *executor, uint32_t n,
              kernel_function *kernel, bool crowded, struct ff_error *err)
{
    memset(t, 0, sizeof *t);
    t->n = n;
    t->kernel = kernel;
    t->executor = executor;
    t->leader_calls = *executor[0].ff.calls;
    team_calls_init(&t->leader_calls);
    t->member_calls = t->leader_calls;
    t->member_calls.emit = refuse_emit;
    t->member = aligned_alloc(_Alignof(struct member), n * sizeof *t->member);
    if (t->member == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get memory for a team of "
                              "%u threads", n);
    memset(t->member, 0, n * sizeof *t->member);
    if (barrier_init(&t->outer, n, crowded, NULL, NULL, err) != 0
        || barrier_init(&t->inner, n, crowded, team_is_hopeless, t, err) != 0) {
        team_release(t);
        return -1;
    }
    for (uint32_t tid = 0; tid < n; tid++)
        join(t, tid);
    executor[0].kernel = run_chunk;
    return 0;
}

void team_release(struct team *t)
{
    barrier_release(&t->outer);
    barrier_release(&t->inner);
    free(t->member);
    t->member = NULL;
}
