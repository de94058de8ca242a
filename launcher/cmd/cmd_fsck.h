/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_FSCK_H
#define FANFOLD_LAUNCHER_CMD_FSCK_H

#include "options.h"

#include <stdint.h>

extern const struct options fsck_options;

/* fanfold fsck: as cmd_run. */
int cmd_fsck(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
