/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a result that is an operation of the kernel's own: the states of
 * all chunks combined to one, and that one finished. */
#ifndef FANFOLD_WORKER_COMBINE_H
#define FANFOLD_WORKER_COMBINE_H

#include "error.h"
#include "ledger.h"
#include "partial.h"
#include "tree.h"

/* Combines the states in the tree, which are those of this result alone, and
 * writes the finished slice to answer[result->words]; an empty one when there
 * are none. What it calls is noted in *shm: `current` is enum combining, `begun`
 * goes up with each call. */
void combine_tree(struct tree *tree, const struct partial_result *result,
                  struct executor_shm *shm, int64_t *answer);

/* In a worker that is there for nothing else: reads the states that the
 * launcher has put into job->combine, and answers at their front. */
int combine_main(const struct job_shm *job, const struct partial_layout *layout,
                 struct executor_shm *shm, struct ff_error *err);

#endif
