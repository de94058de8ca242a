/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms: every value is in the one bin whose edges enclose it, however
 * the edges are rounded; edges ascend; what cannot be is refused.
 */
#include "histogram.h"
#include "op.h"
#include "tap.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MAX_BINS 1000
#define N_SHAPES 3000

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

/* Any that is allowed; some are a few doubles wide. */
static struct ff_shape random_shape(void)
{
    struct ff_shape s = {.form = FF_LINEAR};
    do {
        s.n = 1 + draw() % MAX_BINS;
        s.lo = uniform(-1, 1) * pow(10, uniform(-20, 20));
        s.hi = draw() % 4 == 0
                   ? s.lo + fabs(s.lo) * DBL_EPSILON * (double)(4 * s.n)
                   : s.lo + pow(10, uniform(-20, 20));
    } while (histogram_wrong(&s) != NULL);
    return s;
}

/* The lane that a value goes to; they must be all 0 but for this one. */
static int64_t lane_of(const struct ff_shape *s, double x)
{
    static int64_t slice[HISTOGRAM_BINS + MAX_BINS];
    const union ff_value v = {.f64 = x};
    const struct op *op = op_find(FF_OP_HISTOGRAM);
    int64_t found = -1;
    op->init(s, slice);
    op->fold(s, slice, &v, 1);
    for (uint32_t i = 0; i < op->words(s); i++) {
        if (slice[i] == 0)
            continue;
        CU_ASSERT_EQUAL(slice[i], 1);
        CU_ASSERT_EQUAL(found, -1);
        found = i;
    }
    return found;
}

/* By comparing with every edge. */
static int64_t lane_by_search(const struct ff_shape *s, double x)
{
    if (isnan(x))
        return HISTOGRAM_NAN;
    if (x < histogram_edge(s, 0))
        return HISTOGRAM_BELOW;
    for (uint64_t i = 1; i <= s->n; i++)
        if (x < histogram_edge(s, i))
            return (int64_t)(HISTOGRAM_BINS + i - 1);
    return HISTOGRAM_ABOVE;
}

static void enclosed(void)
{
    int bad = 0;
    for (int k = 0; k < N_SHAPES; k++) {
        const struct ff_shape s = random_shape();
        const uint64_t i = draw() % (s.n + 1);
        const double e = histogram_edge(&s, i);
        const double x = uniform(s.lo, s.hi);
        bad += lane_of(&s, e) != lane_by_search(&s, e);
        bad += lane_of(&s, nextafter(e, -INFINITY))
               != lane_by_search(&s, nextafter(e, -INFINITY));
        bad += lane_of(&s, nextafter(e, INFINITY))
               != lane_by_search(&s, nextafter(e, INFINITY));
        bad += lane_of(&s, x) != lane_by_search(&s, x);
    }
    CU_ASSERT_EQUAL(bad, 0);
}

/* An edge is in the bin above it, the double before it in the one below. */
static void edges(void)
{
    int bad = 0;
    for (int k = 0; k < N_SHAPES; k++) {
        const struct ff_shape s = random_shape();
        bad += histogram_edge(&s, 0) != s.lo || histogram_edge(&s, s.n) != s.hi;
        for (uint64_t i = 1; i <= s.n; i++)
            bad += !(histogram_edge(&s, i - 1) < histogram_edge(&s, i));
        const uint64_t i = draw() % s.n;
        const double e = histogram_edge(&s, i);
        bad += lane_of(&s, e) != (int64_t)(HISTOGRAM_BINS + i);
        bad += lane_of(&s, nextafter(e, -INFINITY))
               != (i == 0 ? HISTOGRAM_BELOW : (int64_t)(HISTOGRAM_BINS + i - 1));
    }
    CU_ASSERT_EQUAL(bad, 0);
}

/* The formula gives the decimal that a person would write: i / 10 is rounded
 * once, where adding tenths gives 0.30000000000000004. */
static void decimal_edges(void)
{
    static const double want[] = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8,
                                  0.9, 1};
    const struct ff_shape s = {.lo = 0, .hi = 1, .n = 10};
    for (uint64_t i = 0; i <= 10; i++)
        CU_ASSERT(histogram_edge(&s, i) == want[i]);
}

static void apart(void)
{
    const struct ff_shape s = {.lo = -1, .hi = 1, .n = 4};
    CU_ASSERT_EQUAL(lane_of(&s, NAN), HISTOGRAM_NAN);
    CU_ASSERT_EQUAL(lane_of(&s, -NAN), HISTOGRAM_NAN);
    CU_ASSERT_EQUAL(lane_of(&s, INFINITY), HISTOGRAM_ABOVE);
    CU_ASSERT_EQUAL(lane_of(&s, 1), HISTOGRAM_ABOVE);
    CU_ASSERT_EQUAL(lane_of(&s, DBL_MAX), HISTOGRAM_ABOVE);
    CU_ASSERT_EQUAL(lane_of(&s, -INFINITY), HISTOGRAM_BELOW);
    CU_ASSERT_EQUAL(lane_of(&s, -DBL_MAX), HISTOGRAM_BELOW);
    CU_ASSERT_EQUAL(lane_of(&s, -1), HISTOGRAM_BINS);
    CU_ASSERT_EQUAL(lane_of(&s, -0.0), HISTOGRAM_BINS + 2);
    CU_ASSERT_EQUAL(lane_of(&s, 0.0), HISTOGRAM_BINS + 2);
    CU_ASSERT_EQUAL(lane_of(&s, nextafter(1, 0)), HISTOGRAM_BINS + 3);
}

/* ---- lists -------------------------------------------------------------- */

static double edge[HISTOGRAM_MAX_LISTED + 1];

static struct ff_shape log_shape(double lo, double hi, uint64_t n)
{
    struct ff_shape s = {.lo = lo, .hi = hi, .n = n, .form = FF_LOGARITHMIC};
    CU_ASSERT_PTR_NULL(histogram_spell(&s, edge));
    CU_ASSERT_PTR_NULL(histogram_wrong(&s));
    return s;
}

/* Powers of ten and of two are what they are. */
static void exact_edges(void)
{
    static const double tens[] = {1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8,
                                  1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct ff_shape s = log_shape(1, 1e22, 22);
    for (uint64_t i = 0; i <= 22; i++)
        CU_ASSERT(histogram_edge(&s, i) == tens[i]);
    s = log_shape(0x1p-1022, 0x1p1023, 2045);
    for (uint64_t i = 0; i <= 2045; i++)
        CU_ASSERT(histogram_edge(&s, i) == ldexp(1, (int)i - 1022));
    s = log_shape(5, 3125, 4);
    CU_ASSERT(edge[1] == 25 && edge[2] == 125 && edge[3] == 625);
}

/* Each edge is at most half an ulp and a little from lo (hi / lo)^(i / n),
 * which is computed by C's powl here. */
static void near_edges(void)
{
    int bad = 0;
    for (int k = 0; k < 300; k++) {
        const double lo = pow(10, uniform(-300, 100));
        const double hi = lo * pow(10, uniform(0.01, 200));
        const uint64_t n = 1 + draw() % 60;
        const struct ff_shape s = log_shape(lo, hi, n);
        for (uint64_t i = 0; i <= n; i++) {
            const double e = histogram_edge(&s, i);
            const long double want =
                (long double)lo * powl((long double)hi / lo,
                                       (long double)i / (long double)n);
            bad += fabsl(e - want) > 0.51L * (nextafter(e, INFINITY) - e)
                                         + 0x1p-55L * want;
        }
        bad += histogram_edge(&s, 0) != lo || histogram_edge(&s, n) != hi;
    }
    CU_ASSERT_EQUAL(bad, 0);
}

static void listed(void)
{
    int bad = 0;
    for (int k = 0; k < N_SHAPES; k++) {
        struct ff_shape s = {.n = 1 + draw() % 40, .form = FF_LIST};
        edge[0] = uniform(-5, 5);
        for (uint64_t i = 1; i <= s.n; i++)
            edge[i] = draw() % 3 == 0 ? nextafter(edge[i - 1], INFINITY)
                                      : edge[i - 1] + uniform(0, 1) + 1e-9;
        s.number = edge;
        s.n_numbers = (uint32_t)s.n + 1;
        CU_ASSERT_PTR_NULL_FATAL(histogram_wrong(&s));
        const double e = edge[draw() % (s.n + 1)];
        const double x[] = {e, nextafter(e, -INFINITY), nextafter(e, INFINITY),
                            uniform(edge[0], edge[s.n]), NAN, -INFINITY,
                            INFINITY};
        for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
            bad += lane_of(&s, x[i]) != lane_by_search(&s, x[i]);
    }
    CU_ASSERT_EQUAL(bad, 0);
}

static void refused_lists(void)
{
    static const struct {
        double edge[4];
        uint32_t n_numbers;
        uint64_t n;
    } bad[] = {{{0, 1, 2, 2}, 4, 3}, {{0, 2, 1, 3}, 4, 3},
               {{0, 1, 2, INFINITY}, 4, 3}, {{NAN, 1, 2, 3}, 4, 3},
               {{0, NAN, 2, 3}, 4, 3}, {{-0.0, 0, 1, 2}, 4, 3},
               {{0, 1, 2, 3}, 4, 4}, {{0, 1, 2, 3}, 4, 2}, {{0}, 1, 0},
               {{0}, 0, UINT64_MAX}};
    static const struct ff_shape log[] = {
        {.lo = 0, .hi = 1, .n = 3}, {.lo = -1, .hi = 1, .n = 3},
        {.lo = 1, .hi = 1, .n = 3}, {.lo = 2, .hi = 1, .n = 3},
        {.lo = 1, .hi = INFINITY, .n = 3}, {.lo = NAN, .hi = 1, .n = 3},
        {.lo = 1, .hi = NAN, .n = 3}, {.lo = 1, .hi = 2, .n = 0},
        {.lo = 1, .hi = 2, .n = 4096}, {.lo = 1, .hi = 2, .n = UINT64_MAX},
        {.lo = 0x1p-1030, .hi = 2, .n = 3},
        {.lo = 1, .hi = 1 + 4 * DBL_EPSILON, .n = 5}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct ff_shape s = {.n = bad[i].n, .form = FF_LIST,
                                   .number = bad[i].edge,
                                   .n_numbers = bad[i].n_numbers};
        CU_ASSERT_PTR_NOT_NULL(histogram_wrong(&s));
    }
    for (size_t i = 0; i < sizeof log / sizeof log[0]; i++) {
        struct ff_shape s = log[i];
        s.form = FF_LOGARITHMIC;
        CU_ASSERT_PTR_NOT_NULL(histogram_spell(&s, edge));
        CU_ASSERT_PTR_NOT_NULL(histogram_wrong(&s));
    }
}

#define SHAPE(lo_, hi_, n_) {.lo = lo_, .hi = hi_, .n = n_}

static void refused(void)
{
    static const struct ff_shape bad[] = {
        SHAPE(0, 1, 0), SHAPE(0, 1, HISTOGRAM_MAX_BINS + 1), SHAPE(0, 1, UINT64_MAX),
        SHAPE(1, 0, 4), SHAPE(1, 1, 4), SHAPE(0.0, -0.0, 1), SHAPE(0, INFINITY, 4),
        SHAPE(-INFINITY, 0, 4), SHAPE(NAN, 1, 4), SHAPE(0, NAN, 4),
        SHAPE(-DBL_MAX, DBL_MAX, 1), SHAPE(0, DBL_MAX, 2),
        SHAPE(1, 1 + 4 * DBL_EPSILON, 5)};
    static const struct ff_shape good[] = {
        SHAPE(0, 1, 1), SHAPE(0, 1, HISTOGRAM_MAX_BINS), SHAPE(0, DBL_MAX, 1),
        SHAPE(1, 1 + 4 * DBL_EPSILON, 4), SHAPE(0, 4 * 0x1p-1074, 4)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(histogram_wrong(&bad[i]));
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT_PTR_NULL(histogram_wrong(&good[i]));
}

/* However values are split, merged lanes are those of all values. */
static void merged(void)
{
    const struct ff_shape s = {.lo = -2, .hi = 3, .n = 77};
    const struct op *op = op_find(FF_OP_HISTOGRAM);
    static union ff_value v[1000];
    int64_t all[HISTOGRAM_BINS + 77], sum[HISTOGRAM_BINS + 77];
    struct value out;
    CU_ASSERT_PTR_NOT_NULL_FATAL(op);
    CU_ASSERT_EQUAL_FATAL(op->words(&s), HISTOGRAM_BINS + 77);
    op->init(&s, all);
    op->init(&s, sum);
    for (size_t i = 0; i < 1000; i++)
        v[i].f64 = uniform(-3, 4);
    op->fold(&s, all, v, 1000);
    for (size_t i = 0, n; i < 1000; i += n) {
        int64_t part[HISTOGRAM_BINS + 77];
        n = 1 + draw() % 100;
        n = n < 1000 - i ? n : 1000 - i;
        op->init(&s, part);
        op->fold(&s, part, v + i, n);
        op_normalise(op, &s, part);
        CU_ASSERT(op->valid(&s, part));
        op->merge(&s, sum, part);
    }
    CU_ASSERT_EQUAL(memcmp(all, sum, sizeof all), 0);
    op->finish(&s, sum, &out);
    CU_ASSERT(out.type == VALUE_HISTOGRAM && out.slice == sum);
    sum[HISTOGRAM_BINS + 5] = -1;
    CU_ASSERT_FALSE(op->valid(&s, sum));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"each value is in the bin that encloses it", enclosed},
        {"edges ascend, and belong to the bin above them", edges},
        {"edges are the decimals that they look like", decimal_edges},
        {"what is in no bin is counted apart", apart},
        {"what cannot be a histogram is refused", refused},
        {"logarithmic edges that are doubles are exact", exact_edges},
        {"logarithmic edges are the nearest doubles", near_edges},
        {"each value is between its edges of a list", listed},
        {"lists that cannot be, or not be made, are refused", refused_lists},
        {"merging adds", merged},
    };
    return TAP_RUN(tests);
}
