/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Superaccumulators: exact sums of doubles, of their squares and products and
 * of integers, as vectors of 64-bit lanes that merge by plain addition.
 *
 * A sum is sum of digit[i] * 2^(32 i + XSUM_EXPONENT), digits signed, each of
 * nominally 32 bits; the 64-bit lane leaves room to add 2^30 values, or
 * merge that many normalised sums, before a carry is needed. The idea is
 * Kulisch's long accumulator (U. Kulisch, Computer Arithmetic and Validity,
 * 2nd ed., ch. 8) with the carry-save digits of R. M. Neal, Fast exact
 * summation using small and large superaccumulators, arXiv:1505.05571, 3.
 *
 * Lane 0 is the weight: every digit's magnitude is at most weight * 2^32.
 * So a merge (the sum of all lanes) keeps it true by itself, and whoever adds
 * normalises when it would pass 2^30. The other lanes before the digits count
 * what is no finite number. All lanes of all sums merge by addition modulo
 * nothing: MPI_SUM on MPI_INT64_T does it as well.
 *
 * Normalised: weight 1, digits in [0, 2^32) but for the top one, which is
 * signed. This form is canonical: equal sums have equal bytes (the counts of
 * specials and of signed zeros belong to the value that was summed).
 */
#ifndef FANFOLD_COMMON_XSUM_H
#define FANFOLD_COMMON_XSUM_H

#include <stddef.h>
#include <stdint.h>

enum {
    XSUM_WEIGHT,  /* bound of the digits' magnitude, in 2^32 */
    XSUM_PINF,    /* how many +inf came */
    XSUM_NINF,
    XSUM_NAN,
    XSUM_NZERO,   /* how many -0.0 came */
    XSUM_OTHER,   /* how many others came, finite; saturates nowhere: < 2^63 */
    XSUM_DIGITS   /* the first digit lane */
};

#define XSUM_MAX_WEIGHT (INT64_C(1) << 30)

/* Sum of doubles: 2^-1074 up, 2,098 bits of doubles and 2^64 of them. */
#define XSUM_N 70
#define XSUM_EXPONENT (-1074)
#define XSUM_WORDS (XSUM_DIGITS + XSUM_N)

/* Sum of squares, or of products, of doubles: 2^-2148 up, below 2^2048 each,
 * 2^64 of them. */
#define XSQR_N 134
#define XSQR_EXPONENT (-2148)
#define XSQR_WORDS (XSUM_DIGITS + XSQR_N)

/* Sum of integers (signed or unsigned, 64 bits each). */
#define XINT_N 5
#define XINT_WORDS (XSUM_DIGITS + XINT_N)

/* Sum of the squares of integers, 128 bits each. */
#define XINT_SQR_N 7
#define XINT_SQR_WORDS (XSUM_DIGITS + XINT_SQR_N)

/* An empty sum: all lanes zero. */

/* Adds n doubles to a sum of XSUM_WORDS lanes; many at once are much faster. In
 * any rounding mode, which stays as it is. */
void xsum_add(int64_t *sum, const double *x, size_t n);

/* Adds the squares of n doubles, each product exact, to XSQR_WORDS lanes. */
void xsqr_add(int64_t *sum, const double *x, size_t n);

/* Adds the products x[i] * y[i] of n pairs, each exact, to XSQR_WORDS lanes;
 * those of xdot_add_pairs lie as x, y, x, y ... A lane before the digits counts
 * the products that are what it says. */
void xdot_add(int64_t *sum, const double *x, const double *y, size_t n);
void xdot_add_pairs(int64_t *sum, const double *xy, size_t n);

/* Add n integers to XINT_WORDS lanes. */
void xint_add_i64(int64_t *sum, const int64_t *x, size_t n);
void xint_add_u64(int64_t *sum, const uint64_t *x, size_t n);

/* Add the squares of n integers to XINT_SQR_WORDS lanes. */
void xint_sqr_add_i64(int64_t *sum, const int64_t *x, size_t n);
void xint_sqr_add_u64(int64_t *sum, const uint64_t *x, size_t n);

/* into += from, for sums of n_digits digits. */
void xsum_merge(int64_t *into, const int64_t *from, int n_digits);

/* Brings a sum of n_digits digits to its canonical form. */
void xsum_normalise(int64_t *sum, int n_digits);

/* Could this be a sum (weight and counts in their ranges, every digit within
 * its weight)? For data from outside. Returns 1 or 0. */
int xsum_valid(const int64_t *sum, int n_digits);

/*
 * The correctly rounded results: one rounding, to nearest, ties to even,
 * whatever the rounding mode; subnormals and overflow to infinity as IEEE 754
 * has them. The arguments are not changed. Those that end in _float round the
 * exact result to a float (binary32) instead: not by way of a double, whose
 * rounding to a float would be a second one.
 */

/* NaN if a NaN came or both infinities, an infinity if it came; -0.0 when
 * nothing but -0.0 came; +0.0 for an empty sum and for an exact zero otherwise.
 * A negative sum that is too small for the format is -0.0, as everywhere. */
double xsum_round(const int64_t *sum);
float xsum_round_float(const int64_t *sum);

/* sum / count. NaN when count is 0; the rest as xsum_round. */
double xsum_mean(const int64_t *sum, uint64_t count);
float xsum_mean_float(const int64_t *sum, uint64_t count);

/* (count * squares - sum^2) / (count * (count - 1)): the sample variance. NaN
 * when count < 2 or a NaN or infinity came. Never -0.0. */
double xsum_variance(const int64_t *sum, const int64_t *squares,
                     uint64_t count);
float xsum_variance_float(const int64_t *sum, const int64_t *squares,
                          uint64_t count);

/* The square root of the exact, not of the rounded variance. NaN as that. */
double xsum_sd(const int64_t *sum, const int64_t *squares, uint64_t count);
float xsum_sd_float(const int64_t *sum, const int64_t *squares,
                    uint64_t count);

/* The square root of a sum of squares: overflows only if it does itself, not
 * if the squares do. NaN when a NaN came (also beside an infinity, other than
 * IEEE 754's hypot), else infinity when one came; +0.0 when empty or when
 * nothing but zeros came. */
double xsum_norm2(const int64_t *squares);
float xsum_norm2_float(const int64_t *squares);

/* A sum of products. NaN when a factor was NaN, a product was infinity * 0 or
 * products were infinities of both signs; an infinity when one came. -0.0 when
 * nothing but products came that are -0.0, that is zeros of different signs;
 * +0.0 when empty and for an exact zero otherwise, so also for x * y - x * y:
 * what IEEE 754 gives for the sum of the exact products. A product is zero
 * when a factor is, never because it is small. */
double xdot_round(const int64_t *sum);
float xdot_round_float(const int64_t *sum);

/* As xsum_mean, xsum_variance and xsum_sd, of integers: their sum, the sum of
 * their squares, and how many came by the lane XSUM_OTHER of the sum. */
double xint_mean(const int64_t *sum);
double xint_variance(const int64_t *sum, const int64_t *squares);
double xint_sd(const int64_t *sum, const int64_t *squares);

/* The sum of integers in decimal ("-123"), exact; out has room for 64. */
void xint_decimal(const int64_t *sum, char out[64]);

/* The integer sum if it fits: 1, else 0. */
int xint_to_i64(const int64_t *sum, int64_t *out);
int xint_to_u64(const int64_t *sum, uint64_t *out);

#endif
