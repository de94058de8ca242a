/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation of the kernel's own (FF_OPERATION). Its slice is a word that
 * says what is in it, then a state, or the numbers that finish made of it. Its
 * functions are user code: shape->operation is set in workers alone. Without it
 * merge only takes over the first state.
 */
#ifndef FANFOLD_COMMON_OP_OPERATION_H
#define FANFOLD_COMMON_OP_OPERATION_H

#include "op.h"

#define OPERATION_MAX_BYTES 4096u  /* of a state */
#define OPERATION_MAX_NUMBERS 512u /* that finish gives */

/* Word 0. */
enum { OPERATION_EMPTY, OPERATION_STATE, OPERATION_NUMBERS };

/* Worker: makes numbers of the state, unless the slice is empty. Numbers that
 * the kernel's finish does not write are NaN. */
void operation_finish(const struct ff_shape *shape, int64_t *slice);

#endif
