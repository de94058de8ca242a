/* SPDX-License-Identifier: Apache-2.0 */
/* Removes runs that nobody needs any more, with all that is kept of them. */
#ifndef FANFOLD_LAUNCHER_PRUNE_H
#define FANFOLD_LAUNCHER_PRUNE_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

#define PRUNE_KEEP 500 /* complete runs that prune_tidy leaves */

/* Removes a run, whatever became of it: its store, the log, and files beside
 * arrays that were not complete. *bytes: how many that were. FF_HELD when it is
 * being written. A store that cannot be read is removed all the same. */
int prune_run(const char *path, uint64_t *bytes, struct ff_error *err);

/* For who has just made a store in the runs' directory: removes complete runs
 * beyond the PRUNE_KEEP newest stores there. `own` is not looked at: to open and
 * close it would lose its lock. Says nothing, and fails silently: it is tidiness.
 * Looks at no more than a hundred stores a call. */
void prune_tidy(const char *own);

#endif
