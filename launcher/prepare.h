/* SPDX-License-Identifier: Apache-2.0 */
/* The job as the workers of a node read it: into their shared memory, before
 * the first of them starts. */
#ifndef FANFOLD_LAUNCHER_PREPARE_H
#define FANFOLD_LAUNCHER_PREPARE_H

#include "error.h"
#include "input.h"
#include "interpreter.h"
#include "job.h"
#include "work_file.h"
#include "ledger.h"

/* The kernel's object, its interpreter (all "" unless it is Python), its
 * arguments, and what else the options say. FF_USAGE when there is no room for
 * all texts. */
int prepare_text(struct job_shm *shm, const struct job *job,
                 const char *object, const struct interpreter *py,
                 struct ff_error *err);

/* The lines of the input are the items, all of them or those of --range.
 * FF_USAGE when that ends behind the last line. */
int prepare_input(struct job_shm *shm, const struct job *job,
                  const struct input *input, struct ff_error *err);

/* The items are those of the work file; input: the one that it stands on, when
 * there is one. */
void prepare_work(struct job_shm *shm, const struct job *job,
                  const struct work_file *work, const struct input *input);

#endif
