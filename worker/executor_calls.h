/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind struct ff_calls (include/fanfold.h), by which a kernel
 * gives its values away, fails, emits and asks. */
#ifndef FANFOLD_WORKER_EXECUTOR_CALLS_H
#define FANFOLD_WORKER_EXECUTOR_CALLS_H

#include "executor.h"

extern const struct ff_calls executor_calls;

#endif
