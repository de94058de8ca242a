/* SPDX-License-Identifier: Apache-2.0 */
/* Machines in hwloc's words, like "package:2 core:8 pu:2". */
#ifndef FANFOLD_COMMON_SYNTHETIC_H
#define FANFOLD_COMMON_SYNTHETIC_H

#include "error.h"

/* Has it at most LEDGER_MAX_CPUS PUs? 0, or -1 with an error. Whether the words
 * are right is for hwloc to tell. */
int synthetic_check(const char *words, struct ff_error *err);

#endif
