/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_COMPLETION_H
#define FANFOLD_LAUNCHER_CMD_COMPLETION_H

#include "subcommand.h"

extern const struct options completion_options;

/* fanfold completion SHELL: prints a script that makes the shell complete all
 * that these commands take. The exit status. */
int cmd_completion(int argc, char **argv, const struct command *command,
                   size_t n_commands);

#endif
