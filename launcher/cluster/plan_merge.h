/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a run on several nodes, out of what they said of theirs. */
#ifndef FANFOLD_LAUNCHER_PLAN_MERGE_H
#define FANFOLD_LAUNCHER_PLAN_MERGE_H

#include "plan.h"
#include "wire.h"

/* What one node said. */
struct plan_part {
    const struct wire_hello *hello;
    const struct wire_planned *planned;
    const struct place *place; /* planned->n_workers * planned->threads */
    const uint32_t *cpu;       /* planned->n_cpus */
};

/* All workers of all nodes, in the order of their ranks: each number from 0 on
 * has one. FF_LOST when the parts do not fit together (then nothing changes),
 * or without memory. */
int plan_merge(struct plan *plan, const struct plan_part *part,
               uint32_t n_parts, struct ff_error *err);

/* Of a merged plan: is there a host with more cores than its nodes may use
 * together? */
bool plan_is_limited(const struct plan *plan);

#endif
