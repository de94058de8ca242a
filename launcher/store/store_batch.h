/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch (store.h) is made of, for whoever writes it. */
#ifndef FANFOLD_LAUNCHER_STORE_BATCH_H
#define FANFOLD_LAUNCHER_STORE_BATCH_H

#include "store.h"

#include <stddef.h>

enum store_op_kind { STORE_PUT, STORE_REMOVE, STORE_CLEAR };

struct store_op {
    enum store_op_kind kind;
    enum store_table table;
    size_t at, bytes;       /* its row (store_row.h) in batch->bytes: all columns,
                               the keys alone, nothing */
};

#endif
