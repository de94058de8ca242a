/* SPDX-License-Identifier: Apache-2.0 */
/* Who ran where, in the report for programs. */
#ifndef FANFOLD_LAUNCHER_REPORT_PLAN_H
#define FANFOLD_LAUNCHER_REPORT_PLAN_H

#include "outcome.h"

#include <jansson.h>

/* "plan" of the report: nodes, and on each its workers and what they did. A new
 * reference, or NULL without memory. */
json_t *report_plan(const struct machine *machine, const struct plan *plan,
                    const struct outcome *outcome);

/* "results" of the report, in report_json.c: likewise. */
json_t *report_json_results(const struct job *job,
                            const struct outcome *outcome);

/* "nodes_lost". */
json_t *report_lost(const struct outcome *outcome);

#endif
