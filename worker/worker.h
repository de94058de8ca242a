/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a worker process, from the fork to its end. */
#ifndef FANFOLD_WORKER_WORKER_H
#define FANFOLD_WORKER_WORKER_H

#include "ledger.h"

struct worker_start {
    const struct job_shm *job;
    struct node_shm *node;
    struct worker_shm *shm;
    uint32_t rank, generation;             /* rank: its number on the node */
    uint32_t deals;                        /* SCHEDULE_CYCLIC: see find.h */
    uint32_t combines;                     /* PHASE_COMBINE */
    uint32_t solo_chunk;                   /* or NO_CHUNK */
    uint64_t diagnose_begin, diagnose_end; /* equal: no diagnosis */
    int event;
};

/* Opens the kernel, tells the launcher what it declares, waits for the grid,
 * runs its executors, ends the process. */
_Noreturn void worker_main(const struct worker_start *start);

/* The kernel and arguments of the job, opened and set, or the command (in the
 * worker of that rank on this node); *spec filled. Also for --serial. */
struct kernel;
int worker_open_kernel(const struct job_shm *job, uint32_t rank,
                       struct kernel *kernel, struct spec *spec,
                       struct ff_error *err);

#endif
