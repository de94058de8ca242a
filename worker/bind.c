/* SPDX-License-Identifier: Apache-2.0 */
/* Binding of threads: see bind.h. Masks have the size that their highest CPU
 * wants: a cpu_set_t ends at 1,024. */
#include "bind.h"

#include <errno.h>
#include <sched.h>

/* The highest CPU + 1; 0: one of the places has none, so nothing is bound. */
static uint32_t cpus_end(const struct job_shm *job, const struct place *place,
                         uint32_t n)
{
    uint32_t end = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t *cpu = job_cpus(job) + place[i].cpus;
        if (place[i].n_cpus == 0)
            return 0;
        if (cpu[place[i].n_cpus - 1] >= end)
            end = cpu[place[i].n_cpus - 1] + 1;
    }
    return end;
}

int bind_to_places(const struct job_shm *job, const struct place *place,
                   uint32_t n)
{
    const uint32_t end = cpus_end(job, place, n);
    if (end == 0)
        return 0;
    cpu_set_t *set = CPU_ALLOC(end);
    if (set == NULL)
        return -1;
    const size_t bytes = CPU_ALLOC_SIZE(end);
    CPU_ZERO_S(bytes, set);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < place[i].n_cpus; k++)
            CPU_SET_S(job_cpus(job)[place[i].cpus + k], bytes, set);
    const int rc = sched_setaffinity(0, bytes, set);
    CPU_FREE(set);
    return rc;
}

int bind_thread(const struct job_shm *job, const struct place *place)
{
    return bind_to_places(job, place, 1);
}

/* The system refuses a mask that is shorter than its own. */
#define MOST_CPUS (16 * LEDGER_MAX_CPUS)

void bind_report(struct executor_shm *shm)
{
    const size_t bytes = CPU_ALLOC_SIZE(MOST_CPUS);
    cpu_set_t *set = CPU_ALLOC(MOST_CPUS);
    uint32_t bound = BOUND_UNREADABLE;
    if (set != NULL && sched_getaffinity(0, bytes, set) == 0) {
        uint32_t n = 0;
        for (uint32_t cpu = 0; cpu < LEDGER_MAX_CPUS; cpu++)
            if (CPU_ISSET_S(cpu, bytes, set)) {
                atomic_fetch_or(&shm->mask[cpu / 64],
                                UINT64_C(1) << cpu % 64);
                n++;
            }
        if (n == (uint32_t)CPU_COUNT_S(bytes, set))
            bound = BOUND_KNOWN;
    }
    if (set != NULL)
        CPU_FREE(set);
    atomic_store_explicit(&shm->bound, bound, memory_order_release);
}
