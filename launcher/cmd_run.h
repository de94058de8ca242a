/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_RUN_H
#define FANFOLD_LAUNCHER_CMD_RUN_H

#include <stdint.h>

/* fanfold run: argv[0] is "run"; all_argv the whole command line, started_ns
 * when the program began. Returns the exit status. */
int cmd_run(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
