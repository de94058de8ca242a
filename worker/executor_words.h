/* SPDX-License-Identifier: Apache-2.0 */
/* What an executor shares with launcher and others, in a word each. For the
 * executor alone. The names in brackets are those of common/ledger.h. */
#ifndef FANFOLD_WORKER_EXECUTOR_WORDS_H
#define FANFOLD_WORKER_EXECUTOR_WORDS_H

#include "executor.h"
#include "owned.h"
#include "ration.h"

static inline void executor_become_odd(struct executor *e) /* [ODD] */
{
    if (e->epoch % 2 == 0)
        shared_store64(&e->shm->epoch, ++e->epoch);
    /* The next change of a claim word is an acquire-release RMW, so whoever
     * sees it sees this store as well. */
}

static inline void executor_become_even(struct executor *e) /* [EVEN] */
{
    if (e->epoch % 2 == 1) {
        shared_store32(&e->shm->current, NO_CHUNK);
        atomic_store_explicit(&e->shm->epoch, ++e->epoch,
                              memory_order_release);
    }
}

static inline enum phase executor_phase(const struct executor *e)
{
    return atomic_load_explicit(&e->job->phase, memory_order_acquire);
}

static inline bool executor_sees_hunger(const struct executor *e)
{
    return atomic_load_explicit(&e->node->hungry, memory_order_relaxed) != 0;
}

/* Whoever found nothing looks again. */
static inline void executor_wake_idle(struct executor *e)
{
    shared_store32(&e->node->hungry, 0);
    atomic_fetch_add_explicit(&e->node->wake, 1, memory_order_release);
    futex_wake(&e->node->wake);
}

/* --recycle: has this worker begun as many chunks as it is to? */
static inline bool executor_is_spent(const struct executor *e)
{
    return e->ration != NULL && ration_left(e->ration) == 0;
}

#endif
