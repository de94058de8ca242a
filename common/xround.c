/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From superaccumulators to results: the second half of xsum.h.
 *
 * Each result is computed as a magnitude (magnitude.h), exactly or rounded
 * down with a sticky bit, and then rounded once, to double or to float.
 */
#include "magnitude.h"
#include "xsum.h"

#include <stdio.h>
#include <string.h>

static void make(struct magnitude *m, int kind, int negative)
{
    memset(m, 0, sizeof *m);
    m->kind = kind;
    m->negative = negative;
}

/* Did what came decide the result, whatever the digits are? */
static int special(struct magnitude *m, const int64_t *sum)
{
    if (sum[XSUM_NAN] || (sum[XSUM_PINF] && sum[XSUM_NINF]))
        make(m, MAGNITUDE_NAN, 0);
    else if (sum[XSUM_PINF] || sum[XSUM_NINF])
        make(m, MAGNITUDE_INFINITE, sum[XSUM_NINF] != 0);
    else if (sum[XSUM_NZERO] && !sum[XSUM_OTHER])
        make(m, MAGNITUDE_FINITE, 1); /* -0.0 */
    else
        return 0;
    return 1;
}

static void get_sum(struct magnitude *m, const int64_t *sum)
{
    if (!special(m, sum))
        magnitude_init(m, sum, XSUM_N, XSUM_EXPONENT);
}

static void get_dot(struct magnitude *m, const int64_t *sum)
{
    if (!special(m, sum))
        magnitude_init(m, sum, XSQR_N, XSQR_EXPONENT);
}

static void get_mean(struct magnitude *m, const int64_t *sum, uint64_t count)
{
    if (count == 0) {
        make(m, MAGNITUDE_NAN, 0);
        return;
    }
    get_sum(m, sum);
    magnitude_extend(m, 1);
    magnitude_divide(m, count);
}

static int has_special(const int64_t *sum)
{
    return sum[XSUM_NAN] || sum[XSUM_PINF] || sum[XSUM_NINF];
}

/* From the sum of squares to count * (count - 1) times the variance, if there
 * is one; else returns 0. */
static int get_deviations(struct magnitude *m, const struct magnitude *sum,
                          uint64_t count)
{
    struct magnitude sum_squared;
    if (count < 2 || m->negative) /* not from squares */
        return 0;
    magnitude_square(&sum_squared, sum);
    magnitude_multiply(m, count);
    magnitude_subtract(m, &sum_squared);
    return !m->negative; /* else not the sums of the same values */
}

/* From the sum of squares to the variance: of 2^256 and more, unless it is 0,
 * as it is extended; so the quotient has the bits that a root needs. */
static void to_variance(struct magnitude *m, const struct magnitude *sum,
                        uint64_t count)
{
    if (!get_deviations(m, sum, count)) {
        make(m, MAGNITUDE_NAN, 0);
        return;
    }
    magnitude_extend(m, MAGNITUDE_MORE);
    magnitude_divide(m, count);
    magnitude_divide(m, count - 1);
}

static void get_variance(struct magnitude *m, const int64_t *sum,
                         const int64_t *squares, uint64_t count)
{
    struct magnitude s;
    if (has_special(sum) || has_special(squares)) {
        make(m, MAGNITUDE_NAN, 0);
        return;
    }
    magnitude_init(&s, sum, XSUM_N, XSUM_EXPONENT);
    magnitude_init(m, squares, XSQR_N, XSQR_EXPONENT);
    to_variance(m, &s, count);
}

static void get_sd(struct magnitude *m, const int64_t *sum,
                   const int64_t *squares, uint64_t count)
{
    get_variance(m, sum, squares, count);
    magnitude_root(m);
}

static void get_norm2(struct magnitude *m, const int64_t *squares)
{
    get_dot(m, squares);
    if (m->negative) /* not from squares */
        make(m, MAGNITUDE_NAN, 0);
    magnitude_root(m);
}

/* Both forms of a result, as xsum.h has them. */
#define DEFINE_ROUNDED(name, get, parameters, ...)                             \
    double name parameters                                                     \
    {                                                                          \
        struct magnitude m;                                                    \
        get(&m, __VA_ARGS__);                                                  \
        return magnitude_to_double(&m);                                        \
    }                                                                          \
    float name##_float parameters                                              \
    {                                                                          \
        struct magnitude m;                                                    \
        get(&m, __VA_ARGS__);                                                  \
        return magnitude_to_float(&m);                                         \
    }

DEFINE_ROUNDED(xsum_round, get_sum, (const int64_t *sum), sum)
DEFINE_ROUNDED(xsum_mean, get_mean, (const int64_t *sum, uint64_t count), sum,
               count)
DEFINE_ROUNDED(xsum_variance, get_variance,
               (const int64_t *sum, const int64_t *squares, uint64_t count),
               sum, squares, count)
DEFINE_ROUNDED(xsum_sd, get_sd,
               (const int64_t *sum, const int64_t *squares, uint64_t count),
               sum, squares, count)
DEFINE_ROUNDED(xsum_norm2, get_norm2, (const int64_t *squares), squares)
DEFINE_ROUNDED(xdot_round, get_dot, (const int64_t *sum), sum)

/* ---- integers ------------------------------------------------------------ */

double xint_mean(const int64_t *sum)
{
    const uint64_t count = (uint64_t)sum[XSUM_OTHER];
    struct magnitude m;
    make(&m, MAGNITUDE_NAN, 0);
    if (count > 0) {
        magnitude_init(&m, sum, XINT_N, 0);
        magnitude_extend(&m, 2); /* leaves 64 bits, unless it is 0 */
        magnitude_divide(&m, count);
    }
    return magnitude_to_double(&m);
}

static void get_int_variance(struct magnitude *m, const int64_t *sum,
                             const int64_t *squares)
{
    struct magnitude s;
    magnitude_init(&s, sum, XINT_N, 0);
    magnitude_init(m, squares, XINT_SQR_N, 0);
    to_variance(m, &s, (uint64_t)sum[XSUM_OTHER]);
}

double xint_variance(const int64_t *sum, const int64_t *squares)
{
    struct magnitude m;
    get_int_variance(&m, sum, squares);
    return magnitude_to_double(&m);
}

double xint_sd(const int64_t *sum, const int64_t *squares)
{
    struct magnitude m;
    get_int_variance(&m, sum, squares);
    magnitude_root(&m);
    return magnitude_to_double(&m);
}

void xint_decimal(const int64_t *sum, char out[64])
{
    const uint64_t ten_to_19 = UINT64_C(10000000000000000000);
    struct magnitude m;
    magnitude_init(&m, sum, XINT_N, 0);

    uint64_t part[4]; /* of 19 decimals, lowest first: 2^191 has 58 */
    int n = 0;
    do
        part[n++] = magnitude_divide(&m, ten_to_19);
    while (magnitude_bits(&m) > 0);

    int at = snprintf(out, 64, "%s%llu", m.negative ? "-" : "",
                      (unsigned long long)part[n - 1]);
    for (int i = n - 2; i >= 0; i--)
        at += snprintf(out + at, 64 - (size_t)at, "%019llu",
                       (unsigned long long)part[i]);
}

int xint_to_i64(const int64_t *sum, int64_t *out)
{
    struct magnitude m;
    magnitude_init(&m, sum, XINT_N, 0);
    const int length = magnitude_bits(&m);
    const uint64_t low = m.limb[0];
    if (length > 64 || low > (uint64_t)INT64_MAX + (uint64_t)m.negative)
        return 0;
    *out = (int64_t)(m.negative ? -low : low);
    return 1;
}

int xint_to_u64(const int64_t *sum, uint64_t *out)
{
    struct magnitude m;
    magnitude_init(&m, sum, XINT_N, 0);
    if (m.negative || magnitude_bits(&m) > 64)
        return 0;
    *out = m.limb[0];
    return 1;
}
