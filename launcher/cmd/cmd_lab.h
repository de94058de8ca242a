/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_LAB_H
#define FANFOLD_LAUNCHER_CMD_LAB_H

#include "options.h"

#include <stdint.h>

extern const struct options lab_options;
int cmd_lab(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
