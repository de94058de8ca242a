/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel of a team calls: barrier, single, loops, reductions.
 *
 * A thread that waits for one that has left the kernel would wait for ever.
 * It finds that out when it has waited for some time, and then leaves the
 * kernel too, by a jump to team.c, which lets the chunk fail.
 *
 * All counts (of loops, singles, reductions) are each thread's own and go on
 * from chunk to chunk. They agree because all threads come to the same calls;
 * team.c sets them right when they do not.
 */
#include "team_calls.h"
#include "fpenv.h"
#include "op.h"
#include "xsum.h"

#include <inttypes.h>
#include <sched.h>
#include <time.h>

#define SPINS 256       /* looks before the core is given away, */
#define YIELDS 1000     /* so often before we sleep between them */
#define NAP_NS 100000

_Static_assert(XSUM_WORDS <= TEAM_REDUCTION_WORDS, "room for a sum");

static struct executor *executor_of(struct ff *ff)
{
    return (struct executor *)ff;
}

static struct member *member_of(const struct executor *e)
{
    return &e->team->member[e->ff.thread];
}

/* ---- waiting ------------------------------------------------------------- */

static bool has_left(const struct team *t, uint32_t tid, uint32_t *turn)
{
    const uint64_t left = atomic_load_explicit(&t->member[tid].left,
                                               memory_order_acquire);
    *turn = (uint32_t)left;
    return left >> 32 == t->chunk;
}

bool team_is_hopeless(const void *arg, uint32_t turn)
{
    const struct team *t = arg;
    uint32_t last;
    for (uint32_t tid = 0; tid < t->n; tid++)
        if (has_left(t, tid, &last) && (int32_t)(last - turn) < 0)
            return true;
    return false;
}

_Noreturn static void leave_kernel(struct member *m, const char *call)
{
    m->thrown_out_of = call;
    longjmp(m->way_out, 1);
}

static void meet(struct executor *e, const char *call)
{
    struct member *m = member_of(e);
    if (!barrier_wait(&e->team->inner, e->ff.thread, &m->inner))
        leave_kernel(m, call);
}

static void call_barrier(struct ff *ff)
{
    meet(executor_of(ff), "ff_barrier");
}

/* ---- single -------------------------------------------------------------- */

/* The first to come to a single finds the team's count where its own was. */
static int call_single(struct ff *ff)
{
    struct executor *e = executor_of(ff);
    uint32_t before = member_of(e)->n_singles++;
    return atomic_compare_exchange_strong_explicit(
        &e->team->n_singles, &before, before + 1, memory_order_relaxed,
        memory_order_relaxed);
}

/* ---- loops --------------------------------------------------------------- */

static void pause_a_little(unsigned i)
{
    if (i < SPINS)
        cpu_relax();
    else if (i < SPINS + YIELDS)
        sched_yield();
    else
        nanosleep(&(struct timespec){0, NAP_NS}, NULL);
}

/* Is a thread in a barrier to which we have not come? */
static bool waits_for_us(const struct executor *e, uint32_t tid)
{
    const uint32_t there = atomic_load_explicit(&e->team->member[tid].inner,
                                                memory_order_acquire);
    return (int32_t)(there - member_of(e)->inner) > 0;
}

/* Waits until every thread has come to a loop after this one, so is done with
 * it. The last of all never waits here, for the others are ahead of it. */
static void wait_for_all_past(struct executor *e, uint32_t loop)
{
    const struct team *t = e->team;
    for (uint32_t tid = 0; tid < t->n; tid++) {
        uint32_t turn;
        bool hopeless = false; /* then we look once more */
        for (unsigned i = 0;; i++) {
            const uint32_t n = atomic_load_explicit(&t->member[tid].n_loops,
                                                    memory_order_acquire);
            if ((int32_t)(n - loop) > 0)
                break;
            if (hopeless)
                leave_kernel(member_of(e), "ff_next");
            hopeless = i > SPINS && (has_left(t, tid, &turn)
                                     || waits_for_us(e, tid));
            pause_a_little(i);
        }
    }
}

/* Comes to a loop: takes its first piece, or another one. The number of a
 * piece; from loop->pieces on there is none.
 *
 * A word is used again for a later loop only when all threads have come to a
 * loop after the one that is in it. That a thread has (release) and that all
 * have (acquire) stand between the last taking from the old loop and the first
 * from the new one: so no thread can take from the wrong loop. */
static uint64_t enter(struct executor *e, struct ff_loop *loop)
{
    struct member *m = member_of(e);
    const uint32_t turn = atomic_load_explicit(&m->n_loops,
                                               memory_order_relaxed) + 1;
    _Atomic uint64_t *word = &e->team->loop[turn % TEAM_LOOPS].word;
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
    atomic_store_explicit(&m->n_loops, turn, memory_order_release);
    loop->turn = UINT64_C(1) << 32 | turn;
    if ((int32_t)((uint32_t)(seen >> 32) - turn) < 0)
        wait_for_all_past(e, turn - TEAM_LOOPS);
    while ((int32_t)((uint32_t)(seen >> 32) - turn) < 0)
        if (atomic_compare_exchange_weak_explicit(
                word, &seen, (uint64_t)turn << 32 | 1, memory_order_acq_rel,
                memory_order_acquire))
            return 0;
    return (uint32_t)atomic_fetch_add_explicit(word, 1, memory_order_relaxed);
}

static int call_next(struct ff *ff, struct ff_loop *loop, uint64_t *begin,
                     uint64_t *end)
{
    struct executor *e = executor_of(ff);
    uint64_t piece;
    if (loop->pieces == 0)
        return 0;
    if (loop->turn == 0)
        piece = enter(e, loop);
    else
        piece = (uint32_t)atomic_fetch_add_explicit(
            &e->team->loop[loop->turn % TEAM_LOOPS].word, 1,
            memory_order_relaxed);
    if (piece >= loop->pieces) {
        loop->pieces = 0;
        return 0;
    }
    *begin = loop->begin + piece * loop->grain;
    *end = piece + 1 == loop->pieces ? loop->end : *begin + loop->grain;
    return 1;
}

/* ---- reductions ---------------------------------------------------------- */

static union ff_value finish(struct executor *e, const struct op *op,
                             const int64_t *slice)
{
    union ff_value v = {.u64 = 0};
    struct value value;
    if (op->code == FF_OP_SUM_INT) {
        if (!xint_to_i64(slice, &v.i64))
            e->ff.calls->fail(&e->ff, e->stage.begin, "ff_team_sum_int: the "
                              "sum does not fit 64 bits");
        return v;
    }
    op->finish(NULL, slice, &value);
    v.f64 = value.f64;
    return v;
}

/* Each thread folds its values into a slice of its own; behind the barrier
 * each merges all slices. Merging is associative and commutative to the last
 * bit, so all get the same. There are two slices a thread, used in turn: the
 * next but one reduction writes the first again only when all have met in the
 * next one, so have read it. */
static union ff_value call_reduce(struct ff *ff, uint32_t code,
                                  const union ff_value *value, size_t n)
{
    struct executor *e = executor_of(ff);
    const struct team *t = e->team;
    const uint32_t side = member_of(e)->n_reductions++ % 2;
    const struct op *op = op_find(code);
    int64_t *own = member_of(e)->reduction[side];
    int64_t all[TEAM_REDUCTION_WORDS];
    op->init(NULL, own);
    op->fold(NULL, own, value, n);
    if (t->n == 1)
        return finish(e, op, own);
    meet(e, "a team reduction");
    op->init(NULL, all);
    for (uint32_t tid = 0; tid < t->n; tid++)
        op->merge(NULL, all, t->member[tid].reduction[side]);
    return finish(e, op, all);
}

void team_calls_init(struct ff_calls *calls)
{
    calls->barrier = call_barrier;
    calls->single = call_single;
    calls->next = call_next;
    calls->reduce = call_reduce;
}
