/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the steps of a table. */
#ifndef FANFOLD_LAUNCHER_LAB_RUN_H
#define FANFOLD_LAUNCHER_LAB_RUN_H

#include "lab_site.h"
#include "lab_table.h"

/* Runs all steps of m->table, and computes. What a step needs and is not there
 * is noted in m->skipped. A terminal on standard error sees which step runs.
 * -1 with *err: FF_ITEMS_FAILED when a command did not end as the lab expects,
 * with its output; FF_USAGE when what it prints is no row, or it cannot be
 * compiled or started; FF_TIME_LIMIT, FF_INTERRUPTED. */
int lab_run_table(struct lab_site *site, const struct lab *lab,
                  struct lab_measured *m, struct ff_error *err);

#endif
