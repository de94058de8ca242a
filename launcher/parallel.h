/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Were we started as one of several processes of a parallel job? Read from the
 * environment alone, without MPI.
 */
#ifndef FANFOLD_LAUNCHER_PARALLEL_H
#define FANFOLD_LAUNCHER_PARALLEL_H

#include <stdbool.h>
#include <stdint.h>

enum starter { STARTED_ALONE, STARTED_OPENMPI, STARTED_PMIX, STARTED_PMI,
               STARTED_SLURM /* plain srun, without any PMI */ };

struct parallel {
    enum starter starter;
    uint32_t rank, size;      /* size 0: not known */
    uint32_t local, n_local;  /* on this host; n_local 0: not known */
    bool bound_by_default;    /* it was bound to something that nobody asked
                                 for (mpirun -N 1 binds to a core) */
};

/* The first of these that is there: Open MPI's variables, PMIx's, PMI's,
 * Slurm's of a step. A shell inside of Slurm is no rank: not that of a batch
 * script, nor that of salloc or srun --pty. Workers have none of them
 * (rank_env.h), so a fanfold in an item starts alone. */
void parallel_read(struct parallel *p);

/* "mpirun (Open MPI)", "srun", ... */
const char *parallel_name(const struct parallel *p);

/* Is this process all there is? Then MPI is not needed. */
static inline bool parallel_is_alone(const struct parallel *p)
{
    return p->starter == STARTED_ALONE || p->size == 1;
}

#endif
