/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a result that is an operation of the kernel's own: the states of
 * all chunks combined to one, and that one finished. */
#ifndef FANFOLD_WORKER_COMBINE_H
#define FANFOLD_WORKER_COMBINE_H

#include "error.h"
#include "ledger.h"
#include "partial.h"

#include <sys/types.h>

/* In a worker that is there for nothing else: reads the states of one result
 * that the launcher has put into job->combine, and answers at their front. What
 * it calls is noted in *shm: `current` is enum combining, `begun` goes up with
 * each call. */
int combine_main(const struct job_shm *job, const struct partial_layout *layout,
                 struct executor_shm *shm, struct ff_error *err);

/* With --serial: reads the records back that stand in the file from `offset`
 * on, combines all results of this kind, if there are any, and writes
 * RECORD_COMBINED behind them. */
int combine_serial(int file, off_t offset, uint32_t n_chunks,
                   const struct partial_layout *layout, struct ff_error *err);

#endif
