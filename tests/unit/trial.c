/* SPDX-License-Identifier: Apache-2.0 */
/* Operators on trial: see trial.h. */
#include "trial.h"
#include "op_operation.h"

#include <float.h>

enum { MAX_SHAPES = 16 };

static uint64_t state = 1;

uint64_t random_bits(void)
{
    return draw(&state);
}

uint32_t below(uint32_t n)
{
    return (uint32_t)(random_bits() % n);
}

/* ---- what is tried ------------------------------------------------------- */

static const double edges[] = {-1e300, -1, 0, 0.5, 3, 1e9};
static const double probabilities[] = {0, 0.1, 0.5, 1};

/* An operation of the kernel's own, which does not commute: x -> a x + b, one
 * behind the other. A value v is (v | 1) x + v. */
static void affine_combine(void *into, const void *from)
{
    uint64_t a[2], b[2];
    memcpy(a, into, 16);
    memcpy(b, from, 16);
    memcpy(into, (const uint64_t[2]){a[0] * b[0], a[1] * b[0] + b[1]}, 16);
}

static void affine_finish(const void *map, double *number)
{
    memcpy(number, map, 16);
}

static const struct ff_operation affine = {affine_combine, affine_finish};

static const struct ff_shape shapes[] = {
    {.n = 16, .form = 2, .operation = &affine},
    {.n = 0},
    {.n = 1, .seed = 7},
    {.n = 3, .seed = 8},
    {.n = 17, .seed = UINT64_MAX},
    {.lo = -2, .hi = 5, .n = 7},
    {.lo = 1e-9, .hi = 1e9, .n = 12, .form = FF_LOGARITHMIC},
    {.n = 5, .form = FF_LIST, .number = edges, .n_numbers = 6},
    {.lo = 0.01, .number = probabilities, .n_numbers = 4},
    {.lo = 0.2, .number = probabilities, .n_numbers = 1},
    {.lo = 0.01},
    {.lo = 0.2},
};

static void trial_init(struct trial *t, const struct op *op,
                       const struct ff_shape *shape)
{
    const size_t n = op->words(shape);
    *t = (struct trial){.op = op, .shape = shape, .bytes = n * sizeof(int64_t),
                        .places = op->kind == VALUE_KIND_DIRECT
                                      ? (int)shape->n : (int)op_places(op)};
    t->one = malloc((MAX_LEAVES + 2) * t->bytes + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t->one);
    t->other = t->one + n;
    for (size_t i = 0; i < MAX_LEAVES; i++)
        t->leaf[i] = t->one + (2 + i) * n;
}

static void trial_release(struct trial *t)
{
    free(t->one);
}

/* How many shapes an operator can be tried with; without a shape, one. */
static size_t shapes_of(const struct op *op,
                        const struct ff_shape *out[MAX_SHAPES])
{
    const bool own = op->code == FF_OP_OPERATION;
    size_t n = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if ((shapes[i].operation != NULL) == own
            && op_wrong(op, &shapes[i]) == NULL
            && (op->wrong != NULL || n == 0))
            out[n++] = &shapes[i];
    return n;
}

void each_operator(int n, int (*check)(struct trial *t))
{
    const struct op *op;
    for (size_t row = 0; (op = op_row(row)) != NULL; row++) {
        const struct ff_shape *shape[MAX_SHAPES];
        const size_t n_shapes = shapes_of(op, shape);
        int n_wrong = 0;
        CU_ASSERT(n_shapes > 0);
        for (size_t s = 0; s < n_shapes; s++) {
            struct trial t;
            trial_init(&t, op, shape[s]);
            for (int i = (int)s; i < n; i += (int)n_shapes)
                n_wrong += !check(&t);
            trial_release(&t);
        }
        if (n_wrong)
            tap_note("%s of %s: %d of %d", op->name, op->type, n_wrong, n);
        CU_ASSERT_EQUAL(n_wrong, 0);
    }
}

/* ---- random values ------------------------------------------------------- */

static union ff_value random_value(const char *type, uint32_t width,
                                   uint32_t rare)
{
    static const double special[] = {INFINITY, -INFINITY, NAN,      0.0,
                                     -0.0,     DBL_MAX,   -DBL_MAX, 1,
                                     DBL_TRUE_MIN, 5, -2, 0.5};
    static const int64_t extreme[] = {INT64_MIN, INT64_MAX, -1, 0};
    union ff_value v = {.u64 = random_bits() >> width};
    if (type[0] != 'f') {
        if (below(rare) == 0)
            v.i64 = extreme[below(4)];
        else if (type[0] == 'i' && below(2))
            v.u64 = -v.u64;
        return v;
    }
    const int most = type[1] == '6' ? 450 : 70;
    v.f64 = below(rare) ? ldexp((double)(int64_t)random_bits(),
                                (int)below(2 * (uint32_t)most) - most - 63)
                        : special[below(12)];
    if (type[1] == '3')
        v.f64 = (double)(float)v.f64;
    return v;
}

int random_values(const struct trial *t, union ff_value *v)
{
    const int n = (int)below(MAX_VALUES);
    const uint32_t width = below(64), rare = 1 + below(100);
    for (int i = 0; i < n * t->places; i++) {
        v[i] = random_value(t->op->type, width, rare);
        if (t->op->kind == VALUE_KIND_ITEM)
            v[++i].u64 = below(2) ? below(4) : random_bits();
    }
    return n;
}

static void fold_own(const struct ff_shape *shape, int64_t *slice, uint64_t v)
{
    const uint64_t map[2] = {v | 1, v};
    if (slice[0] == OPERATION_EMPTY)
        memcpy(slice + 1, map, sizeof map);
    else
        shape->operation->combine(slice + 1, map);
    slice[0] = OPERATION_STATE;
}

void trial_fold(const struct trial *t, int64_t *slice,
                const union ff_value *v, int n)
{
    if (t->op->kind != VALUE_KIND_DIRECT) {
        t->op->fold(t->shape, slice, v, (size_t)(n * t->places));
        return;
    }
    for (int i = 0; i < n; i++, v += t->places)
        if (t->op->fold != NULL)
            t->op->fold(t->shape, slice, v, (size_t)t->places);
        else
            fold_own(t->shape, slice, v->u64);
}
