/* SPDX-License-Identifier: Apache-2.0 */
/* Is what a store says of its run true in itself? */
#ifndef FANFOLD_LAUNCHER_FSCK_H
#define FANFOLD_LAUNCHER_FSCK_H

#include "error.h"
#include "store.h"

#include <stdio.h>

/* Makes all checks that can be made, and tells each in a line on `out`: whether
 * rows are as they were written, covers are disjoint and inside the grid, as many
 * items are done as the report says, the results folded again have the same
 * bits, and rows of items fit. 0, or -1 with the first thing that is wrong
 * (FF_DAMAGED), or that kept us from looking. */
int fsck(struct store *s, FILE *out, struct ff_error *err);

#endif
