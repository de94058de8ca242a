/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind struct ff_calls (include/fanfold.h), by which a kernel
 * gives its values away, fails, emits and asks. */
#ifndef FANFOLD_WORKER_EXECUTOR_CALLS_H
#define FANFOLD_WORKER_EXECUTOR_CALLS_H

#include "executor_state.h"

extern const struct ff_calls executor_calls;

/* A failure of the chunk that runs, as by ff_fail. */
void executor_fail_wrong_item(struct executor *e, uint32_t source,
                              uint64_t item);

#endif
