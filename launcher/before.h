/* SPDX-License-Identifier: Apache-2.0 */
/* Before a run: its id, and what is better found now than after it. */
#ifndef FANFOLD_LAUNCHER_BEFORE_H
#define FANFOLD_LAUNCHER_BEFORE_H

#include "compile.h"
#include "job.h"
#include "plan.h"

/* Of this run, on this machine: also in the environment of all its processes,
 * so that they can be found. */
void before_make_id(char id[32]);

/* Can reports be written, is the workers' directory there? FF_USAGE,
 * FF_UNSAFE. */
int before_check_paths(const struct job *job, struct ff_error *err);

/* Is --store a file of its own? FF_USAGE. */
int before_check_store(const struct job *job, struct ff_error *err);

/* Standard output is one for all threads of a process. */
int before_check_keep_order(const struct job *job, uint32_t threads,
                            struct ff_error *err);

/* --verbose: where the object is from; which Python runs it. */
void before_tell_object(const struct compiled *compiled);

#endif
