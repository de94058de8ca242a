/* SPDX-License-Identifier: Apache-2.0 */
/* What other runs leave of a machine: pure. */
#ifndef FANFOLD_LAUNCHER_CORES_LEFT_H
#define FANFOLD_LAUNCHER_CORES_LEFT_H

#include "machine.h"

#include <stdbool.h>
#include <stdint.h>

struct cores_left {
    bool others;   /* somebody has cores of these, */
    bool narrowed; /* so there are fewer of them now, */
    bool shared;   /* or some that others have as well */
    uint32_t n_free; /* that nobody had */
};

/* Leaves of machine->core those that a run should use, of which users[i] other
 * runs have core i:
 *
 *   workers 0: all that are free, when each worker's threads have room on
 *   them; all cores when none is free;
 *   else cores for so many workers of so many threads: all that are free when
 *   these are enough, else also those that fewest have, no more than needed.
 *
 * So nothing that is left is anybody's, or all that is left is wanted. The
 * budget never grows. who: the others, for machine->why, "another run of yours
 * (pid 4711)". */
struct cores_left cores_left(struct machine *machine, const uint32_t *users,
                             uint32_t workers, uint32_t threads,
                             const char *who);

#endif
