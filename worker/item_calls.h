/* SPDX-License-Identifier: Apache-2.0 */
/* What C kernels call for the texts of items (struct ff_calls). */
#ifndef FANFOLD_WORKER_ITEM_CALLS_H
#define FANFOLD_WORKER_ITEM_CALLS_H

#include <fanfold.h>

const char *item_call_text(struct ff *ff, uint64_t item, size_t *n);
const char *item_call_column(struct ff *ff, uint64_t item, uint32_t column,
                             size_t *n);
uint32_t item_call_number(const struct ff *ff, const char *name);

#endif
