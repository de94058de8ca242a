/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the launcher that a worker maps (struct node_file). */
#ifndef FANFOLD_WORKER_NODEFILE_H
#define FANFOLD_WORKER_NODEFILE_H

#include "error.h"
#include "ledger.h"
#include "lines.h"

enum node_file_access { NODE_FILE_READ, NODE_FILE_WRITE };

/* Maps all of it, shared, and leaves no descriptor open. FF_LOST. */
int node_file_map(void **at, const struct job_shm *job,
                  const struct node_file *file, enum node_file_access access,
                  struct ff_error *err);

/* The input of the job, without one no lines. Stays mapped for the life of the
 * process. */
int node_file_lines(struct lines *lines, const struct job_shm *job,
                    struct ff_error *err);

#endif
