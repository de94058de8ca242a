/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operators: how values are folded, merged and finished, one row an
 * operator and type. Each works on a slice of a partial (partial.h), a vector
 * of 64-bit words whose length the operator knows from the result's shape.
 *
 * Every function gets the shape of the result, which most do not need. Slices
 * are merged in any order and grouping, and the bytes of a normalised slice
 * depend only on the values that came, but for operators that are `ordered`:
 * their slices are merged only in the order of chunks, in a tree whose shape
 * the number of chunks alone decides (tree.h).
 *
 * The families of rows are in op_*.c; op.c lists them.
 */
#ifndef FANFOLD_COMMON_OP_H
#define FANFOLD_COMMON_OP_H

#include <fanfold.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How slices merge over nodes: by MPI_SUM or MPI_MAX of MPI_INT64_T (modulo
 * 2^64), by MPI_MAX of their bytes as MPI_UINT8_T, or gathered and merged. */
enum merge_kind { MERGE_SUM, MERGE_MAX, MERGE_MAX_BYTES, MERGE_LIST };

/* What the places of a value are: one place in a buffer, or two. */
enum value_kind {
    VALUE_KIND_ONE,  /* a value */
    VALUE_KIND_ITEM, /* a value and the item that it belongs to */
    VALUE_KIND_PAIR, /* two values */
    VALUE_KIND_DIRECT /* none: the kernel works on the slice of its chunk
                         itself, through calls; the operator is `ordered` or
                         its fold takes whole vectors */
};

/* The number that came of it, or one of several. */
struct value {
    enum {
        VALUE_NONE, /* min of nothing */
        VALUE_F64,
        VALUE_INT,
        VALUE_BOOL,
        VALUE_HISTOGRAM, /* lanes as histogram.h has them */
        VALUE_LIST       /* n entries, asked for by op->entry */
    } type;
    double f64;       /* VALUE_F64 */
    bool is_float;    /* VALUE_F64: it was rounded to a float, so 9 digits
                         tell it */
    int digits;       /* VALUE_F64: an estimate, of which people need no more
                         digits; 0: all count */
    char decimal[64]; /* VALUE_INT: exact, any size; VALUE_BOOL: "true" or
                         "false"; VALUE_LIST: how many values came, or "" */
    const char *label; /* of an entry, the shape's; or NULL */
    const char *note; /* for people, why a value is missing or how far it may
                         be off ("overflow", "within 1 %"); or NULL */
    bool has_item;    /* arg results, entries of top ... */
    uint64_t item;
    bool has_at;      /* an entry that belongs to a number: a quantile's p */
    double at;
    uint64_t n;       /* VALUE_LIST: entries */
    const int64_t *slice; /* VALUE_HISTOGRAM, VALUE_LIST: of the partial, which
                             must outlive the value */
};

#define OP_SHAPE const struct ff_shape *shape __attribute__((unused))

struct op {
    enum ff_op code;
    const char *name; /* "sum", "argmax" ... as in --fold and the JSON */
    const char *type; /* of the values: "f64", "f32", "i64", "u64" */
    const char *gives; /* the type of the result, if it is another; or NULL */
    enum value_kind kind;
    enum merge_kind merge_kind;
    bool ordered;     /* folded over the tree of chunks */
    /* NULL when slices can be made, else what is wrong with the shape, to
     * stand behind the name ("has no bins"). The row's NULL: nothing can be. */
    const char *(*wrong)(const struct ff_shape *shape);
    uint32_t (*words)(const struct ff_shape *shape); /* of its slice */
    void (*init)(const struct ff_shape *shape, int64_t *slice);
    /* Folds n places (a multiple of op_places) into the slice. */
    void (*fold)(const struct ff_shape *shape, int64_t *slice,
                 const union ff_value *value, size_t n);
    void (*merge)(const struct ff_shape *shape, int64_t *into,
                  const int64_t *from);
    /* To the one form that equal contents have. The row's NULL: it always
     * has that form. */
    void (*normalise)(const struct ff_shape *shape, int64_t *slice);
    /* Could it be the slice of some values? All that merge, normalise, finish
     * and entry rely on: slices come from processes that run user code. */
    bool (*valid)(const struct ff_shape *shape, const int64_t *slice);
    /* Finish, and entry i < n of a VALUE_LIST (VALUE_NONE, F64, INT), are asked
     * of normalised slices. */
    void (*finish)(const struct ff_shape *shape, const int64_t *slice,
                   struct value *out);
    void (*entry)(const struct ff_shape *shape, const int64_t *slice,
                  uint64_t i, struct value *out);
};

/* The operator, or NULL for an unknown code. */
const struct op *op_find(uint32_t code);

/* The operator of that name for values of that type ("f64"), or NULL. */
const struct op *op_named(const char *name, size_t n, const char *type);

/* Row i of all, NULL behind the last one. */
const struct op *op_row(size_t i);

/* The type of the result. */
const char *op_gives(const struct op *op);

/* Places of a value in a buffer: 1 or 2 (0 for VALUE_KIND_DIRECT). */
uint32_t op_places(const struct op *op);

const char *op_wrong(const struct op *op, const struct ff_shape *shape);
void op_normalise(const struct op *op, const struct ff_shape *shape,
                  int64_t *slice);

/* ---- for the families ----------------------------------------------------- */

struct op_family {
    const struct op *row;
    size_t n;
};

extern const struct op_family op_sums;  /* op_sum.c */
extern const struct op_family op_bests; /* op_best.c */
extern const struct op_family op_bits;  /* op_bits.c */
extern const struct op_family op_tops;  /* op_top.c */
extern const struct op_family op_products; /* op_product.c */
extern const struct op_family op_vectors; /* op_vector.c */
extern const struct op_family op_histograms; /* histogram.c */
extern const struct op_family op_operations; /* op_operation.c */
extern const struct op_family op_quantiles; /* op_quantiles.c */
extern const struct op_family op_distincts; /* op_distinct.c */

void value_none(struct value *out);
/* (Every NaN becomes the same one: its sign depends on the processor.) */
void value_f64(struct value *out, double x);
void value_f32(struct value *out, double x); /* x is a float */
void value_i64(struct value *out, int64_t x);
void value_u64(struct value *out, uint64_t x);
/* An integer of sign and magnitude. */
void value_wide(struct value *out, bool negative, uint64_t high, uint64_t low);

/* Modulo 2^64, as the lanes of a sum: counts from outside may be anything. */
static inline void lane_count(int64_t *lane, uint64_t n)
{
    *lane = (int64_t)((uint64_t)*lane + n);
}

#endif
