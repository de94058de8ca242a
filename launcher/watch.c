/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker is doing: see watch.h. Looks at its shared memory, as it is:
 * what a wild write left there shows, and harms nothing. */
#include "watch.h"

static enum watch_state state_of(const struct slot *s,
                                 const struct worker_shm *shm,
                                 const struct watch *w)
{
    const uint32_t state = atomic_load_explicit(&shm->state,
                                                memory_order_relaxed);
    return s->stopped                  ? WATCH_STOPPED
           : s->diagnosing             ? WATCH_DIAGNOSING
           : state != WORKER_RUNNING   ? WATCH_OPENING
           : w->n_running > 0          ? WATCH_RUNNING : WATCH_IDLE;
}

/* What the chunks in hand add to the time in chunks is not there yet. */
static void look_at_thread(struct watch *w, const struct slot *s,
                           const struct executor_shm *e, uint32_t tid,
                           uint64_t *busy_ns)
{
    const uint32_t chunk = atomic_load_explicit(&e->current,
                                                memory_order_relaxed);
    *busy_ns += atomic_load_explicit(&e->busy_ns, memory_order_relaxed);
    if (chunk == NO_CHUNK)
        return;
    *busy_ns += s->age_ns[tid];
    if (w->n_running++ == 0 || s->age_ns[tid] > w->age_ns) {
        w->chunk = chunk;
        w->age_ns = s->age_ns[tid];
    }
}

void watch_worker(struct watch *w, const struct crew *crew, uint32_t rank,
                  uint32_t executors, uint64_t now_ns)
{
    const struct slot *s = &crew->slot[rank];
    uint64_t busy_ns = 0;
    *w = (struct watch){.threads = executors, .chunk = NO_CHUNK};
    if (!s->live)
        return;
    const struct worker_shm *shm = crew_worker(crew, rank);
    for (uint32_t tid = 0; tid < executors; tid++)
        look_at_thread(w, s, &shm->executor[tid], tid, &busy_ns);
    w->state = state_of(s, shm, w);
    w->alone = s->solo_chunk != NO_CHUNK;
    const double lived = (double)(now_ns - s->spawned_ns) * executors;
    w->busy = now_ns > s->spawned_ns ? (double)busy_ns / lived : 0;
    w->busy = w->busy < 1 ? w->busy : 1;
}
