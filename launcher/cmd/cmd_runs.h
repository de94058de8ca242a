/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_RUNS_H
#define FANFOLD_LAUNCHER_CMD_RUNS_H

#include "options.h"

#include <stdint.h>

extern const struct options runs_options;

/* fanfold runs: as cmd_run. */
int cmd_runs(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
