/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_RUN_H
#define FANFOLD_LAUNCHER_CMD_RUN_H

#include "job.h"
#include "parallel.h"

#include <stdint.h>

/* fanfold run: argv[0] is "run"; all_argv the whole command line, started_ns
 * when the program began. Returns the exit status. */
int cmd_run(int argc, char **argv, char **all_argv, uint64_t started_ns);

/* What `run` does once the job is known; also of a job that comes out of a
 * store. As rank 0 of several processes it needs the others or lets them go.
 * Returns the exit status. */
int cmd_run_job(struct job *job, const struct parallel *parallel,
                char **all_argv, uint64_t started_ns);

/* As rank 0 of several processes that has nothing for the others to do: they
 * end. */
void cmd_run_let_go(const struct job *job, const struct parallel *parallel);

#endif
