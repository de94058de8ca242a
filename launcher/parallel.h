/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Were we started as one of several processes of a parallel job? Read from the
 * environment alone, without MPI.
 */
#ifndef FANFOLD_LAUNCHER_PARALLEL_H
#define FANFOLD_LAUNCHER_PARALLEL_H

#include "error.h"

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

/* A worker's own environment (FANFOLD_RUN with FANFOLD_RANK) inside a rank is
 * not misled: whoever runs fanfold in an item starts alone. */
void parallel_read(struct parallel *p);

/* "mpirun (Open MPI)", "srun", ... */
const char *parallel_name(const struct parallel *p);

#endif
