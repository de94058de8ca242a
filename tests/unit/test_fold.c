/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfanfold as a program sees it: linked with the shared library, with
 * nothing but its header.
 */
#include "tap.h"

#include <fanfold/fold.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LANES 100000

static struct ff_fold *make(const char *op, const char *type)
{
    char why[FF_FOLD_WHY] = "";
    struct ff_fold *fold = ff_fold_create(op, type, why);
    if (fold == NULL) {
        tap_note("%s of %s: %s", op, type, why);
        CU_FAIL_FATAL("no fold");
    }
    CU_ASSERT_FATAL(ff_fold_lanes(fold) <= MAX_LANES);
    return fold;
}

static double value_of(struct ff_fold *fold)
{
    double x = NAN;
    CU_ASSERT_EQUAL(ff_fold_value(fold, &x), FF_FOLD_OK);
    return x;
}

/* CPython's test_math.py, testFsum. */
static void sums_arrays(void)
{
    const double a[] = {1e100, 1, -1e100, 1e-100, 1e50, -1, -1e50};
    const double b[] = {0x1p53, -0.5, -0x1p-54};
    const double c[] = {1e16, 1, 1e-16};
    double series[1000];
    for (int k = 1; k <= 1000; k++)
        series[k - 1] = 1.0 / k;
    CU_ASSERT(ff_exact_sum(a, 7) == 1e-100);
    CU_ASSERT(ff_exact_sum(b, 3) == 0x1p53 - 1);
    CU_ASSERT(ff_exact_sum(c, 3) == 10000000000000002.0);
    CU_ASSERT(ff_exact_sum(series, 1000) == 0x1.df11f45f4e61ap+2);
    CU_ASSERT(ff_exact_sum(NULL, 0) == 0.0 && !signbit(ff_exact_sum(NULL, 0)));
}

/* By hand: cancellation in products, squares that overflow. */
static void dots_and_norms(void)
{
    const double x[] = {0x1p600, 1, 0x1p600}, y[] = {0x1p600, 3, -0x1p600};
    const double z[] = {3 * 0x1p1000, 4 * 0x1p1000};
    CU_ASSERT(ff_exact_dot(x, y, 3) == 3);
    CU_ASSERT(ff_exact_norm2(z, 2) == 5 * 0x1p1000);
}

static void sums_in_lanes(void)
{
    int64_t a[FF_SUM_LANES] = {0}, b[FF_SUM_LANES] = {0};
    const double x[] = {1e300, 1, 2}, y[] = {-1e300, 0.5};
    CU_ASSERT(ff_sum_valid(a));
    ff_sum_add(a, x, 3);
    ff_sum_add(b, y, 2);
    ff_sum_merge(a, b);
    CU_ASSERT(ff_sum_valid(a) && ff_sum_value(a) == 3.5);
    ff_sum_normalise(a);
    CU_ASSERT(ff_sum_value(a) == 3.5);
    a[FF_SUM_LANES - 1] = INT64_MAX;
    CU_ASSERT_FALSE(ff_sum_valid(a));
}

static void refuses_what_is_no_operator(void)
{
    char why[FF_FOLD_WHY] = "";
    CU_ASSERT_PTR_NULL(ff_fold_create("some", "f64", why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "'some'"));
    CU_ASSERT_PTR_NULL(ff_fold_create("sum", "f16", why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "'f16'"));
    CU_ASSERT_PTR_NULL(ff_fold_create("histogram", "f64", why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "histogram"));
    CU_ASSERT_PTR_NULL(ff_fold_create("top,x", "f64", why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "'top,x'"));
    CU_ASSERT_PTR_NULL(ff_fold_create("sum:field", "f64", why));
    CU_ASSERT_PTR_NULL(ff_fold_create("concat", "f64", why));
    CU_ASSERT_PTR_NULL(ff_fold_create("", "", NULL));
    ff_fold_destroy(NULL);
}

static void takes_its_own_values_only(void)
{
    struct ff_fold *sum = make("sum", "f64"), *arg = make("argmax", "i64");
    const double x = 1;
    const int64_t i = 1;
    const uint64_t item = 1;
    CU_ASSERT_EQUAL(ff_fold_add_int(sum, &i, 1), FF_FOLD_TYPE);
    CU_ASSERT_EQUAL(ff_fold_add_uint(sum, &item, 1), FF_FOLD_TYPE);
    CU_ASSERT_EQUAL(ff_fold_add_items(sum, &x, &item, 1), FF_FOLD_TYPE);
    CU_ASSERT_EQUAL(ff_fold_add_pairs(sum, &x, &x, 1), FF_FOLD_TYPE);
    CU_ASSERT_EQUAL(ff_fold_add_int(arg, &i, 1), FF_FOLD_TYPE);
    CU_ASSERT_EQUAL(ff_fold_merge(sum, arg), FF_FOLD_OTHER);
    CU_ASSERT_EQUAL(ff_fold_merge(sum, sum), FF_FOLD_OTHER);
    CU_ASSERT(value_of(sum) == 0);
    CU_ASSERT_EQUAL(ff_fold_add(sum, &x, 1), FF_FOLD_OK);
    CU_ASSERT(value_of(sum) == 1);
    ff_fold_reset(sum);
    CU_ASSERT(value_of(sum) == 0);
    ff_fold_destroy(sum);
    ff_fold_destroy(arg);
}

static void gives_results_in_their_forms(void)
{
    struct ff_fold *sum = make("sum", "i64"), *low = make("argmin", "f64");
    const int64_t i[] = {INT64_MIN, INT64_MIN, -1};
    const double x[] = {2, -1.5, -1.5};
    const uint64_t item[] = {7, 9, 8};
    struct ff_fold_result r;
    char text[FF_FOLD_TEXT] = "";
    double value = 3;

    /* -2^64 - 1 */
    CU_ASSERT_EQUAL(ff_fold_add_int(sum, i, 3), FF_FOLD_OK);
    CU_ASSERT_EQUAL(ff_fold_text(sum, text), FF_FOLD_OK);
    CU_ASSERT_STRING_EQUAL(text, "-18446744073709551617");
    CU_ASSERT_EQUAL(ff_fold_value(sum, &value), FF_FOLD_FORM);
    CU_ASSERT_EQUAL(ff_fold_entry(sum, 0, &r), FF_FOLD_FORM);

    CU_ASSERT_EQUAL(ff_fold_value(low, &value), FF_FOLD_MISSING);
    CU_ASSERT_EQUAL(ff_fold_text(low, text), FF_FOLD_MISSING);
    CU_ASSERT(value == 3);
    CU_ASSERT_EQUAL(ff_fold_add_items(low, x, item, 3), FF_FOLD_OK);
    ff_fold_result(low, &r);
    CU_ASSERT(r.form == FF_FORM_REAL && r.value == -1.5);
    CU_ASSERT(r.has_item && r.item == 8 && !r.has_at);
    CU_ASSERT_STRING_EQUAL(r.text, "-1.5");
    ff_fold_destroy(sum);
    ff_fold_destroy(low);
}

/* 3 * 2^1023 is more than a double can be, on the way. */
static void products_have_an_order(void)
{
    struct ff_fold *a = make("product", "f64"), *b = make("product", "f64");
    const double x[] = {3, 0x1p1023, 0.5};
    CU_ASSERT_EQUAL(ff_fold_reduces_by(a), FF_BY_MERGE);
    CU_ASSERT_EQUAL(ff_fold_add(a, x, 3), FF_FOLD_OK);
    CU_ASSERT_EQUAL(ff_fold_add(b, x + 1, 2), FF_FOLD_OK);
    CU_ASSERT(value_of(b) == 0x1p1022);
    CU_ASSERT(value_of(a) == 3 * 0x1p1022);
    CU_ASSERT_EQUAL(ff_fold_merge(a, b), FF_FOLD_OK);
    CU_ASSERT(isinf(value_of(a)));
    ff_fold_destroy(a);
    ff_fold_destroy(b);
}

static void says_what_went_wrong(void)
{
    for (int s = -1; s <= FF_FOLD_RANGE + 1; s++)
        CU_ASSERT_PTR_NOT_NULL(ff_fold_error(s));
    CU_ASSERT_STRING_EQUAL(ff_fold_error(FF_FOLD_MISSING),
                           "there is no value");
}

/* ---- ranks -------------------------------------------------------------- */

/* As MPI_Allreduce does it. */
static void reduce(enum ff_fold_by by, int64_t *into, const int64_t *from,
                   size_t n)
{
    uint8_t *a = (uint8_t *)into;
    const uint8_t *b = (const uint8_t *)from;
    for (size_t i = 0; i < n && by == FF_BY_SUM; i++)
        into[i] += from[i];
    for (size_t i = 0; i < n && by == FF_BY_MAX; i++)
        if (into[i] < from[i])
            into[i] = from[i];
    for (size_t i = 0; i < 8 * n && by == FF_BY_MAX_BYTES; i++)
        if (a[i] < b[i])
            a[i] = b[i];
}

/* Values lo ... hi of x, by whichever function takes them, as items lo ... */
static void add_any(struct ff_fold *fold, const char *type, const double *x,
                    size_t lo, size_t hi)
{
    for (uint64_t i = lo; i < hi; i++) {
        const int64_t whole = (int64_t)x[i];
        const uint64_t natural = (uint64_t)(whole < 0 ? -whole : whole);
        const float f = (float)x[i];
        int status = FF_FOLD_TYPE;
        if (strcmp(type, "f64") == 0)
            status = ff_fold_add(fold, &x[i], 1)
                     && ff_fold_add_items(fold, &x[i], &i, 1)
                     && ff_fold_add_pairs(fold, &x[i], &x[i], 1);
        else if (strcmp(type, "f32") == 0)
            status = ff_fold_add_float(fold, &f, 1)
                     && ff_fold_add_items_float(fold, &f, &i, 1)
                     && ff_fold_add_pairs_float(fold, &f, &f, 1);
        else if (strcmp(type, "i64") == 0)
            status = ff_fold_add_int(fold, &whole, 1)
                     && ff_fold_add_items_int(fold, &whole, &i, 1);
        else
            status = ff_fold_add_uint(fold, &natural, 1)
                     && ff_fold_add_items_uint(fold, &natural, &i, 1);
        CU_ASSERT_EQUAL(status, FF_FOLD_OK);
    }
}

/* The lanes of n values dealt out to so many ranks are those of one. */
static void deal(const char *op, const char *type, const double *x, size_t n,
                 size_t ranks)
{
    static int64_t lanes[MAX_LANES], others[MAX_LANES];
    struct ff_fold *all = make(op, type), *rank = make(op, type);
    const size_t words = ff_fold_lanes(all);
    const enum ff_fold_by by = ff_fold_reduces_by(all);
    for (size_t r = 0; r < ranks; r++) {
        const size_t lo = n * r / ranks, hi = n * (r + 1) / ranks;
        ff_fold_reset(rank);
        add_any(rank, type, x, lo, hi);
        ff_fold_encode(rank, r == 0 ? lanes : others);
        if (by == FF_BY_MERGE)
            CU_ASSERT_EQUAL(ff_fold_merge_lanes(all, r == 0 ? lanes : others),
                            FF_FOLD_OK)
        else if (r > 0)
            reduce(by, lanes, others, words);
    }
    if (by != FF_BY_MERGE)
        CU_ASSERT_EQUAL(ff_fold_decode(all, lanes), FF_FOLD_OK);
    ff_fold_encode(all, lanes);
    ff_fold_reset(rank);
    add_any(rank, type, x, 0, n);
    ff_fold_encode(rank, others);
    CU_ASSERT_EQUAL(memcmp(lanes, others, words * sizeof *lanes), 0);
    ff_fold_destroy(all);
    ff_fold_destroy(rank);
}

/* Each operator with each type of its values; but for the products of doubles,
 * which round, and depend on who multiplies first. */
static const char *const dealt[] = {
    "sum f64 f32 i64 u64", "count u64", "number f64 f32 i64 u64",
    "mean f64 f32 i64 u64", "variance f64 f32 i64 u64", "sd f64 f32 i64 u64",
    "norm2 f64 f32", "dot f64 f32", "min f64 f32 i64 u64",
    "max f64 f32 i64 u64", "argmin f64 f32 i64 u64", "argmax f64 f32 i64 u64",
    "product i64 u64", "all u64", "any u64", "bit_and u64", "bit_or u64",
    "bit_xor u64", "first f64 i64 u64", "last f64 i64 u64",
    "top f64 i64 u64", "bottom,3 f64 i64 u64", "sample,5 f64 i64 u64",
    "quantiles,0.25,0.5,error=0.02 f64 i64 u64",
    "distinct,error=0.05 f64 i64 u64", "histogram,-1e6,1e6,100 f64",
    "histogram,1,1e9,20,log f64", "histogram,edges=-1e3,0,1,1e9 f64"};

/* Calls `call` for each of them, with some values. */
static void each(void (*call)(const char *op, const char *type,
                              const double *x))
{
    double x[60];
    for (int i = 0; i < 60; i++)
        x[i] = ldexp(1.0 + i % 7, i % 31) * (i % 3 ? 1 : -1);
    for (size_t d = 0; d < sizeof dealt / sizeof dealt[0]; d++) {
        char text[80], *rest = NULL;
        snprintf(text, sizeof text, "%s", dealt[d]);
        const char *op = strtok_r(text, " ", &rest), *type;
        while ((type = strtok_r(NULL, " ", &rest)) != NULL)
            call(op, type, x);
    }
}

static void deal_all(const char *op, const char *type, const double *x)
{
    for (size_t ranks = 1; ranks <= 8; ranks++)
        deal(op, type, x, 60, ranks);
}

static void deals_out_to_ranks(void)
{
    each(deal_all);
}

/* What lanes can be is decoded, whatever is in them; what cannot be is refused.
 * Nothing else may come of it: this is a test for the sanitizers. */
static void decode_any(const char *op, const char *type, const double *x)
{
    static const int64_t odd[] = {0, 1, -1, 2, INT64_MAX, INT64_MIN, 1 << 30};
    static int64_t lanes[MAX_LANES], changed[MAX_LANES];
    static unsigned turn;
    struct ff_fold *fold = make(op, type);
    const size_t words = ff_fold_lanes(fold);
    struct ff_fold_result r, entry;
    double from, to;
    uint64_t count;
    add_any(fold, type, x, 0, 60);
    ff_fold_encode(fold, lanes);
    for (int i = 0; i < 50; i++) {
        memcpy(changed, lanes, words * sizeof *lanes);
        for (int k = 0; k <= i % 3; k++, turn += 7919)
            changed[turn % (i % 2 || words < 10 ? words : 10)]
                = odd[turn / 7 % 7];
        if (ff_fold_decode(fold, changed) != FF_FOLD_OK)
            continue;
        CU_ASSERT_EQUAL(ff_fold_merge_lanes(fold, lanes), FF_FOLD_OK);
        ff_fold_result(fold, &r);
        for (uint64_t e = 0; r.form == FF_FORM_LIST && e < r.n; e++)
            CU_ASSERT_EQUAL(ff_fold_entry(fold, e, &entry), FF_FOLD_OK);
        for (uint64_t e = 0; r.form == FF_FORM_HISTOGRAM && e < r.n + 3; e++)
            CU_ASSERT_EQUAL(ff_fold_bin(fold, e, &from, &to, &count),
                            FF_FOLD_OK);
    }
    ff_fold_destroy(fold);
}

static void decodes_any_lanes(void)
{
    each(decode_any);
}

/* By hand. */
static void lists_have_entries(void)
{
    struct ff_fold *top = make("top,2", "f64");
    struct ff_fold *half = make("quantiles,0.5", "i64");
    const double x[] = {1, 7, 3, 7};
    const int64_t whole[] = {0, 0, 0, 0};
    const uint64_t item[] = {40, 30, 20, 10};
    struct ff_fold_result r;
    CU_ASSERT_EQUAL(ff_fold_add_items(top, x, item, 4), FF_FOLD_OK);
    CU_ASSERT_EQUAL(ff_fold_add_int(half, whole, 4), FF_FOLD_OK);
    ff_fold_result(top, &r);
    CU_ASSERT(r.form == FF_FORM_LIST && r.n == 2);
    CU_ASSERT_EQUAL(ff_fold_entry(top, 1, &r), FF_FOLD_OK);
    CU_ASSERT(r.form == FF_FORM_REAL && r.value == 7 && r.item == 30);
    CU_ASSERT_STRING_EQUAL(r.text, "7");
    CU_ASSERT_EQUAL(ff_fold_entry(top, 2, &r), FF_FOLD_RANGE);
    CU_ASSERT_EQUAL(ff_fold_text(top, r.text), FF_FOLD_FORM);
    CU_ASSERT_EQUAL(ff_fold_entry(half, 0, &r), FF_FOLD_OK);
    CU_ASSERT(r.has_at && r.at == 0.5 && !r.has_item);
    ff_fold_destroy(top);
    ff_fold_destroy(half);
}

static void histograms_have_bins(void)
{
    struct ff_fold *h = make("histogram,0,4,2", "f64");
    struct ff_fold *other = make("histogram,0,4,4", "f64");
    const double x[] = {-1, 0, 1.5, 2, 4, 5, NAN};
    const uint64_t expected[] = {2, 1, 1, 2, 1};
    double from, to;
    uint64_t count;
    CU_ASSERT_EQUAL(ff_fold_add(h, x, 7), FF_FOLD_OK);
    CU_ASSERT_EQUAL(ff_fold_merge(h, other), FF_FOLD_OTHER);
    for (uint64_t i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(ff_fold_bin(h, i, &from, &to, &count), FF_FOLD_OK);
        CU_ASSERT_EQUAL(count, expected[i]);
        CU_ASSERT(i >= 2 || (from == 2 * (double)i && to == from + 2));
    }
    CU_ASSERT(isnan(from) && isnan(to));
    CU_ASSERT_EQUAL(ff_fold_bin(h, 5, &from, &to, &count), FF_FOLD_RANGE);
    ff_fold_destroy(h);
    ff_fold_destroy(other);
}

static void refuses_lanes_that_cannot_be(void)
{
    struct ff_fold *fold = make("mean", "f64");
    int64_t lanes[2 * FF_SUM_LANES];
    const double x = 5;
    ff_fold_add(fold, &x, 1);
    ff_fold_encode(fold, lanes);
    lanes[ff_fold_lanes(fold) - 1] = -1;
    CU_ASSERT_EQUAL(ff_fold_decode(fold, lanes), FF_FOLD_LANES);
    CU_ASSERT_EQUAL(ff_fold_merge_lanes(fold, lanes), FF_FOLD_LANES);
    CU_ASSERT(value_of(fold) == 5);
    ff_fold_destroy(fold);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"sums arrays", sums_arrays},
        {"dot products and norms", dots_and_norms},
        {"sums in the caller's memory", sums_in_lanes},
        {"refuses what is no operator", refuses_what_is_no_operator},
        {"a fold takes its own values only", takes_its_own_values_only},
        {"results come in their forms", gives_results_in_their_forms},
        {"products have an order", products_have_an_order},
        {"every status has a text", says_what_went_wrong},
        {"values dealt out to ranks give the same lanes", deals_out_to_ranks},
        {"decodes any lanes", decodes_any_lanes},
        {"lists have entries", lists_have_entries},
        {"histograms have bins", histograms_have_bins},
        {"refuses lanes that cannot be", refuses_lanes_that_cannot_be},
    };
    return TAP_RUN(tests);
}
