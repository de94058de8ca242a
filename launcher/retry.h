/* SPDX-License-Identifier: Apache-2.0 */
/* --retry-failed of commands: what had failed leaves what counts, and is run
 * again. (Chunks of C kernels that failed never counted.) */
#ifndef FANFOLD_LAUNCHER_RETRY_H
#define FANFOLD_LAUNCHER_RETRY_H

#include "gather.h"
#include "job.h"

/* again: chunks of failed items (harvest_again), all of which count. Before
 * anything is handed out. FF_USAGE when what counts cannot be taken apart: chunks
 * of several items, results in an order, or such as failed items were folded into
 * (@exit ...). */
int retry_failed(const struct job *job, const struct cover *again,
                 struct gather *g, struct ff_error *err);

#endif
