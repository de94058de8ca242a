/* SPDX-License-Identifier: Apache-2.0 */
/* --filter: which inputs are items. */
#ifndef FANFOLD_LAUNCHER_CHOOSE_H
#define FANFOLD_LAUNCHER_CHOOSE_H

#include "error.h"
#include "items.h"
#include "work_writer.h"

/* Looks at all inputs of the items and puts the numbers of those that pass into
 * the work: `chosen` and `n_chosen` of the head. FF_USAGE when the expression
 * is none, or cannot be computed for an input, which is named. */
int choose(const char *filter, const struct items *items,
           struct work_writer *w, struct work_head *head,
           struct ff_error *err);

#endif
