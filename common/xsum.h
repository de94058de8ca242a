/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Superaccumulators: exact sums of doubles, of their squares and of integers,
 * as vectors of 64-bit lanes that merge by plain addition.
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

/* Sum of squares of doubles: 2^-2148 up, below 2^2048 each, 2^64 of them. */
#define XSQR_N 134
#define XSQR_EXPONENT (-2148)
#define XSQR_WORDS (XSUM_DIGITS + XSQR_N)

/* Sum of integers (signed or unsigned, 64 bits each). */
#define XINT_N 5
#define XINT_WORDS (XSUM_DIGITS + XINT_N)

/* An empty sum: all lanes zero. */

/* Adds n doubles to a sum of XSUM_WORDS lanes. */
void xsum_add(int64_t *sum, const double *x, size_t n);

/* Adds the squares of n doubles, each product exact, to XSQR_WORDS lanes. */
void xsqr_add(int64_t *sum, const double *x, size_t n);

/* Add n integers to XINT_WORDS lanes. */
void xint_add_i64(int64_t *sum, const int64_t *x, size_t n);
void xint_add_u64(int64_t *sum, const uint64_t *x, size_t n);

/* into += from, for sums of n_digits digits. */
void xsum_merge(int64_t *into, const int64_t *from, int n_digits);

/* Brings a sum of n_digits digits to its canonical form. */
void xsum_normalise(int64_t *sum, int n_digits);

/* Could this be a sum (weight and counts in their ranges, every digit within
 * its weight)? For data from outside. Returns 1 or 0. */
int xsum_valid(const int64_t *sum, int n_digits);

/* The correctly rounded results: one rounding, to nearest, ties to even;
 * overflow to infinity as IEEE 754 has it. The argument is not changed.
 *
 * xsum_round: nan if a NaN came or both infinities; -0.0 when nothing but
 * -0.0 came; +0.0 for an empty sum and for an exact zero otherwise. */
double xsum_round(const int64_t *sum);

/* sum / count, rounded once. NaN when count is 0. */
double xsum_mean(const int64_t *sum, uint64_t count);

/* (count * squares - sum^2) / (count * (count - 1)): the sample variance,
 * rounded once. NaN when count < 2 or a NaN or infinity came. */
double xsum_variance(const int64_t *sum, const int64_t *squares,
                     uint64_t count);

/* The sum of integers in decimal ("-123"), exact; out has room for 64. */
void xint_decimal(const int64_t *sum, char out[64]);

/* The integer sum if it fits: 1, else 0. */
int xint_to_i64(const int64_t *sum, int64_t *out);
int xint_to_u64(const int64_t *sum, uint64_t *out);

#endif
