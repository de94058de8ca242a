/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold run --dry-run: what would be run, as a job file. */
#ifndef FANFOLD_LAUNCHER_DRY_RUN_H
#define FANFOLD_LAUNCHER_DRY_RUN_H

#include "cluster_plan.h"
#include "job.h"

#include <stdio.h>

/* The job as a job file that asks for the same: each value with a comment that
 * says where it comes from, then what is left at its default. FF_USAGE when a
 * value cannot stand in a job file. */
int dry_run_print_job(FILE *out, const struct job *job, struct ff_error *err);

/* The plan, as comments. */
void dry_run_print_plan(FILE *out, const struct plan *plan);

/* The same of several nodes. FF_UNWRITTEN without memory. */
int dry_run_print_nodes(FILE *out, const struct cluster_plan *cluster,
                        struct ff_error *err);

#endif
