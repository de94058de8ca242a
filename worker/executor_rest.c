/* SPDX-License-Identifier: Apache-2.0 */
/* Without a chunk: see executor_rest.h. */
#include "executor_rest.h"
#include "clock.h"
#include "failpoint.h"
#include "fpenv.h"

#define SPIN_NS 20000u          /* look again without sleeping */
#define REST_MIN_NS 50000u
#define REST_MAX_NS 5000000u

/* Should an idle executor get up? */
static bool must_rise(struct executor *e)
{
    const enum phase now = executor_phase(e);
    return now == PHASE_QUIT || executor_is_spent(e)
           || (now == PHASE_RUN && find_anything(&e->find));
}

static bool spin(struct executor *e)
{
    const uint64_t until = clock_ns() + SPIN_NS;
    while (clock_ns() < until) {
        if (must_rise(e))
            return true;
        for (int i = 0; i < 32; i++)
            cpu_relax();
    }
    return false;
}

static void ask_for_chunks(struct executor *e)
{
    if (!e->find.pinned && !executor_sees_hunger(e))
        shared_store32(&e->node->hungry, 1);
}

/* Nothing to take: publishes, and waits until there is, or the end. The epoch
 * is stored again at every turn, should a wild write have hit it. */
void executor_rest(struct executor *e)
{
    record_publish(&e->record, true);
    executor_become_even(e);
    FAILPOINT("even");
    record_notify(&e->record);
    ask_for_chunks(e);
    if (spin(e))
        return;
    for (uint64_t ns = REST_MIN_NS;; ns = ns < REST_MAX_NS ? ns * 2 : ns) {
        const uint32_t seen = atomic_load_explicit(&e->node->wake,
                                                   memory_order_acquire);
        atomic_store_explicit(&e->shm->epoch, e->epoch, memory_order_release);
        ask_for_chunks(e);
        if (must_rise(e))
            return;
        futex_wait(&e->node->wake, seen, ns);
    }
}

/* [LEAVE] All that was run is published. What is in the executor's word stays
 * there. An executor that has chunks to deal stays odd and says which is the
 * next, since they stand nowhere else: its replacement deals them. */
void executor_leave(struct executor *e)
{
    record_publish(&e->record, true);
    FAILPOINT("leave");
    if (find_can_deal(&e->find)) {
        executor_become_odd(e);
        shared_store32(&e->shm->current, NO_CHUNK);
        shared_store64(&e->shm->deal, e->find.deal);
    } else {
        executor_become_even(e);
    }
    record_notify(&e->record);
}
