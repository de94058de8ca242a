/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_RESUME_H
#define FANFOLD_LAUNCHER_CMD_RESUME_H

#include "job.h"

#include <stdint.h>

/* fanfold resume: as cmd_run (cmd_run.h). */
int cmd_resume(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
