/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_SHOW_H
#define FANFOLD_LAUNCHER_CMD_SHOW_H

#include "options.h"

#include <stdint.h>

extern const struct options show_options;

/* fanfold show: as cmd_run. */
int cmd_show(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
