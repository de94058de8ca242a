/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What other implementations of exact sums are known to get wrong, and the
 * numbers that are published for it: sums of CPython, products that are
 * rounded before they are added, deviations of NIST's reference data.
 */
#include "tap.h"
#include "xsum.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 1001

/* The same bits; any NaN is a NaN. */
static int same(double a, double b)
{
    return (isnan(a) && isnan(b)) || !memcmp(&a, &b, sizeof a);
}

static double sum_of(const double *x, size_t n)
{
    int64_t sum[XSUM_WORDS] = {0};
    xsum_add(sum, x, n);
    return xsum_round(sum);
}

static double dot_of(const double *x, const double *y, size_t n)
{
    int64_t sum[XSQR_WORDS] = {0};
    xdot_add(sum, x, y, n);
    return xdot_round(sum);
}

#define ROW(...)                                                               \
    (const double[]){__VA_ARGS__},                                             \
        sizeof((const double[]){__VA_ARGS__}) / sizeof(double)
#define SUM(...) sum_of(ROW(__VA_ARGS__))
#define COLUMN(...)                                                            \
    (const double[])                                                           \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

/* ---- CPython, Lib/test/test_math.py, testFsum ---------------------------- */

static void fsum_values(void)
{
    CU_ASSERT(same(sum_of(NULL, 0), 0.0));
    CU_ASSERT(same(SUM(0.0), 0.0));
    CU_ASSERT(SUM(1e100, 1, -1e100, 1e-100, 1e50, -1, -1e50) == 1e-100);
    CU_ASSERT(SUM(0x1p53, -0.5, -0x1p-54) == 0x1p53 - 1);
    CU_ASSERT(SUM(0x1p53, 1, 0x1p-100) == 0x1p53 + 2);
    CU_ASSERT(SUM(0x1p53 + 10, 1, 0x1p-100) == 0x1p53 + 12);
    CU_ASSERT(SUM(0x1p53 - 4, 0.5, 0x1p-54) == 0x1p53 - 3);
    CU_ASSERT(SUM(1e16, 1, 1e-16) == 10000000000000002.0);
    CU_ASSERT(
        same(SUM(1e16 - 2, 1 - 0x1p-53, -(1e16 - 2), -(1 - 0x1p-53)), 0.0));
}

/* Where CPython raises an exception, the sum is what IEEE 754 gives. */
static void fsum_specials(void)
{
    CU_ASSERT(SUM(1, INFINITY) == INFINITY);
    CU_ASSERT(isnan(SUM(NAN, 1)));
    CU_ASSERT(SUM(1e308, 1e308) == INFINITY);
    CU_ASSERT(isnan(SUM(INFINITY, -INFINITY)));
}

static void fsum_series(void)
{
    double x[1024];
    for (int n = 1; n <= 1000; n++)
        x[n - 1] = 1.0 / n;
    CU_ASSERT(sum_of(x, 1000) == 0x1.df11f45f4e61ap+2);
    for (int n = 1; n <= 1000; n++)
        x[n - 1] = (n % 2 ? -1.0 : 1.0) / n;
    CU_ASSERT(sum_of(x, 1000) == -0x1.62a2af1bd3624p-1);

    int m = 0; /* 2^n - 2^(n+50) + 2^(n+52), each rounded as Python does it */
    for (int n = -1074; n < 972; n += 2)
        x[m++] = ldexp(1, n) - ldexp(1, n + 50) + ldexp(1, n + 52);
    x[m++] = -0x1p1022;
    CU_ASSERT(sum_of(x, (size_t)m) == 0x1.5555555555555p+970);
}

/* The differences are exact (Sterbenz). */
static void fsum_telescope(void)
{
    double x[MAX_VALUES], before = 1;
    for (int i = 0; i < 1000; i++) {
        const double term = pow(1.7, i + 1);
        x[i] = term - before;
        before = term;
    }
    x[1000] = -before;
    CU_ASSERT(sum_of(x, 1001) == -1);
}

/* ---- sums that are doubles ----------------------------------------------- */

/* Known fault: an exactly representable negative sum is rounded down. */
static void negative_sums_stay(void)
{
    CU_ASSERT(SUM(-1) == -1);
    CU_ASSERT(SUM(-0x1p52, -1, -0x1p53, 0x1p53) == -0x1p52 - 1);
    CU_ASSERT(SUM(-1e308, -1e308, 1e308) == -1e308);
    CU_ASSERT(SUM(-DBL_TRUE_MIN) == -DBL_TRUE_MIN);
    CU_ASSERT(dot_of(COLUMN(-3, 0x1p-1074), COLUMN(5, 1), 2) == -15);
    CU_ASSERT(dot_of(COLUMN(0x1p53 - 1), COLUMN(-1), 1) == 1 - 0x1p53);
    for (int e = -1074; e < 1024; e++) {
        const double x = -ldexp(1, e);
        CU_ASSERT(SUM(x) == x && dot_of(&x, COLUMN(1), 1) == x);
    }
}

/* Known fault: merging after a NaN forgets it. */
static void merging_keeps_nan(void)
{
    int64_t a[XSUM_WORDS] = {0}, b[XSUM_WORDS] = {0};
    xsum_add(a, ROW(1, NAN));
    xsum_add(b, ROW(2));
    xsum_merge(b, a, XSUM_N);
    CU_ASSERT(isnan(xsum_round(b)));
    memset(b, 0, sizeof b);
    xsum_add(b, ROW(2));
    xsum_merge(a, b, XSUM_N);
    xsum_normalise(a, XSUM_N);
    xsum_add(a, ROW(3));
    CU_ASSERT(isnan(xsum_round(a)) && isnan(xsum_round_float(a)));

    int64_t dot[XSQR_WORDS] = {0}, other[XSQR_WORDS] = {0};
    xdot_add(dot, COLUMN(INFINITY), COLUMN(0), 1); /* NaN by itself */
    xdot_add(other, COLUMN(1), COLUMN(1), 1);
    xsum_merge(other, dot, XSQR_N);
    xsum_normalise(other, XSQR_N);
    CU_ASSERT(isnan(xdot_round(other)));
}

/* ---- products ------------------------------------------------------------ */

/* Known fault: products are rounded before they are added. Each of these is
 * the error of a product; in the last two it is too small to be a double. */
static void products_are_not_rounded(void)
{
    const double e = 0x1p-50;
    CU_ASSERT(dot_of(COLUMN(1 + e, -1), COLUMN(1 - e, 1), 2) == -e * e);
    CU_ASSERT(dot_of(COLUMN(0x1p27 + 1, -1), COLUMN(0x1p27 + 1, 0x1p54), 2) ==
              0x1p28 + 1);
    CU_ASSERT(dot_of(COLUMN(0.1, -0.1 * 0.1), COLUMN(0.1, 1), 2) ==
              fma(0.1, 0.1, -(0.1 * 0.1)));
    CU_ASSERT(dot_of(COLUMN(0x1p-1074, 0x1p-600), COLUMN(0x1p-1074, 0x1p-474),
                     2) == 0x1p-1074);
    CU_ASSERT(dot_of(COLUMN(0x1p-600, 0x1p-1000), COLUMN(0x1p-475, -0x1p-1000),
                     2) == 0); /* a hair below half of 2^-1074 */
    CU_ASSERT(dot_of(COLUMN(0x1p-600, 0x1p-1000), COLUMN(0x1p-475, 0x1p-1000),
                     2) == 0x1p-1074);
}

/* CPython 3.13, Lib/test/test_math.py, FMATests: a * b + c, where two
 * roundings give another result. */
static void fused_products(void)
{
    static const double row[][4] = {
        {0x1.694adde428b44p-1, 0x1.371b0d64caed7p-1, 0x1.f347e7b8deab8p-4,
         0x1.19f10da56c8adp-1},
        {0x1.605401ccc6ad6p-2, 0x1.ce3a40bf56640p-2, 0x1.96e3bf7bf2e20p-2,
         0x1.1af6d8aa83101p-1},
        {0x1.e5abd653a67d4p-2, 0x1.a2e400209b3e6p-1, 0x1.a90051422ce13p-1,
         0x1.37d68cc8c0fbbp+0},
        {0x1.f94e8efd54700p-2, 0x1.123065c812cebp-1, 0x1.458f86fb6ccd0p-1,
         0x1.ccdcee26a3ff3p-1},
        {0x1.bd926f1eedc96p-1, 0x1.eee9ca68c5740p-1, 0x1.960c703eb3298p-2,
         0x1.3cdcfb4fdb007p+0},
        {0x1.27348350fbccdp-1, 0x1.3b073914a53f1p-1, 0x1.e300da5c2b4cbp-1,
         0x1.4c51e9a3c4e29p+0},
        {0x1.2774f00b3497bp-1, 0x1.7038ec336bff0p-2, 0x1.2f6f2ccc3576bp-1,
         0x1.99ad9f9c2688bp-1},
        {0x1.51d5a99300e5cp-1, 0x1.5cd74abd445a1p-1, 0x1.8880ab0bbe530p-1,
         0x1.3756f96b91129p+0},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const double *r = row[i];
        const double x[] = {r[0], r[2]}, y[] = {r[1], 1};
        CU_ASSERT(dot_of(x, y, 2) == r[3]);
        CU_ASSERT(dot_of(y, x, 2) == r[3]);
    }
}

/* The same file, test_sumprod_accuracy and testSumProd. */
static void sumprod_values(void)
{
    double x[20], y[20];
    for (int i = 0; i < 20; i++) {
        x[i] = 0.1;
        y[i] = i % 2 == 0;
    }
    CU_ASSERT(dot_of(x, y, 20) == 1);
    CU_ASSERT(dot_of(y, x, 20) == 1);
    CU_ASSERT(dot_of(COLUMN(1, 10e100, 1, -10e100), COLUMN(1, 1, 1, 1), 4) ==
              2);
    CU_ASSERT(dot_of(COLUMN(10, 20, 30), COLUMN(1, 2, 3), 3) == 140);
    CU_ASSERT(dot_of(COLUMN(1.5, 2.5), COLUMN(3.5, 4.5), 2) == 16.5);
    CU_ASSERT(dot_of(COLUMN(1e10), COLUMN(1e10), 1) == 1e20);
}

/* ---- NIST StRD, univariate: www.itl.nist.gov/div898/strd ----------------- */

/* The numbers of tests/data/NAME, one a line, times `scale`; how many. */
static size_t read_data(const char *name, double scale, double *x)
{
    char path[4096];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/tests/data/%s", top ? top : ".", name);
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = 0;
    while (n < MAX_VALUES && fscanf(f, "%lf", &x[n]) == 1)
        n++;
    fclose(f);
    for (size_t i = 0; i < n; i++)
        x[i] = scale == 1 ? x[i] : nearbyint(x[i] * scale);
    return n;
}

/* NumAcc2 to NumAcc4: the mean, then 500 times 0.1 below and above it. */
static void alternate(double *x, double mean, double below, double above)
{
    x[0] = mean;
    for (int i = 1; i < 1001; i++)
        x[i] = i % 2 ? below : above;
}

/* As they are printed, with 15 digits. */
static int prints(double x, const char *expected)
{
    char text[64];
    snprintf(text, sizeof text, "%.15g", x);
    if (strcmp(text, expected) != 0)
        tap_note("%s, not %s", text, expected);
    return strcmp(text, expected) == 0;
}

static double mean_and_sd(const double *x, size_t n, double *sd)
{
    int64_t sum[XSUM_WORDS] = {0}, squares[XSQR_WORDS] = {0};
    xsum_add(sum, x, n);
    xsqr_add(squares, x, n);
    *sd = xsum_sd(sum, squares, n);
    return xsum_mean(sum, n);
}

static void certified(const double *x, size_t n, const char *mean,
                      const char *deviation)
{
    double sd;
    CU_ASSERT(prints(mean_and_sd(x, n, &sd), mean));
    CU_ASSERT(prints(sd, deviation));
}

/*
 * All certified digits, where the data are doubles: integers, halves, and
 * decimals once they are multiplied by a power of ten (the certified values
 * then have their point elsewhere).
 */
static void certified_digits(void)
{
    double x[MAX_VALUES];
    CU_ASSERT_EQUAL_FATAL(read_data("nist_lew.txt", 1, x), 200);
    certified(x, 200, "-177.435", "277.332168044316");
    CU_ASSERT_EQUAL_FATAL(read_data("nist_lottery.txt", 1, x), 218);
    certified(x, 218, "518.95871559633", "291.699727470969");
    CU_ASSERT_EQUAL_FATAL(read_data("nist_mavro.txt", 1e5, x), 50);
    certified(x, 50, "200185.6", "42.9123454003053");
    CU_ASSERT_EQUAL_FATAL(read_data("nist_michelso.txt", 1e3, x), 100);
    certified(x, 100, "299852.4", "79.0105478190518");
    certified(ROW(10000001, 10000003, 10000002), "10000002", "1");
    alternate(x, 12, 11, 13);
    certified(x, 1001, "12", "1");
    alternate(x, 10000002, 10000001, 10000003);
    certified(x, 1001, "10000002", "1");
    alternate(x, 100000002, 100000001, 100000003);
    certified(x, 1001, "100000002", "1");
}

/*
 * Of the doubles next to the decimals the deviation is another number. These
 * are rounded from the exact ones, by Python's fractions and decimal
 * (statistics.stdev, which is correctly rounded since 3.11, has them too):
 * 0.000429123454003085409..., 0.0790105478190506671...,
 * 0.0999999999999999777..., 0.100000000034924596..., 0.100000000558793544...
 */
static void deviations_of_doubles(void)
{
    double x[MAX_VALUES], sd;
    CU_ASSERT_EQUAL_FATAL(read_data("nist_mavro.txt", 1, x), 50);
    CU_ASSERT(mean_and_sd(x, 50, &sd) == 2.001856);
    CU_ASSERT(sd == 0x1.c1f7f336d83c5p-12);
    CU_ASSERT_EQUAL_FATAL(read_data("nist_michelso.txt", 1, x), 100);
    CU_ASSERT(mean_and_sd(x, 100, &sd) == 299.8524);
    CU_ASSERT(sd == 0x1.43a0906ebff75p-4);
    alternate(x, 1.2, 1.1, 1.3);
    CU_ASSERT(mean_and_sd(x, 1001, &sd) == 1.2);
    CU_ASSERT(sd == 0x1.9999999999998p-4);
    alternate(x, 1000000.2, 1000000.1, 1000000.3);
    CU_ASSERT(mean_and_sd(x, 1001, &sd) == 1000000.2);
    CU_ASSERT(sd == 0x1.9999999c00000p-4);
    alternate(x, 10000000.2, 10000000.1, 10000000.3);
    CU_ASSERT(mean_and_sd(x, 1001, &sd) == 10000000.2);
    CU_ASSERT(sd == 0x1.999999c000000p-4);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"testFsum: values", fsum_values},
        {"testFsum: infinities, NaN and overflow", fsum_specials},
        {"testFsum: series", fsum_series},
        {"testFsum: a telescope", fsum_telescope},
        {"exact negative sums stay as they are", negative_sums_stay},
        {"merging keeps a NaN", merging_keeps_nan},
        {"products are not rounded before they are added",
         products_are_not_rounded},
        {"FMATests: two roundings would show", fused_products},
        {"testSumProd", sumprod_values},
        {"NIST StRD: all certified digits", certified_digits},
        {"NIST StRD: deviations of the doubles", deviations_of_doubles},
    };
    return TAP_RUN(tests);
}
