/* SPDX-License-Identifier: Apache-2.0 */
/* A subcommand of fanfold. */
#ifndef FANFOLD_LAUNCHER_SUBCOMMAND_H
#define FANFOLD_LAUNCHER_SUBCOMMAND_H

#include "options.h"

#include <stdint.h>

struct command {
    const char *name, *about;
    /* argv[0] is the name; all_argv the whole command line. The exit status. */
    int (*run)(int argc, char **argv, char **all_argv, uint64_t started_ns);
    const struct options *options;
};

#endif
