/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command as the kernel: each item starts a program. The worker is a small
 * spawner: one thread, one program at a time.
 *
 *   item --items.h--> values --template.h--> argv --spawn.h--> a process
 *   its output --> (--fold: extract.h) --> outputs ROW_STDOUT, ROW_STDERR
 *   its end --> again, when it failed and --retries says so --> row (row.h)
 *
 * The chunk of an item always ends well; that the command failed is in its row,
 * and then nothing of it is folded. When this worker dies with a command
 * running, the item is run again, as any chunk.
 */
#ifndef FANFOLD_WORKER_COMMAND_H
#define FANFOLD_WORKER_COMMAND_H

#include "error.h"
#include "kernel_c.h"
#include "ledger.h"
#include "spec.h"

/* Is the job a command? */
bool command_is_job(const struct job_shm *job);

/* Opens the work of the job in place of a C kernel: kernel->run, and what a
 * command declares (the outputs of row.h; a source of values for each FIELD of
 * --fold, named as folds.c will look for it) into *spec, which is all zero. */
int command_open(struct kernel *kernel, const struct job_shm *job,
                 uint32_t rank, struct spec *spec, struct ff_error *err);

#endif
