/* SPDX-License-Identifier: Apache-2.0 */
/* The operators: how values are folded, merged and finished, one row an
 * operator. Each works on its slice of a partial (partial.h). */
#ifndef FANFOLD_COMMON_OP_H
#define FANFOLD_COMMON_OP_H

#include <fanfold.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a slice merges (over nodes: MPI_SUM, MPI_MAX, or gathered). */
enum merge_kind { MERGE_SUM, MERGE_MAX, MERGE_PAIR };

/* A finished result. */
struct value {
    enum {
        VALUE_NONE, /* min of nothing */
        VALUE_F64,
        VALUE_INT,
        VALUE_HISTOGRAM
    } type;
    double f64;
    char decimal[64]; /* VALUE_INT: exact, any size */
    bool has_item;    /* arg results */
    uint64_t item;
    const int64_t *lanes; /* VALUE_HISTOGRAM: histogram.h; of the partial,
                             which must outlive the value */
};

struct op {
    enum ff_op code;
    const char *name;   /* "sum", "argmax" ... as in the JSON */
    const char *type;   /* "f64", "i64", "u64" */
    enum merge_kind merge_kind;
    uint32_t words;     /* of its slice; 0: the shape decides */
    uint32_t places;    /* buffer places a value takes: 1, or 2 (arg) */
    void (*init)(int64_t *slice);
    /* Folds n places (n a multiple of `places`) into the slice. */
    void (*fold)(int64_t *slice, const union ff_value *value, size_t n);
    void (*merge)(int64_t *into, const int64_t *from);
    void (*normalise)(int64_t *slice);
    bool (*valid)(const int64_t *slice);
    void (*finish)(const int64_t *slice, struct value *out);
};

/* The operator, or NULL for an unknown code. */
const struct op *op_find(uint32_t code);

#endif
