/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FANFOLD_LAUNCHER_CMD_TOPO_H
#define FANFOLD_LAUNCHER_CMD_TOPO_H

#include "options.h"

#include <stdint.h>

extern const struct options topo_options;

/* fanfold topo: as cmd_run. */
int cmd_topo(int argc, char **argv, char **all_argv, uint64_t started_ns);

#endif
