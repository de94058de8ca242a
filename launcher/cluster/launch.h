/* SPDX-License-Identifier: Apache-2.0 */
/* The command that starts a node on each host: mpirun's or srun's. */
#ifndef FANFOLD_LAUNCHER_LAUNCH_H
#define FANFOLD_LAUNCHER_LAUNCH_H

#include "error.h"
#include "job.h"
#include "nodes.h"
#include "parallel.h"

#include <stdbool.h>
#include <stddef.h>

struct launch {
    char **argv; /* ended by NULL; [0] is a path */
    size_t n, room;
    int hosts;   /* a file without a name, which the program reads: it must
                    stay open there, under this number */
};

/* FF_LOST: there is no such program, ... */
int launch_make(struct launch *launch, const struct nodes *nodes,
                const struct job *job, struct ff_error *err);
void launch_release(struct launch *launch);

/* What a program is, by its name. */
enum launcher { LAUNCHER_MPIRUN, LAUNCHER_SRUN, LAUNCHER_HYDRA };
enum launcher launch_kind(const char *path);

/* What MPI should know in this environment, unless the user has told it
 * something: on one machine it need not look for fast networks, which takes
 * longer than most runs. */
void launch_environment(const struct parallel *parallel);

#endif
