/* SPDX-License-Identifier: Apache-2.0 */
/* --report-bindings: on which CPUs threads run, as they read it back. */
#ifndef FANFOLD_LAUNCHER_BINDINGS_H
#define FANFOLD_LAUNCHER_BINDINGS_H

#include "crew.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints a line for each thread of a worker that runs, once for each rank (a
 * worker that takes the place of a dead one is bound as that was). Nothing as
 * long as not all of its threads have read their masks; with `ended` (it will
 * say no more) also then. */
void bindings_tell(FILE *out, struct crew *crew, const struct plan *plan,
                   uint32_t rank, bool ended);

#endif
