/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --range as a list of numbers, in the syntax of a run's range and of Slurm's
 * arrays:
 *
 *   list = part { "," part }
 *   part = N | FROM "-" LAST [":" STEP] | FROM ":" END [":" STEP]
 *
 * LAST belongs to it, END does not. Numbers may have a sign.
 */
#ifndef FANFOLD_LAUNCHER_RANGE_H
#define FANFOLD_LAUNCHER_RANGE_H

#include "error.h"
#include "work.h"

#include <stddef.h>

/* The parts, of malloc; no part is empty (0:0 has none). FF_USAGE. */
int range_parse(const char *text, struct work_numbers **part, uint32_t *n_parts,
                struct ff_error *err);

#endif
