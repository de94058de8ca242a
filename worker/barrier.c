/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The barrier of a team: see barrier.h. Modelled in tests/model/barrier.pml.
 *
 * Memory order. Whoever tells stores a turn (release), whoever waits reads it
 * (acquire): so what was written before the barrier is seen by the partner,
 * and round by round by all. When crowded, the counter's read-modify-writes
 * (acquire-release) make a chain that ends in the last to come, who then
 * releases `passed`.
 *
 * No wake-up is lost. A sleeper stores `sleeping`, then looks at the turn once
 * more, then sleeps (the kernel looks a third time, under its lock); the other
 * stores the turn, then looks at `sleeping`. With each side's store before its
 * load, at least one of them sees the other. Both being sequentially
 * consistent would do, at the price of a full fence a barrier, also for those
 * that never sleep. So where the kernel has membarrier the fence is the
 * sleeper's alone: membarrier puts one into every running thread of the
 * process (`light`). Turns go up by one and are compared by difference, so
 * that they may wrap around.
 */
#include "barrier.h"
#include "clock.h"
#include "fpenv.h"

#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPINS 64             /* looks between two looks at the clock */
#define SPIN_NS 50000u       /* look so long, */
#define YIELDS 4             /* then offer the core so often, then sleep */
#define CROWDED_YIELDS 16    /* when crowded, do not spin but offer it */
#define SLEEP_NS 10000000    /* between two looks for hope */

/* ---- sleeping ------------------------------------------------------------ */

/* Until the word is no longer `seen`, we are woken, or it is time to look for
 * hope again, should it ever be lost. */
static void futex_sleep(const struct barrier *b, const _Atomic uint32_t *word,
                        uint32_t seen)
{
    const struct timespec t = {0, SLEEP_NS};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen,
            b->hopeless != NULL ? &t : NULL, NULL, 0);
}

static void futex_wake_all(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static bool membarrier_ready(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
                   0, 0) == 0;
}

static void fence_all_threads(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

static bool is_hopeless(const struct barrier *b, uint32_t turn)
{
    return b->hopeless != NULL && b->hopeless(b->arg, turn);
}

static bool reached(const _Atomic uint32_t *word, uint32_t turn)
{
    const uint32_t now = atomic_load_explicit(word, memory_order_acquire);
    return (int32_t)(now - turn) >= 0;
}

/* ---- a core for each ----------------------------------------------------- */

static inline void tell(const struct barrier *b, struct barrier_flag *f,
                        uint32_t turn)
{
    uint32_t sleeping;
    if (b->light) {
        atomic_store_explicit(&f->turn, turn, memory_order_release);
        atomic_signal_fence(memory_order_seq_cst);
        sleeping = atomic_load_explicit(&f->sleeping, memory_order_relaxed);
    } else {
        atomic_store(&f->turn, turn);
        sleeping = atomic_load(&f->sleeping);
    }
    if (__builtin_expect(sleeping != 0, 0))
        futex_wake_all(&f->turn);
}

static bool spin(const _Atomic uint32_t *word, uint32_t turn)
{
    const uint64_t until = clock_ns() + SPIN_NS;
    do {
        for (int i = 0; i < SPINS; i++) {
            if (reached(word, turn))
                return true;
            cpu_relax();
        }
    } while (clock_ns() < until);
    for (int i = 0; i < YIELDS; i++) {
        if (reached(word, turn))
            return true;
        sched_yield();
    }
    return false;
}

/* Sleeps until `word` has reached the turn; that we do is announced already.
 * False when it is hopeless. */
static bool sleep_on(const struct barrier *b, const _Atomic uint32_t *word,
                     uint32_t turn)
{
    for (;;) {
        const uint32_t seen = atomic_load(word);
        if ((int32_t)(seen - turn) >= 0)
            return true;
        if (is_hopeless(b, turn))
            return false;
        futex_sleep(b, word, seen);
    }
}

static bool sleep_until(const struct barrier *b, struct barrier_flag *f,
                        uint32_t turn)
{
    atomic_store(&f->sleeping, 1);
    if (b->light)
        fence_all_threads();
    const bool told = sleep_on(b, &f->turn, turn);
    atomic_store_explicit(&f->sleeping, 0, memory_order_relaxed);
    return told;
}

static bool disseminate(struct barrier *b, uint32_t tid, uint32_t turn)
{
    uint32_t distance = 1;
    for (uint32_t r = 0; r < b->rounds; r++, distance *= 2) {
        const uint32_t to = tid + distance;
        struct barrier_flag *own = &b->flag[tid * b->rounds + r];
        tell(b, &b->flag[(to < b->n ? to : to - b->n) * b->rounds + r], turn);
        for (int i = 0; i < SPINS; i++)
            if (reached(&own->turn, turn))
                break;
        if (!reached(&own->turn, turn) && !spin(&own->turn, turn)
            && !sleep_until(b, own, turn))
            return false;
    }
    return true;
}

/* ---- fewer cores than threads -------------------------------------------- */

static bool sleep_crowded(struct barrier *b, uint32_t turn)
{
    atomic_fetch_add(&b->n_sleeping, 1);
    const bool passed = sleep_on(b, &b->passed, turn);
    atomic_fetch_sub(&b->n_sleeping, 1);
    return passed;
}

static bool gather(struct barrier *b, uint32_t turn)
{
    const uint32_t before = atomic_fetch_add_explicit(&b->arrived, 1,
                                                      memory_order_acq_rel);
    if (before + 1 == b->n) {
        /* Nobody comes again before `passed` is released. */
        atomic_store_explicit(&b->arrived, 0, memory_order_relaxed);
        atomic_store(&b->passed, turn);
        if (atomic_load(&b->n_sleeping) != 0)
            futex_wake_all(&b->passed);
        return true;
    }
    for (int i = 0; i < CROWDED_YIELDS; i++) {
        if (reached(&b->passed, turn))
            return true;
        sched_yield();
    }
    return sleep_crowded(b, turn);
}

/* ---- life ---------------------------------------------------------------- */

bool barrier_wait(struct barrier *b, uint32_t tid, _Atomic uint32_t *turn)
{
    const uint32_t next = atomic_load_explicit(turn, memory_order_relaxed) + 1;
    atomic_store_explicit(turn, next, memory_order_release);
    return b->crowded ? gather(b, next) : disseminate(b, tid, next);
}

int barrier_init(struct barrier *b, uint32_t n, bool crowded,
                 barrier_hopeless *hopeless, const void *arg,
                 struct ff_error *err)
{
    memset(b, 0, sizeof *b);
    b->n = n;
    b->crowded = crowded;
    b->hopeless = hopeless;
    b->arg = arg;
    while (!crowded && (UINT32_C(1) << b->rounds) < n)
        b->rounds++;
    if (b->rounds == 0)
        return 0;
    const size_t bytes = (size_t)n * b->rounds * sizeof b->flag[0];
    b->flag = aligned_alloc(_Alignof(struct barrier_flag), bytes);
    if (b->flag == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get memory for a barrier "
                              "of %u threads", n);
    memset(b->flag, 0, bytes);
    b->light = membarrier_ready();
    return 0;
}

void barrier_release(struct barrier *b)
{
    free(b->flag);
    b->flag = NULL;
}

void barrier_reset(struct barrier *b)
{
    for (uint32_t i = 0; i < b->n * b->rounds; i++)
        atomic_store_explicit(&b->flag[i].turn, 0, memory_order_relaxed);
    atomic_store_explicit(&b->arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&b->passed, 0, memory_order_relaxed);
}
