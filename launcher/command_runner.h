/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that the launcher needs itself: compilers, addr2line, Python. */
#ifndef FANFOLD_LAUNCHER_COMMAND_RUNNER_H
#define FANFOLD_LAUNCHER_COMMAND_RUNNER_H

#include "error.h"

/* How a command is run on our behalf, so that its end is tied to ours
 * (crew.h): argv with stdout and stderr into `output`; scratch is removed with
 * all that is in it when the launcher dies. Returns the status as from wait,
 * or -1 with *err. */
typedef int command_runner(void *arg, char *const argv[], int output,
                           const char *scratch, struct ff_error *err);

#endif
