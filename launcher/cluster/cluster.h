/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold run on several nodes: the counterpart of what cmd_run.c does on one
 * machine. */
#ifndef FANFOLD_LAUNCHER_CLUSTER_H
#define FANFOLD_LAUNCHER_CLUSTER_H

#include "job.h"
#include "nodes.h"
#include "parallel.h"

#include <stdint.h>

/* Runs the job on these nodes, which become the run's; without any, as rank 0
 * of the processes that somebody else has started. Returns the exit status. */
int cluster_run(const struct job *job, struct nodes *nodes,
                const struct parallel *parallel, uint64_t started_ns);

#endif
