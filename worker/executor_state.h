/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an executor (executor.h) knows, and the words that it shares with the
 * launcher and with others. The names in brackets are those of common/ledger.h.
 */
#ifndef FANFOLD_WORKER_EXECUTOR_STATE_H
#define FANFOLD_WORKER_EXECUTOR_STATE_H

#include "find.h"
#include "item_text.h"
#include "ledger.h"
#include "outlet.h"
#include "owned.h"
#include "partial.h"
#include "ration.h"
#include "record.h"
#include "stage.h"
#include "verify.h"

#include <fanfold.h>
#include <stdbool.h>
#include <stdint.h>

typedef void kernel_function(struct ff *ff, uint64_t begin, uint64_t end);

struct team;
struct command;

struct executor {
    struct ff ff; /* first: the kernel's view; the calls find us by it */
    const struct job_shm *job;
    struct node_shm *node;
    struct executor_shm *shm;
    kernel_function *kernel;
    const struct item_texts *texts; /* of the items */
    struct item_text item_text;     /* of one of them */
    struct team *team; /* whose thread this is (team.h), or NULL */
    struct command *command; /* that the kernel is (command.h), or NULL */
    struct ration *ration; /* of the worker (--recycle), or NULL */
    bool tells; /* what it runs now may be a reason to halt: told at once */
    struct stage stage;
    struct outlet outlet;
    const struct spec *concat; /* values become outputs (concat.h), or NULL */
    struct record record;

    struct find find;
    struct verify verify;

    uint64_t epoch;   /* copies of the shared fields: a wild write cannot */
    uint64_t begun;   /* change what we go by */
    uint64_t done;

    uint32_t batch;   /* how many chunks to take at once */
    uint64_t started_ns;
    uint64_t longest_ns;
    uint64_t busy_ns;

    bool failed;      /* the running chunk */
    bool differs;     /* --verify: because it gave different results */
    bool cancelled;   /* because the run ends: it counts as not begun */
    uint64_t fail_item;
    char fail_text[FAIL_TEXT];
};

/* ---- shared words -------------------------------------------------------- */

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
