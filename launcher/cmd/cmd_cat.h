/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_CAT_H
#define FANFOLD_LAUNCHER_CMD_CAT_H

#include "options.h"

#include <stdint.h>

extern const struct options cat_options;

/* fanfold cat: as cmd_run. */
int cmd_cat(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
