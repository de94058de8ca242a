/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantiles: each is as near to that of the sorted values as the note says,
 * whatever the values are; the bytes depend on the values alone; what is made
 * up is refused. The rank is that of Hyndman and Fan (1996), definition 1.
 */
#include "op.h"
#include "sketch.h"
#include "tap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N 3000
#define MAX_WORDS 40000

static uint64_t state = 1;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double uniform(double from, double to)
{
    return from + (to - from) * (double)(draw() >> 11) * 0x1p-53;
}

/* ---- values ------------------------------------------------------------- */

static double near_one(void)
{
    return uniform(0.5, 4);
}

static double both_signs(void)
{
    return uniform(-1e3, 2e3);
}

static double decades(void)
{
    return pow(10, uniform(-4, 5));
}

static double few(void)
{
    return (double)(draw() % 5) - 1;
}

static double wide(void)
{
    return pow(10, uniform(-40, 40));
}

static double any(void)
{
    union ff_value v;
    do
        v.u64 = draw();
    while (isnan(v.f64));
    return v.f64;
}

static double subnormal(void)
{
    const union ff_value v = {.u64 = draw() >> (13 + draw() % 50)
                                     | (draw() & UINT64_C(1) << 63)};
    return v.f64;
}

static double powers(void)
{
    return ldexp(draw() % 2 ? 1 : -1, (int)(draw() % 60) - 30);
}

static double (*const kind[])(void) = {near_one, both_signs, decades, few,
                                       wide, any, subnormal, powers};
#define N_KINDS (sizeof kind / sizeof kind[0])

static void fill(union ff_value *v, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++)
        v[i].f64 = kind[k]();
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- sketches ----------------------------------------------------------- */

static const double error[] = {0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002,
                               0.001, 0.0005};
#define N_ERRORS (sizeof error / sizeof error[0])

static int64_t slice[MAX_WORDS], other[MAX_WORDS], third[MAX_WORDS];

static const struct op *quantiles(enum ff_op code)
{
    const struct op *op = op_find(code);
    CU_ASSERT_PTR_NOT_NULL_FATAL(op);
    return op;
}

static void fold_all(const struct op *op, const struct ff_shape *shape,
                     int64_t *words, const union ff_value *v, size_t n)
{
    CU_ASSERT_FATAL(op->words(shape) <= MAX_WORDS);
    op->init(shape, words);
    for (size_t i = 0, part; i < n; i += part) {
        part = n - i < 512 ? n - i : 512;
        op->fold(shape, words, v + i, part);
    }
    op_normalise(op, shape, words);
    CU_ASSERT(op->valid(shape, words));
}

/* What the sketch promises. */
static double bound(const struct ff_shape *shape, const int64_t *words)
{
    const struct sketch s = sketch_of(shape->lo, words);
    return 1 / (double)((2 << sketch_bits(&s)) + 1);
}

/* In long double, so that the difference does not round. */
static bool near(double x, double exact, double relative)
{
    if (isinf(exact) || isinf(x))
        return x == exact;
    return fabsl((long double)x - exact)
           <= relative * (1 + 1e-15L) * fabsl(exact);
}

/* All probabilities k / 64: p n does not round. */
static int bad_quantiles(const struct ff_shape *asked, const int64_t *words,
                         const double *sorted, size_t n)
{
    const struct op *op = quantiles(FF_OP_QUANTILES);
    int bad = 0;
    for (size_t k = 0; k <= 64; k++) {
        const double p = (double)k / 64;
        struct ff_shape shape = *asked;
        struct value v;
        size_t rank = (k * n + 63) / 64;
        rank = rank == 0 ? 1 : rank;
        shape.number = &p;
        shape.n_numbers = 1;
        op->entry(&shape, words, 0, &v);
        bad += v.type != VALUE_F64 || !v.has_at || v.at != p
               || !near(v.f64, sorted[rank - 1], bound(asked, words));
        bad += (rank == 1 || rank == n) && v.f64 != sorted[rank - 1];
    }
    return bad;
}

static void guarantee(void)
{
    static union ff_value v[N];
    static double sorted[N];
    for (size_t e = 0; e < N_ERRORS; e++)
        for (size_t k = 0; k < N_KINDS; k++) {
            const struct ff_shape shape = {.lo = error[e]};
            const size_t n = 1 + draw() % N;
            fill(v, n, k);
            for (size_t i = 0; i < n; i++)
                sorted[i] = v[i].f64;
            qsort(sorted, n, sizeof sorted[0], ascending);
            fold_all(quantiles(FF_OP_QUANTILES), &shape, slice, v, n);
            CU_ASSERT_EQUAL(bad_quantiles(&shape, slice, sorted, n), 0);
            if (k < 4)
                CU_ASSERT(bound(&shape, slice) <= error[e]);
        }
}

/* One value between the infinities: nothing but its bucket tells it. */
static void buckets(void)
{
    const struct op *op = quantiles(FF_OP_QUANTILES);
    const double half = 0.5;
    int bad = 0;
    for (size_t e = 0; e < N_ERRORS; e++)
        for (int i = 0; i < 400; i++) {
            const struct ff_shape shape = {.lo = error[e], .number = &half,
                                           .n_numbers = 1};
            const union ff_value v[3] = {{.f64 = -INFINITY},
                                         {.f64 = kind[draw() % N_KINDS]()},
                                         {.f64 = INFINITY}};
            struct value out;
            op->init(&shape, slice);
            op->fold(&shape, slice, v, 3);
            op->entry(&shape, slice, 0, &out);
            bad += !near(out.f64, v[1].f64, error[e]);
        }
    CU_ASSERT_EQUAL(bad, 0);
}

/* ---- integers ----------------------------------------------------------- */

static const char *quantile(const struct op *op, const union ff_value *v,
                            size_t n, double p)
{
    static struct value out;
    const struct ff_shape shape = {.lo = 0, .number = &p, .n_numbers = 1};
    op->init(&shape, slice);
    op->fold(&shape, slice, v, n);
    op_normalise(op, &shape, slice);
    CU_ASSERT(op->valid(&shape, slice));
    op->entry(&shape, slice, 0, &out);
    CU_ASSERT(out.type == (n > 0 ? VALUE_INT : VALUE_NONE));
    return out.decimal;
}

static void integers(void)
{
    const struct op *op = quantiles(FF_OP_QUANTILES_INT);
    const struct op *uop = quantiles(FF_OP_QUANTILES_UINT);
    const union ff_value ends[] = {{.i64 = INT64_MIN}, {.i64 = INT64_MIN},
                                   {.i64 = 0}, {.i64 = INT64_MAX},
                                   {.i64 = INT64_MAX}};
    const union ff_value high[] = {{.u64 = 0}, {.u64 = UINT64_MAX - 1},
                                   {.u64 = UINT64_MAX}};
    CU_ASSERT_STRING_EQUAL(quantile(op, ends, 5, 0), "-9223372036854775808");
    CU_ASSERT_STRING_EQUAL(quantile(op, ends, 5, 0.5), "0");
    CU_ASSERT_STRING_EQUAL(quantile(op, ends, 5, 1), "9223372036854775807");
    CU_ASSERT_STRING_EQUAL(quantile(uop, high, 3, 0), "0");
    CU_ASSERT_STRING_EQUAL(quantile(uop, high, 3, 1), "18446744073709551615");
    CU_ASSERT(fabs(strtod(quantile(op, ends, 5, 0.4), NULL) / -0x1p63 - 1)
              <= 0.01);
    CU_ASSERT(fabs(strtod(quantile(uop, high, 3, 0.5), NULL) / 0x1p64 - 1)
              <= 0.01);
    quantile(op, ends, 0, 0.5);
}

/* Every integer up to 2^17, as i64 and u64, of both signs: below 129 exact. */
static void integer_buckets(void)
{
    const struct op *op = quantiles(FF_OP_QUANTILES_INT);
    int bad = 0;
    for (int64_t x = 1; x < 1 << 17; x += 1 + x / 500) {
        const union ff_value v[] = {{.i64 = INT64_MIN}, {.i64 = -x},
                                    {.i64 = x}, {.i64 = INT64_MAX}};
        const double plus = strtod(quantile(op, v, 4, 0.75), NULL);
        bad += !near(plus, (double)x, x < 129 ? 0 : 1.0 / 129);
        bad += strtod(quantile(op, v, 4, 0.5), NULL) != -plus;
    }
    CU_ASSERT_EQUAL(bad, 0);
}

/* numpy.quantile(range(1, 11), p, method="inverted_cdf") of NumPy 1.26. */
static void ranks(void)
{
    static const struct {
        double p;
        const char *want;
    } row[] = {{0, "1"}, {0.1, "1"}, {0.11, "2"}, {0.25, "3"}, {0.3, "3"},
               {0.5, "5"}, {0.7, "7"}, {0.75, "8"}, {0.9, "9"}, {1, "10"}};
    union ff_value v[10];
    for (int i = 0; i < 10; i++)
        v[i].i64 = 10 - i;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        CU_ASSERT_STRING_EQUAL(quantile(quantiles(FF_OP_QUANTILES_INT), v, 10,
                                        row[i].p), row[i].want);
}

/* ---- special values ----------------------------------------------------- */

static void special(void)
{
    const struct op *op = quantiles(FF_OP_QUANTILES);
    static const double p[] = {0, 0.2, 0.4, 0.6, 0.8, 1};
    static const double want[] = {-INFINITY, -INFINITY, -5e-324, 0, 5e-324,
                                  INFINITY};
    const struct ff_shape shape = {.number = p, .n_numbers = 6};
    const union ff_value v[] = {{.f64 = INFINITY}, {.f64 = NAN}, {.f64 = 0},
                                {.f64 = 5e-324}, {.f64 = -NAN},
                                {.f64 = -5e-324}, {.f64 = -INFINITY}};
    const union ff_value minus = {.f64 = -0.0};
    struct value out;
    fold_all(op, &shape, slice, v, 7);
    op->finish(&shape, slice, &out);
    CU_ASSERT(out.type == VALUE_LIST && out.n == 6);
    CU_ASSERT_STRING_EQUAL(out.decimal, "5");
    CU_ASSERT_STRING_EQUAL(out.note, "within 0.78 %; NaN left out");
    for (uint64_t i = 0; i < 6; i++) {
        op->entry(&shape, slice, i, &out);
        CU_ASSERT(out.f64 == want[i]);
    }
    fold_all(op, &shape, slice, &minus, 1);
    op->entry(&shape, slice, 3, &out);
    CU_ASSERT(out.f64 == 0 && signbit(out.f64));
    fold_all(op, &shape, slice, v, 0);
    op->entry(&shape, slice, 3, &out);
    CU_ASSERT(out.type == VALUE_NONE && out.has_at && out.at == 0.6);
}

static void far_apart(void)
{
    const struct op *op = quantiles(FF_OP_QUANTILES);
    const struct ff_shape shape = {.lo = 0.01};
    static union ff_value v[N];
    struct value out;
    for (int i = 0; i < 129; i++)
        v[i].f64 = ldexp(1, i);
    fold_all(op, &shape, slice, v, 128);
    op->finish(&shape, slice, &out);
    CU_ASSERT_STRING_EQUAL(out.note, "within 0.78 %");
    fold_all(op, &shape, slice, v, 129);
    op->finish(&shape, slice, &out);
    CU_ASSERT_STRING_EQUAL(out.note,
                           "within 1.6 % as the values are far apart");
    CU_ASSERT_EQUAL(out.n, 7);
    CU_ASSERT_STRING_EQUAL(out.decimal, "129");
}

/* ---- merging ------------------------------------------------------------ */

/* Splits the values, merges the parts in a random order. */
static void merge_parts(const struct op *op, const struct ff_shape *shape,
                        int64_t *sum, const union ff_value *v, size_t n)
{
    static int64_t part[16][MAX_WORDS];
    size_t left = 1 + draw() % 16;
    for (size_t i = 0; i < left; i++) {
        const size_t from = n * i / left, to = n * (i + 1) / left;
        op->init(shape, part[i]);
        op->fold(shape, part[i], v + from, to - from);
        if (draw() % 2)
            op_normalise(op, shape, part[i]);
    }
    for (; left > 1; left--) {
        const size_t a = draw() % left;
        const size_t b = (a + 1 + draw() % (left - 1)) % left;
        op->merge(shape, part[a], part[b]);
        memcpy(part[b], part[left - 1], sizeof part[b]);
        if (a == left - 1)
            memcpy(part[b], part[a], sizeof part[b]);
    }
    memcpy(sum, part[0], sizeof part[0]);
    op_normalise(op, shape, sum);
}

static void merged(void)
{
    const struct op *op = quantiles(FF_OP_QUANTILES);
    static union ff_value v[N];
    for (size_t e = 0; e < N_ERRORS; e++)
        for (size_t k = 0; k < N_KINDS; k++) {
            const struct ff_shape shape = {.lo = error[e]};
            const size_t n = draw() % 400, bytes = 8 * op->words(&shape);
            fill(v, n, k);
            for (size_t i = 0; i < n; i++)
                if (draw() % 100 == 0)
                    v[i].f64 = any();
            fold_all(op, &shape, slice, v, n);
            merge_parts(op, &shape, other, v, n);
            CU_ASSERT(op->valid(&shape, other));
            CU_ASSERT_EQUAL(memcmp(slice, other, bytes), 0);
            for (size_t i = n; i > 1; i--) {
                const size_t j = draw() % i;
                const union ff_value kept = v[i - 1];
                v[i - 1] = v[j];
                v[j] = kept;
            }
            fold_all(op, &shape, third, v, n);
            CU_ASSERT_EQUAL(memcmp(slice, third, bytes), 0);
        }
}

/* ---- what is refused ---------------------------------------------------- */

static void refused_shapes(void)
{
    const struct op *op = quantiles(FF_OP_QUANTILES);
    static const double good[] = {0, 0.5, 1}, bad[] = {-0.1, 1.1, NAN};
    struct ff_shape shape = {.number = good, .n_numbers = 3};
    CU_ASSERT_PTR_NULL(op_wrong(op, &shape));
    for (size_t e = 0; e < N_ERRORS; e++) {
        shape.lo = error[e];
        CU_ASSERT_PTR_NULL(op_wrong(op, &shape));
    }
    for (size_t i = 0; i < 3; i++) {
        const struct ff_shape one = {.number = bad + i, .n_numbers = 1};
        CU_ASSERT_PTR_NOT_NULL(op_wrong(op, &one));
    }
    static const double not[] = {-0.01, 0.0004, 0.26, 1, INFINITY, NAN};
    for (size_t i = 0; i < sizeof not / sizeof not[0]; i++) {
        shape.lo = not[i];
        CU_ASSERT_PTR_NOT_NULL(op_wrong(op, &shape));
    }
}

/* A sketch of 1 and 3 with one word changed. */
static void refused_slices(void)
{
    static const struct {
        int word;
        int64_t x;
    } row[] = {{SKETCH_LEVEL, -1}, {SKETCH_LEVEL, 7}, {SKETCH_LEVEL, INT64_MIN},
               {SKETCH_USED, 1}, {SKETCH_USED, 3}, {SKETCH_USED, 129},
               {SKETCH_USED, -1}, {SKETCH_LEAST, INT64_MAX},
               {SKETCH_LEAST, INT64_MIN}, {SKETCH_MOST, INT64_MIN},
               {SKETCH_MOST, INT64_MAX}, {SKETCH_ZERO, -1}, {SKETCH_NAN, -1},
               {SKETCH_PLUS_INF, INT64_MAX}, {SKETCH_INDEX, 1},
               {SKETCH_INDEX, INT64_C(1) << 48}, {SKETCH_INDEX, 3},
               {SKETCH_INDEX + 2047 / 4, INT64_C(1) << 54},
               {SKETCH_INDEX + 4096 / 4, 64}, {SKETCH_INDEX + 4096 / 4, -1}};
    const struct op *op = quantiles(FF_OP_QUANTILES);
    const struct ff_shape shape = {.lo = 0.01};
    const union ff_value v[] = {{.f64 = 1}, {.f64 = 3}};
    fold_all(op, &shape, slice, v, 2);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const int64_t kept = slice[row[i].word];
        slice[row[i].word] = row[i].x;
        CU_ASSERT_FALSE(op->valid(&shape, slice));
        slice[row[i].word] = kept;
    }
    CU_ASSERT(op->valid(&shape, slice));
}

/* What passes the check can be merged and asked, whatever it is. */
static void made_up(void)
{
    static const enum ff_op code[] = {FF_OP_QUANTILES, FF_OP_QUANTILES_INT,
                                      FF_OP_QUANTILES_UINT};
    const struct ff_shape shape = {.lo = 0.02};
    static union ff_value v[100];
    struct value out;
    int accepted = 0;
    for (int i = 0; i < 2000; i++) {
        const struct op *op = quantiles(code[i % 3]);
        fill(v, 100, draw() % N_KINDS);
        fold_all(quantiles(FF_OP_QUANTILES), &shape, slice, v, 100);
        for (uint64_t k = draw() % 4; k > 0; k--)
            slice[draw() % (SKETCH_INDEX + 2000)] =
                draw() % 2 ? (int64_t)draw() : (int64_t)(draw() % 10);
        if (!op->valid(&shape, slice))
            continue;
        accepted++;
        fold_all(op, &shape, other, v, 100);
        op->merge(&shape, other, slice);
        op_normalise(op, &shape, other);
        op->finish(&shape, other, &out);
        for (uint64_t k = 0; k < 7; k++)
            op->entry(&shape, other, k, &out);
    }
    CU_ASSERT(accepted > 100);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"quantiles are those of the sorted values, within the error",
         guarantee},
        {"every bucket has what stands for all its values", buckets},
        {"integers, to the ends of their range", integers},
        {"integers are near, small ones exact", integer_buckets},
        {"the rank is that of NumPy's inverted_cdf", ranks},
        {"zeros, infinities, NaN, nothing", special},
        {"values that are far apart make the error larger", far_apart},
        {"any order and grouping gives the same bytes", merged},
        {"errors and probabilities that cannot be are refused",
         refused_shapes},
        {"made-up slices are refused", refused_slices},
        {"what is not refused does no harm", made_up},
    };
    return TAP_RUN(tests);
}
