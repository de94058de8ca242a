/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The row of operations of a kernel's own, with states that are continued
 * fractions: [1; 2, 3, ...] as products of the matrices (i 1; 1 0), which do
 * not commute. Numerators and denominators: OEIS A001040 and A001053.
 */
#include "op_operation.h"
#include "tap.h"
#include "tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct fraction {
    uint64_t a, b, c, d; /* a b; c d */
};

static unsigned n_combined;

static void combine(void *into, const void *from)
{
    struct fraction *m = into;
    const struct fraction p = *m, *q = from;
    *m = (struct fraction){p.a * q->a + p.b * q->c, p.a * q->b + p.b * q->d,
                           p.c * q->a + p.d * q->c, p.c * q->b + p.d * q->d};
    n_combined++;
}

static void finish(const void *state, double *number)
{
    const struct fraction *m = state;
    number[0] = (double)m->a;
    number[1] = (double)m->c;
}

static const struct ff_operation operation = {combine, finish};

/* Three numbers, of which finish writes two. */
static const char labels[] = "numerator\0denominator\0nothing\0";
static const struct ff_shape shape = {.n = sizeof(struct fraction), .form = 3,
                                      .operation = &operation,
                                      .labels = labels};

enum { WORDS = 5, MAX_ITEMS = 100 };

static const struct op *row(void)
{
    return op_find(FF_OP_OPERATION);
}

static void set_state(int64_t *slice, uint64_t i)
{
    const struct fraction m = {i, 1, 1, 0};
    row()->init(&shape, slice);
    slice[0] = OPERATION_STATE;
    memcpy(slice + 1, &m, sizeof m);
}

static void merge(const void *context, int64_t *into, const int64_t *from)
{
    row()->merge(context, into, from);
}

/* Of 1 .. n, one a chunk, in an order that goes by steps of `stride`. */
static void fold(uint32_t n, uint32_t stride, int64_t slice[WORDS])
{
    struct tree tree;
    const int64_t *root;
    tree_init(&tree, n, WORDS, merge, &shape);
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t i = (uint32_t)((uint64_t)k * stride % n);
        set_state(slice, i + 1);
        CU_ASSERT_EQUAL(tree_add(&tree, (struct tree_node){i, 0}, slice), 0);
    }
    root = tree_root(&tree);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    memcpy(slice, root, WORDS * sizeof *slice);
    tree_release(&tree);
}

static void continued_fractions(void)
{
    static const struct { uint32_t n; double a, c; } known[] = {
        {1, 1, 1}, {2, 3, 2}, {3, 10, 7}, {4, 43, 30}, {5, 225, 157},
        {6, 1393, 972}, {7, 9976, 6961}, {8, 81201, 56660}};
    int64_t slice[WORDS];
    struct value v;
    CU_ASSERT_EQUAL(row()->words(&shape), WORDS);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        fold(known[i].n, 1, slice);
        CU_ASSERT(row()->valid(&shape, slice));
        operation_finish(&shape, slice);
        CU_ASSERT(row()->valid(&shape, slice));
        row()->finish(&shape, slice, &v);
        CU_ASSERT_EQUAL(v.type, VALUE_LIST);
        CU_ASSERT_EQUAL(v.n, 3);
        row()->entry(&shape, slice, 0, &v);
        CU_ASSERT_EQUAL(v.f64, known[i].a);
        CU_ASSERT_STRING_EQUAL(v.label, "numerator");
        row()->entry(&shape, slice, 1, &v);
        CU_ASSERT_EQUAL(v.f64, known[i].c);
        CU_ASSERT_STRING_EQUAL(v.label, "denominator");
        row()->entry(&shape, slice, 2, &v);
        CU_ASSERT(isnan(v.f64));
    }
}

static void any_order(void)
{
    static const uint32_t stride[] = {1, 3, 7, 41, 96};
    int64_t slice[WORDS], first[WORDS];
    fold(97, 1, first);
    for (size_t i = 0; i < sizeof stride / sizeof stride[0]; i++) {
        n_combined = 0;
        fold(97, stride[i], slice);
        CU_ASSERT_EQUAL(memcmp(slice, first, sizeof slice), 0);
        CU_ASSERT_EQUAL(n_combined, 96);
    }
}

/* An empty state takes no part, and without the kernel's functions nothing
 * is called. */
static void empty(void)
{
    int64_t a[WORDS], b[WORDS], none[WORDS] = {0};
    struct value v;
    struct ff_shape outside = shape;
    outside.operation = NULL;
    set_state(a, 5);
    memcpy(b, none, sizeof b);
    n_combined = 0;
    row()->merge(&shape, a, none);
    row()->merge(&shape, b, a);
    CU_ASSERT_EQUAL(memcmp(a, b, sizeof a), 0);
    row()->merge(&outside, a, b);
    CU_ASSERT_EQUAL(memcmp(a, b, sizeof a), 0);
    CU_ASSERT_EQUAL(n_combined, 0);
    row()->finish(&shape, a, &v);
    CU_ASSERT_EQUAL(v.type, VALUE_NONE);
    operation_finish(&shape, none);
    row()->finish(&shape, none, &v);
    CU_ASSERT_EQUAL(v.type, VALUE_NONE);
}

static void one_number(void)
{
    struct ff_shape single = shape;
    int64_t slice[WORDS];
    struct value v;
    single.form = 1;
    single.labels = "";
    set_state(slice, 5);
    slice[0] = OPERATION_NUMBERS;
    memcpy(slice + 1, &(double){0.5}, sizeof(double));
    row()->finish(&single, slice, &v);
    CU_ASSERT_EQUAL(v.type, VALUE_F64);
    CU_ASSERT_EQUAL(v.f64, 0.5);
}

static void checked(void)
{
    struct ff_shape s = shape;
    int64_t slice[WORDS] = {0};
    CU_ASSERT_PTR_NULL(op_wrong(row(), &s));
    s.form = 2;
    CU_ASSERT_PTR_NOT_NULL(op_wrong(row(), &s));
    s.labels = "a\0b c\0";
    CU_ASSERT_PTR_NOT_NULL(op_wrong(row(), &s));
    s.labels = NULL;
    CU_ASSERT_PTR_NULL(op_wrong(row(), &s));
    s.n = OPERATION_MAX_BYTES + 1;
    CU_ASSERT_PTR_NOT_NULL(op_wrong(row(), &s));
    s.n = 0;
    CU_ASSERT_PTR_NOT_NULL(op_wrong(row(), &s));
    s.n = OPERATION_MAX_BYTES;
    s.form = OPERATION_MAX_NUMBERS;
    CU_ASSERT_PTR_NULL(op_wrong(row(), &s));
    s.form++;
    CU_ASSERT_PTR_NOT_NULL(op_wrong(row(), &s));
    CU_ASSERT(row()->valid(&shape, slice));
    slice[3] = 1; /* not empty, though it says so */
    CU_ASSERT(!row()->valid(&shape, slice));
    slice[0] = 3;
    CU_ASSERT(!row()->valid(&shape, slice));
    slice[0] = -1;
    CU_ASSERT(!row()->valid(&shape, slice));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"continued fractions", continued_fractions},
        {"the same bits in any order", any_order},
        {"empty states take no part", empty},
        {"one number is a number", one_number},
        {"what cannot be is refused", checked},
    };
    return TAP_RUN(tests);
}
