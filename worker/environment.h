/* SPDX-License-Identifier: Apache-2.0 */
/* Where the kernel of worker number `rank` of this node finds itself: its
 * directory, its environment, FANFOLD_RANK and so on. */
#ifndef FANFOLD_WORKER_ENVIRONMENT_H
#define FANFOLD_WORKER_ENVIRONMENT_H

#include "error.h"
#include "ledger.h"

/* Of this process. 0, or -1 with a usage error. */
int environment_set(const struct job_shm *job, uint32_t rank,
                    struct ff_error *err);

#endif
