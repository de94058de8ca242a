/* SPDX-License-Identifier: Apache-2.0 */
/* --report-bindings: see bindings.h. The masks are a worker's word: they are
 * shown, and nothing depends on them. */
#include "bindings.h"
#include "cpulist.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LIST_TEXT 400

static uint32_t bound_of(const struct executor_shm *e)
{
    return atomic_load_explicit(&e->bound, memory_order_acquire);
}

static bool all_known(const struct worker_shm *shm, uint32_t threads)
{
    for (uint32_t tid = 0; tid < threads; tid++)
        if (bound_of(&shm->executor[tid]) == BOUND_UNKNOWN)
            return false;
    return true;
}

static uint32_t read_mask(const struct executor_shm *e,
                          uint32_t cpu[LEDGER_MAX_CPUS])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < LEDGER_MAX_CPUS; i++)
        if (atomic_load_explicit(&e->mask[i / 64], memory_order_relaxed)
            >> i % 64 & 1)
            cpu[n++] = i;
    return n;
}

static void where(const struct plan *plan, const struct place *p, char *out,
                  size_t size)
{
    if (plan->bind_to == BIND_NUMA)
        snprintf(out, size, "NUMA %" PRIu32 " of package %" PRIu32, p->numa,
                 p->package);
    else if (plan->bind_to == BIND_SOCKET)
        snprintf(out, size, "package %" PRIu32, p->package);
    else
        snprintf(out, size, "core %" PRIu32 " of package %" PRIu32
                 ", NUMA %" PRIu32, p->core, p->package, p->numa);
}

static void tell_thread(FILE *out, const struct plan *plan,
                        const struct place *p, const struct executor_shm *e)
{
    static uint32_t cpu[LEDGER_MAX_CPUS];
    char list[LIST_TEXT], planned[LIST_TEXT], place[100];
    const uint32_t n = read_mask(e, cpu);
    if (bound_of(e) == BOUND_UNKNOWN) {
        fprintf(out, "had not started when its worker ended\n");
        return;
    }
    if (bound_of(e) != BOUND_KNOWN) {
        fprintf(out, "has a mask that cannot be read\n");
        return;
    }
    cpu_list_text(cpu, n, list, sizeof list);
    where(plan, p, place, sizeof place);
    if (!plan->bound) {
        fprintf(out, "not bound: CPUs %s\n", list);
    } else if (n == p->n_cpus
               && memcmp(cpu, plan->cpu + p->cpus, n * sizeof cpu[0]) == 0) {
        fprintf(out, "on CPU%s %s (%s)\n", n == 1 ? "" : "s", list, place);
    } else {
        cpu_list_text(plan->cpu + p->cpus, p->n_cpus, planned, sizeof planned);
        fprintf(out, "on CPU%s %s, but planned for %s (%s)\n",
                n == 1 ? "" : "s", list, planned, place);
    }
}

void bindings_tell(FILE *out, struct crew *crew, const struct plan *plan,
                   uint32_t rank, bool ended)
{
    struct slot *s = &crew->slot[rank];
    const struct worker_shm *shm = s->shm.at;
    char at[PLAN_AT];
    if (!crew_job(crew)->report_bindings || s->bindings_told || shm == NULL
        || !(ended || all_known(shm, plan->threads)))
        return;
    s->bindings_told = true;
    for (uint32_t tid = 0; tid < plan->threads; tid++) {
        fprintf(out, "fanfold: worker %" PRIu32 " thread %" PRIu32 "%s ",
                crew_rank(crew, rank), tid, plan_at(plan, at));
        tell_thread(out, plan, &plan->place[rank * plan->threads + tid],
                    &shm->executor[tid]);
    }
}
