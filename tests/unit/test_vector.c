/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators over vectors: each element is what the operator for single values
 * gives for the same column; plain sums are compared with the loop that they
 * are. Lengths are such that all ways through a vector are taken.
 */
#include "fold.h"

#include <float.h>

enum { MAX_N = 40, MAX_ROWS = 12 };

static uint64_t state = 1;

static uint64_t below(uint64_t n)
{
    return draw(&state) % n;
}

static struct ff_shape shape_of(uint64_t n)
{
    return (struct ff_shape){.n = n};
}

static union ff_value draw_double(void)
{
    static const double special[] = {INFINITY, -INFINITY, NAN, 0.0, -0.0,
                                     DBL_MAX, -DBL_MAX, DBL_TRUE_MIN};
    if (below(12) == 0)
        return (union ff_value){.f64 = special[below(8)]};
    return (union ff_value){.f64 = ldexp((double)(int64_t)draw(&state),
                                         (int)below(120) - 120)};
}

static union ff_value draw_integer(void)
{
    return (union ff_value){.u64 = below(3) == 0 ? UINT64_C(1) << 63
                                   : draw(&state) >> below(64)};
}

struct rows {
    union ff_value x[MAX_ROWS][MAX_N];
    size_t n_rows;
    struct ff_shape shape;
};

static void draw_rows(struct rows *r, bool doubles)
{
    r->n_rows = 1 + below(MAX_ROWS);
    r->shape = shape_of(1 + below(MAX_N));
    for (size_t k = 0; k < r->n_rows; k++)
        for (size_t i = 0; i < r->shape.n; i++)
            r->x[k][i] = doubles ? draw_double() : draw_integer();
}

static int64_t *new_slice(const struct op *op, const struct ff_shape *shape)
{
    int64_t *slice = malloc(op->words(shape) * sizeof *slice);
    CU_ASSERT_PTR_NOT_NULL_FATAL(slice);
    op->init(shape, slice);
    return slice;
}

/* All rows, in this order; or dealt to leaves that are merged at random. */
static int64_t *fold_rows(const struct op *op, const struct rows *r,
                          bool scattered)
{
    int64_t *leaf[MAX_ROWS];
    size_t n = scattered ? r->n_rows : 1;
    for (size_t k = 0; k < n; k++)
        leaf[k] = new_slice(op, &r->shape);
    for (size_t k = 0; k < r->n_rows; k++)
        op->fold(&r->shape, leaf[scattered ? below(n) : 0], r->x[k],
                 r->shape.n);
    while (n > 1) {
        int64_t *from = leaf[--n];
        op->merge(&r->shape, leaf[below(n)], from);
        free(from);
    }
    op_normalise(op, &r->shape, leaf[0]);
    CU_ASSERT_TRUE(op->valid(&r->shape, leaf[0]));
    return leaf[0];
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == VALUE_F64)
        return (isnan(a->f64) && isnan(b->f64))
               || memcmp(&a->f64, &b->f64, sizeof a->f64) == 0;
    return strcmp(a->decimal, b->decimal) == 0;
}

static bool is_column(const struct op *op, uint32_t single,
                      const struct rows *r, const int64_t *slice, size_t i)
{
    union ff_value column[MAX_ROWS];
    struct value value;
    for (size_t k = 0; k < r->n_rows; k++)
        column[k] = r->x[k][i];
    const struct value expected = result_of(single, column, r->n_rows);
    op->entry(&r->shape, slice, i, &value);
    return same_value(&value, &expected);
}

static void compare(uint32_t code, uint32_t single, bool doubles)
{
    const struct op *op = op_find(code);
    int n_wrong = 0;
    for (int turn = 0; turn < 300; turn++) {
        struct rows r;
        struct value list;
        draw_rows(&r, doubles);
        int64_t *a = fold_rows(op, &r, false), *b = fold_rows(op, &r, true);
        n_wrong += memcmp(a, b, op->words(&r.shape) * sizeof *a) != 0;
        op->finish(&r.shape, a, &list);
        n_wrong += list.type != VALUE_LIST || list.n != r.shape.n;
        for (size_t i = 0; i < r.shape.n; i++)
            n_wrong += !is_column(op, single, &r, a, i);
        free(a);
        free(b);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static void elements_are_single_results(void)
{
    compare(FF_OP_VECTOR_SUM_EXACT, FF_OP_SUM, true);
    compare(FF_OP_VECTOR_MIN, FF_OP_MIN, true);
    compare(FF_OP_VECTOR_MAX, FF_OP_MAX, true);
    compare(FF_OP_VECTOR_SUM_INT, FF_OP_SUM_INT, false);
    compare(FF_OP_VECTOR_MIN_INT, FF_OP_MIN_INT, false);
    compare(FF_OP_VECTOR_MAX_INT, FF_OP_MAX_INT, false);
}

/* s = x[0][i]; s += x[1][i]; ... and two such sums, added. */
static double plain_sum(const struct rows *r, size_t i, size_t from, size_t to)
{
    volatile double s = r->x[from][i].f64;
    for (size_t k = from + 1; k < to; k++)
        s += r->x[k][i].f64;
    return s;
}

static void plain_sums(void)
{
    const struct op *op = op_find(FF_OP_VECTOR_SUM);
    int n_wrong = 0;
    for (int turn = 0; turn < 300; turn++) {
        struct rows r;
        draw_rows(&r, true);
        const size_t middle = below(r.n_rows);
        int64_t *a = new_slice(op, &r.shape), *b = new_slice(op, &r.shape);
        for (size_t k = 0; k < r.n_rows; k++)
            op->fold(&r.shape, k < middle ? a : b, r.x[k], r.shape.n);
        op->merge(&r.shape, a, b);
        for (size_t i = 0; i < r.shape.n; i++) {
            struct value v, expected;
            volatile double s = plain_sum(&r, i, middle, r.n_rows);
            if (middle > 0)
                s = plain_sum(&r, i, 0, middle) + s;
            value_f64(&expected, s);
            op->entry(&r.shape, a, i, &v);
            n_wrong += !same_value(&v, &expected);
        }
        free(a);
        free(b);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static const uint32_t all[] = {
    FF_OP_VECTOR_SUM,     FF_OP_VECTOR_SUM_EXACT, FF_OP_VECTOR_MIN,
    FF_OP_VECTOR_MAX,     FF_OP_VECTOR_SUM_INT,   FF_OP_VECTOR_MIN_INT,
    FF_OP_VECTOR_MAX_INT};
#define N_ALL (sizeof all / sizeof all[0])

static bool is_best(const struct op *op)
{
    return op->merge_kind == MERGE_MAX;
}

/* Nothing leaves what is there as it is, and is what they were made of. */
static void nothing(void)
{
    for (size_t i = 0; i < N_ALL; i++) {
        const struct op *op = op_find(all[i]);
        const struct ff_shape shape = shape_of(3);
        const size_t bytes = op->words(&shape) * sizeof(int64_t);
        const union ff_value x[] = {F(-0.0), F(1), F(-1)};
        int64_t *a = new_slice(op, &shape), *b = new_slice(op, &shape),
                *none = new_slice(op, &shape);
        struct value v;
        op->finish(&shape, a, &v);
        CU_ASSERT_EQUAL(v.type, is_best(op) ? VALUE_NONE : VALUE_LIST);
        CU_ASSERT_TRUE(op->valid(&shape, a));
        op->merge(&shape, a, none);
        CU_ASSERT(memcmp(a, none, bytes) == 0);
        op->fold(&shape, a, x, 3);
        op->merge(&shape, b, a);
        op->merge(&shape, b, none);
        CU_ASSERT(memcmp(a, b, bytes) == 0);
        free(a);
        free(b);
        free(none);
    }
}

static void invalid(void)
{
    const struct ff_shape two = shape_of(2);
    const int64_t inf = INT64_C(0x7ff0000000000000);
    CU_ASSERT_FALSE(op_find(FF_OP_VECTOR_SUM)
                        ->valid(&two, (const int64_t[]){2, 0, 0}));
    CU_ASSERT_FALSE(op_find(FF_OP_VECTOR_SUM)
                        ->valid(&two, (const int64_t[]){0, 0, 1}));
    CU_ASSERT_FALSE(op_find(FF_OP_VECTOR_MAX)
                        ->valid(&two, (const int64_t[]){1, 0, inf + 1}));
    CU_ASSERT_FALSE(op_find(FF_OP_VECTOR_MIN)
                        ->valid(&two, (const int64_t[]){1, INT64_MIN, 0}));
    CU_ASSERT_FALSE(op_find(FF_OP_VECTOR_MAX_INT)
                        ->valid(&two, (const int64_t[]){0, INT64_MIN, 0}));
    CU_ASSERT_FALSE(op_find(FF_OP_VECTOR_MIN_INT)
                        ->valid(&two, (const int64_t[]){-1, 0, 0}));
    int64_t *exact = new_slice(op_find(FF_OP_VECTOR_SUM_EXACT), &two);
    exact[op_find(FF_OP_SUM)->words(NULL)] = -1; /* the second's weight */
    CU_ASSERT_FALSE(op_find(FF_OP_VECTOR_SUM_EXACT)->valid(&two, exact));
    free(exact);
}

static void lengths(void)
{
    for (size_t i = 0; i < N_ALL; i++) {
        const struct op *op = op_find(all[i]);
        CU_ASSERT_PTR_NULL(op_wrong(op, &(struct ff_shape){.n = 1}));
        CU_ASSERT_PTR_NULL(op_wrong(op, &(struct ff_shape){.n = 65536}));
        CU_ASSERT_PTR_NOT_NULL(op_wrong(op, &(struct ff_shape){.n = 0}));
        CU_ASSERT_PTR_NOT_NULL(op_wrong(op, &(struct ff_shape){.n = 65537}));
        CU_ASSERT_PTR_NOT_NULL(op_wrong(op, &(struct ff_shape){.n = -1}));
    }
}

/* Of inf - inf, x86 makes one with a sign, others do not. */
static void nan_is_one(void)
{
    const struct op *op = op_find(FF_OP_VECTOR_SUM);
    struct rows r = {.x = {{{.f64 = INFINITY}}, {{.f64 = -INFINITY}}},
                     .n_rows = 2, .shape = shape_of(1)};
    struct value value;
    int64_t *sum = fold_rows(op, &r, false);
    op->entry(&r.shape, sum, 0, &value);
    const union ff_value bits = {.f64 = value.f64};
    CU_ASSERT_EQUAL(bits.u64, UINT64_C(0x7ff8000000000000));
    free(sum);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"elements are what single results are", elements_are_single_results},
        {"plain sums are plain loops", plain_sums},
        {"nothing folded", nothing},
        {"a NaN is the same everywhere", nan_is_one},
        {"slices from outside", invalid},
        {"lengths", lengths},
    };
    return TAP_RUN(tests);
}
