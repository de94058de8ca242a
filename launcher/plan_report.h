/* SPDX-License-Identifier: Apache-2.0 */
/* A plan for people and for programs. */
#ifndef FANFOLD_LAUNCHER_PLAN_REPORT_H
#define FANFOLD_LAUNCHER_PLAN_REPORT_H

#include "cluster_plan.h"

#include <stdio.h>

/* One node: how many workers and why, how they are bound, and a table of all
 * of them. */
void plan_text(FILE *out, const struct machine *machine,
               const struct plan *plan);

/* All nodes: a line each, and for each number of workers, on each kind of
 * machine, the table of one. */
void cluster_plan_text(FILE *out, const struct cluster_plan *cluster);

/* Lines for --verbose, of a plan for several nodes: what each of them has, and
 * where its workers are. */
void plan_tell_nodes(FILE *out, const struct plan *plan);

/* As fanfold-plan(1) says. FF_UNWRITTEN. */
int cluster_plan_json(const char *path, const struct cluster_plan *cluster,
                      struct ff_error *err);

#endif
