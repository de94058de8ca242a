/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold run KERNEL --help: what a kernel takes and gives. */
#ifndef FANFOLD_LAUNCHER_KERNEL_HELP_H
#define FANFOLD_LAUNCHER_KERNEL_HELP_H

#include "crew.h"
#include "job.h"

/* Has one worker of a prepared crew open the kernel, and prints what it
 * declares to standard output. 0, or -1 with *err: why it cannot be opened, or
 * that nothing can be written. */
int kernel_help(const struct job *job, struct crew *crew,
                struct ff_error *err);

#endif
