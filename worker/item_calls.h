/* SPDX-License-Identifier: Apache-2.0 */
/* What C kernels call for the texts of items (struct ff_calls); t is the
 * thread's. An item or a column that there is not fails the chunk. */
#ifndef FANFOLD_WORKER_ITEM_CALLS_H
#define FANFOLD_WORKER_ITEM_CALLS_H

#include "item_text.h"

#include <fanfold.h>

const char *item_call_text(struct ff *ff, struct item_text *t,
                           const struct item_texts *texts, uint64_t item,
                           size_t *n);
const char *item_call_column(struct ff *ff, struct item_text *t,
                             const struct item_texts *texts, uint64_t item,
                             uint32_t column, size_t *n);

#endif
