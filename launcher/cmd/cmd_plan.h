/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_PLAN_H
#define FANFOLD_LAUNCHER_CMD_PLAN_H

#include <stdint.h>

/* fanfold plan: as cmd_run. */
int cmd_plan(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
