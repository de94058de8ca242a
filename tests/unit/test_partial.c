/* SPDX-License-Identifier: Apache-2.0 */
/* Operators and partials: what results are for chosen values, and all slices
 * together. (test_merge_trees.c has what holds for every operator.) */
#include "fold.h"
#include "partial.h"
#include "xsum.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Operators that need no shape. */
#define EACH_OP(code)                                                          \
    for (uint32_t code = FF_OP_SUM; code <= FF_OP_DOT_FLOAT; code++)           \
        if (code != FF_OP_HISTOGRAM)
#define N_OPS (FF_OP_DOT_FLOAT - 1)
#define MAX_WORDS 256
#define MAX_PLACES 64

static uint64_t state = 1;

static uint32_t below(uint32_t n)
{
    return (uint32_t)(draw(&state) % n);
}

static const struct op *op_of(uint32_t code)
{
    const struct op *op = op_find(code);
    CU_ASSERT_PTR_NOT_NULL_FATAL(op);
    CU_ASSERT_FATAL(op->words(NULL) <= MAX_WORDS);
    return op;
}

/* ---- the operators ------------------------------------------------------ */

static void empty_results(void)
{
    CU_ASSERT(is_f64(result_of(FF_OP_SUM, NULL, 0), 0.0));
    CU_ASSERT(is_int(result_of(FF_OP_SUM_INT, NULL, 0), "0"));
    CU_ASSERT(is_int(result_of(FF_OP_COUNT, NULL, 0), "0"));
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN, NULL, 0), NAN));
    CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE, NULL, 0), NAN));
    CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE, VALUES(F(1))), NAN));
    CU_ASSERT(is_f64(result_of(FF_OP_SD_FLOAT, VALUES(F(1))), NAN));
    CU_ASSERT(is_f64(result_of(FF_OP_NORM2, NULL, 0), 0.0));
    CU_ASSERT(is_f64(result_of(FF_OP_DOT, NULL, 0), 0.0));
    static const uint32_t none[] = {
        FF_OP_MIN,    FF_OP_MAX,    FF_OP_MIN_INT,    FF_OP_MAX_INT,
        FF_OP_ARGMIN, FF_OP_ARGMAX, FF_OP_ARGMIN_INT, FF_OP_ARGMAX_INT};
    for (int i = 0; i < 8; i++) {
        const struct value v = result_of(none[i], NULL, 0);
        CU_ASSERT_EQUAL(v.type, VALUE_NONE);
        CU_ASSERT(!v.has_item);
    }
}

/* CPython, Lib/test/test_math.py, testFsum: the first. NIST StRD, NumAcc1
 * (www.itl.nist.gov/div898/strd): the mean and variance. */
static void sums(void)
{
    CU_ASSERT(
        is_f64(result_of(FF_OP_SUM, VALUES(F(1e100), F(1), F(-1e100), F(1e-100),
                                           F(1e50), F(-1), F(-1e50))),
               1e-100));
    CU_ASSERT(is_f64(result_of(FF_OP_SUM, VALUES(F(-0.0))), -0.0));
    CU_ASSERT(is_int(
        result_of(FF_OP_SUM_INT, VALUES(I(INT64_MIN), I(INT64_MIN), I(-1))),
        "-18446744073709551617"));
    CU_ASSERT(is_int(result_of(FF_OP_COUNT, VALUES(U(UINT64_MAX), U(1))),
                     "18446744073709551616"));
    CU_ASSERT(is_f64(
        result_of(FF_OP_MEAN, VALUES(F(10000001), F(10000003), F(10000002))),
        10000002));
    CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE,
                               VALUES(F(10000001), F(10000003), F(10000002))),
                     1));
}

/* 2^24 + 1 is a tie of floats. */
static void roots_dots_and_floats(void)
{
    struct value v;
    CU_ASSERT(is_f64(result_of(FF_OP_SD, VALUES(F(10000001), F(10000003),
                                                F(10000002))), 1));
    CU_ASSERT(is_f64(result_of(FF_OP_NORM2, VALUES(F(3), F(-4))), 5));
    CU_ASSERT(is_f64(result_of(FF_OP_DOT, VALUES(F(3), F(-4), F(5), F(6))),
                     18));
    CU_ASSERT(is_f64(result_of(FF_OP_DOT, VALUES(F(0), F(-4))), -0.0));
    v = result_of(FF_OP_SUM_FLOAT, VALUES(F(0x1p24), F(1)));
    CU_ASSERT(is_f64(v, 0x1p24) && v.is_float);
    v = result_of(FF_OP_MEAN_FLOAT, VALUES(F(0x1p25), F(2), F(2), F(0)));
    CU_ASSERT(is_f64(v, 0x1p23 + 1) && v.is_float);
    v = result_of(FF_OP_VARIANCE_FLOAT, VALUES(F(1), F(2), F(3), F(4)));
    CU_ASSERT(is_f64(v, 0x1.aaaaaap0)); /* 5 / 3 */
    v = result_of(FF_OP_SD_FLOAT, VALUES(F(0x1p13), F(-0x1p13), F(0)));
    CU_ASSERT(is_f64(v, 0x1p13));
    v = result_of(FF_OP_NORM2_FLOAT, VALUES(F(0x1p12), F(1)));
    CU_ASSERT(is_f64(v, 0x1p12)); /* sqrt(2^24 + 1) = 4096.00012... */
    v = result_of(FF_OP_DOT_FLOAT, VALUES(F(0x1p12), F(0x1p12), F(1), F(1)));
    CU_ASSERT(is_f64(v, 0x1p24));
    CU_ASSERT(is_int(
        result_of(FF_OP_SUM_UINT, VALUES(U(UINT64_MAX), U(UINT64_MAX), U(2))),
        "36893488147419103232"));
}

static void extremes_of_doubles(void)
{
    const double inf = INFINITY;
    CU_ASSERT(is_f64(result_of(FF_OP_MIN, VALUES(F(3), F(-7), F(5))), -7));
    CU_ASSERT(is_f64(result_of(FF_OP_MAX, VALUES(F(3), F(-7), F(5))), 5));
    CU_ASSERT(is_f64(result_of(FF_OP_MAX, VALUES(F(-3), F(-7))), -3));
    CU_ASSERT(is_f64(result_of(FF_OP_MIN, VALUES(F(0.0), F(-0.0))), -0.0));
    CU_ASSERT(is_f64(result_of(FF_OP_MAX, VALUES(F(-0.0), F(0.0))), 0.0));
    CU_ASSERT(is_f64(result_of(FF_OP_MAX, VALUES(F(-0.0))), -0.0));
    CU_ASSERT(is_f64(result_of(FF_OP_MIN, VALUES(F(inf))), inf));
    CU_ASSERT(is_f64(result_of(FF_OP_MIN, VALUES(F(inf), F(-inf))), -inf));
    CU_ASSERT(is_f64(result_of(FF_OP_MAX, VALUES(F(-inf))), -inf));
    CU_ASSERT(is_f64(result_of(FF_OP_MAX, VALUES(F(inf), F(DBL_MAX))), inf));
    CU_ASSERT(
        is_f64(result_of(FF_OP_MIN, VALUES(F(DBL_TRUE_MIN), F(-DBL_TRUE_MIN))),
               -DBL_TRUE_MIN));
    CU_ASSERT(is_f64(result_of(FF_OP_MIN, VALUES(F(-inf), F(NAN))), NAN));
    CU_ASSERT(is_f64(result_of(FF_OP_MAX, VALUES(F(-NAN), F(inf))), NAN));
}

static void extremes_of_integers(void)
{
    CU_ASSERT(is_int(result_of(FF_OP_MIN_INT, VALUES(I(3), I(-7))), "-7"));
    CU_ASSERT(is_int(result_of(FF_OP_MAX_INT, VALUES(I(3), I(-7))), "3"));
    CU_ASSERT(is_int(result_of(FF_OP_MIN_INT, VALUES(I(INT64_MAX))),
                     "9223372036854775807"));
    CU_ASSERT(is_int(result_of(FF_OP_MAX_INT, VALUES(I(INT64_MIN))),
                     "-9223372036854775808"));
    CU_ASSERT(
        is_int(result_of(FF_OP_MIN_INT, VALUES(I(INT64_MIN), I(INT64_MAX))),
               "-9223372036854775808"));
}

static void arguments(void)
{
    struct value v;
    v = result_of(FF_OP_ARGMIN, VALUES(F(2), U(9), F(1), U(8), F(1), U(7)));
    CU_ASSERT(is_f64(v, 1) && at_item(v, 7));
    v = result_of(FF_OP_ARGMAX, VALUES(F(2), U(9), F(1), U(8), F(2), U(10)));
    CU_ASSERT(is_f64(v, 2) && at_item(v, 9));
    v = result_of(FF_OP_ARGMIN, VALUES(F(-INFINITY), U(0), F(NAN), U(5),
                                       F(-NAN), U(4), F(1), U(1)));
    CU_ASSERT(is_f64(v, NAN) && at_item(v, 4));
    v = result_of(FF_OP_ARGMAX, VALUES(F(INFINITY), U(0), F(NAN), U(5)));
    CU_ASSERT(is_f64(v, NAN) && at_item(v, 5));
    v = result_of(FF_OP_ARGMIN, VALUES(F(0.0), U(1), F(-0.0), U(2)));
    CU_ASSERT(is_f64(v, -0.0) && at_item(v, 2));

    /* Items beyond 2^63, and the first value of all is the lowest key. */
    v = result_of(FF_OP_ARGMAX_INT, VALUES(I(INT64_MIN), U(UINT64_MAX)));
    CU_ASSERT(is_int(v, "-9223372036854775808") && at_item(v, UINT64_MAX));
    v = result_of(FF_OP_ARGMAX_INT, VALUES(I(4), U(UINT64_MAX), I(4), U(6)));
    CU_ASSERT(is_int(v, "4") && at_item(v, 6));
    v = result_of(FF_OP_ARGMIN_INT,
                  VALUES(I(INT64_MAX), U(3), I(INT64_MIN), U(2), I(0), U(1)));
    CU_ASSERT(is_int(v, "-9223372036854775808") && at_item(v, 2));
    v = result_of(FF_OP_ARGMIN_INT, VALUES(I(INT64_MAX), U(0)));
    CU_ASSERT(is_int(v, "9223372036854775807") && at_item(v, 0));
}

/* Doubles with specials among them, integers of all sizes, few items. */
static void random_places(const struct op *op, union ff_value *v, int n)
{
    static const double special[] = {INFINITY, -INFINITY, NAN,      0.0,
                                     -0.0,     DBL_MAX,   -DBL_MAX, 1};
    const int is_real = op->type[0] == 'f';
    const uint32_t width = below(64), rare = 1 + below(100);
    for (int i = 0; i < n; i++) {
        v[i].u64 = draw(&state) >> width;
        if (is_real)
            v[i].f64 = below(rare) ? ldexp((double)(int64_t)draw(&state),
                                           (int)below(900) - 450)
                                   : special[below(8)];
        if (op->kind == VALUE_KIND_ITEM)
            v[++i].u64 = below(2) ? below(4) : draw(&state);
    }
}

/* EPCC's exercise: pi by the midpoint rule with N = 840. The exact value of
 * the quadrature is 3.14159277169258991268...; plain sums over 1 to 8 workers
 * differ in the last digits. */
static void pi_over_any_number_of_workers(void)
{
    const struct op *op = op_of(FF_OP_SUM);
    for (int n_workers = 1; n_workers <= 8; n_workers++) {
        int64_t total[MAX_WORDS], part[MAX_WORDS];
        struct value out;
        char text[32];
        op->init(NULL, total);
        for (int w = 0; w < n_workers; w++) {
            op->init(NULL, part);
            for (int i = w + 1; i <= 840; i += n_workers) {
                const double x = (i - 0.5) / 840;
                op->fold(NULL, part, VALUES(F(1 / (1 + x * x))));
            }
            op->merge(NULL, total, part);
        }
        op->finish(NULL, total, &out);
        snprintf(text, sizeof text, "%.14f", 4.0 / 840 * out.f64);
        CU_ASSERT_STRING_EQUAL(text, "3.14159277169259");
    }
}

/* ---- whole partials ----------------------------------------------------- */

static void add(struct spec *spec, uint32_t code)
{
    spec_add_result(spec, "r", code, spec_add_source(spec, "r", code));
}

/* Every operator once, and two of them again. */
static void make_layout(struct partial_layout *layout)
{
    static struct spec spec;
    memset(&spec, 0, sizeof spec);
    EACH_OP(code)
        add(&spec, code);
    add(&spec, FF_OP_SUM);
    add(&spec, FF_OP_MIN);
    partial_layout_init(layout, &spec, 0);
}

static void fold_random(const struct partial_layout *layout, int64_t *words)
{
    for (uint32_t i = 0; i < layout->n_results; i++) {
        const struct op *op = layout->result[i].op;
        union ff_value v[MAX_PLACES];
        const int n = (int)op_places(op) * (1 + (int)below(4));
        random_places(op, v, n);
        op->fold(NULL, words + layout->result[i].offset, v, (size_t)n);
    }
}

#define PARTIAL_WORDS 3072

static void whole_partials(void)
{
    struct partial_layout layout;
    int64_t a[PARTIAL_WORDS], b[PARTIAL_WORDS], ab[PARTIAL_WORDS];
    make_layout(&layout);
    CU_ASSERT_EQUAL(layout.n_results, N_OPS + 2);
    CU_ASSERT_FATAL(layout.n_words < PARTIAL_WORDS);
    uint32_t at = 0;
    for (uint32_t i = 0; i < layout.n_results; i++) {
        CU_ASSERT_EQUAL(layout.result[i].offset, at);
        at += layout.result[i].words;
    }
    CU_ASSERT_EQUAL(layout.n_words, at);

    const size_t bytes = layout.n_words * sizeof *a;
    a[layout.n_words] = b[layout.n_words] = ab[layout.n_words] = 42;
    for (int i = 0; i < 100; i++) {
        partial_init(&layout, a);
        partial_init(&layout, b);
        CU_ASSERT(partial_valid(&layout, a));
        fold_random(&layout, a);
        fold_random(&layout, b);
        memcpy(ab, a, bytes);
        partial_merge(&layout, ab, b);
        partial_normalise(&layout, b);
        partial_merge(&layout, b, a);
        CU_ASSERT(partial_valid(&layout, ab) && partial_valid(&layout, b));
        partial_normalise(&layout, b);
        partial_normalise(&layout, ab);
        CU_ASSERT(memcmp(ab, b, bytes) == 0);
        CU_ASSERT(partial_valid(&layout, ab));
    }
    CU_ASSERT_EQUAL(a[layout.n_words] + b[layout.n_words] + ab[layout.n_words],
                    126); /* nothing beyond */
}

static void results_of_a_partial(void)
{
    struct partial_layout layout;
    int64_t words[PARTIAL_WORDS];
    struct value out;
    make_layout(&layout);
    partial_init(&layout, words);
    for (uint32_t i = 0; i < layout.n_results; i++)
        layout.result[i].op->fold(NULL, words + layout.result[i].offset,
                                  VALUES(U(0), U(5)));
    for (uint32_t i = 0; i < layout.n_results; i++) {
        partial_finish(&layout, words, NULL, i, &out);
        const struct op *op = layout.result[i].op;
        CU_ASSERT_EQUAL(out.type,
                        op->type[0] == 'f' ? VALUE_F64 : VALUE_INT);
        CU_ASSERT_EQUAL(out.has_item, op->kind == VALUE_KIND_ITEM);
    }
    partial_finish(&layout, words, NULL, 2, &out);
    CU_ASSERT(is_int(out, "5")); /* the count */
}

/* May word i of a slice be anything? Keys of integers and items may. */
static int may_be_anything(const struct op *op, uint32_t i)
{
    if (op->merge_kind == MERGE_SUM)
        return 0;
    const uint32_t key = op->merge_kind == MERGE_LIST ? 1 : 0;
    return (i == key && strcmp(op->type, "f64") != 0) || i == 2;
}

/* Each word of each slice, set to what it cannot be. */
static void made_up_partials_are_refused(void)
{
    struct partial_layout layout;
    int64_t words[PARTIAL_WORDS];
    make_layout(&layout);
    partial_init(&layout, words);
    fold_random(&layout, words);
    for (uint32_t r = 0; r < layout.n_results; r++) {
        const struct op *op = layout.result[r].op;
        for (uint32_t i = 0; i < op->words(NULL); i++) {
            int64_t *word = &words[layout.result[r].offset + i];
            const int64_t kept = *word;
            *word = INT64_MIN;
            CU_ASSERT_EQUAL(partial_valid(&layout, words),
                            may_be_anything(op, i));
            *word = kept;
            CU_ASSERT(partial_valid(&layout, words));
        }
    }
}

static void made_up_slices_are_refused(void)
{
    int64_t s[MAX_WORDS];
    const struct op *mean = op_of(FF_OP_MEAN), *var = op_of(FF_OP_VARIANCE);
    mean->init(NULL, s);
    mean->fold(NULL, s, VALUES(F(1), F(-0.0), F(NAN)));
    CU_ASSERT(mean->valid(NULL, s));
    s[mean->words(NULL) - 1]++; /* more than came */
    CU_ASSERT(!mean->valid(NULL, s));
    s[XSUM_OTHER] = INT64_MAX - 1; /* with the two others, 2^63 */
    s[mean->words(NULL) - 1] = INT64_MIN;
    CU_ASSERT(!mean->valid(NULL, s));
    var->init(NULL, s);
    var->fold(NULL, s, VALUES(F(1), F(-0.0), F(-INFINITY)));
    CU_ASSERT(var->valid(NULL, s));
    s[XSUM_WORDS + XSUM_OTHER]++;
    CU_ASSERT(!var->valid(NULL, s));

    /* {key, seen} and {seen, key, item}: nothing came, but there is a key;
     * more than one seen; a key between infinity and NaN. */
    const int64_t inf = INT64_C(0x7ff0000000000000);
    const int64_t best[][2] = {
        {0, 0},         {0, 2},       {0, -1},      {INT64_MAX - 1, 1},
        {INT64_MIN, 1}, {inf + 1, 1}, {~inf - 1, 1}};
    static const int64_t arg[][3] = {{0, 0, 0},         {2, 0, 0},
                                     {-1, 0, 0},        {1, INT64_MAX - 1, 0},
                                     {1, INT64_MIN, 0}, {0, INT64_MIN, 1}};
    for (int i = 0; i < 7; i++) {
        CU_ASSERT(!op_of(FF_OP_MIN)->valid(NULL, best[i]));
        CU_ASSERT_EQUAL(op_of(FF_OP_MAX_INT)->valid(NULL, best[i]), i > 2);
    }
    for (int i = 0; i < 6; i++) {
        CU_ASSERT(!op_of(FF_OP_ARGMAX)->valid(NULL, arg[i]));
        CU_ASSERT_EQUAL(op_of(FF_OP_ARGMIN_INT)->valid(NULL, arg[i]),
                        i == 3 || i == 4);
    }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"results of nothing", empty_results},
        {"sums, means, variances", sums},
        {"deviations, norms, dots and floats", roots_dots_and_floats},
        {"min and max of doubles", extremes_of_doubles},
        {"min and max of integers", extremes_of_integers},
        {"argmin and argmax", arguments},
        {"pi, the same for 1 to 8 workers", pi_over_any_number_of_workers},
        {"whole partials", whole_partials},
        {"results of a partial", results_of_a_partial},
        {"made-up partials are refused", made_up_partials_are_refused},
        {"made-up slices are refused", made_up_slices_are_refused},
    };
    return TAP_RUN(tests);
}
