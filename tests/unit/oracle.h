/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GNU MPFR as oracle: what a long number, exact, a quotient or the root of a
 * quotient is as a double and as a float, each rounded once.
 */
#ifndef FANFOLD_TESTS_ORACLE_H
#define FANFOLD_TESTS_ORACLE_H

#include <mpfr.h>

/* Exact for 2^64 doubles (2,162 bits), and for products of two such sums. */
#define ORACLE_SUM_BITS 2200
#define ORACLE_SQUARE_BITS 4500

struct answer {
    double as_double;
    float as_float;
};

struct answer oracle_round(const mpfr_t x);
struct answer oracle_quotient(const mpfr_t a, const mpfr_t b);
struct answer oracle_root(const mpfr_t a, const mpfr_t b); /* of a / b */

/* The same bits (of any NaN), in both? Else says what differs. Returns 1 or 0.
 * Counts the two results. */
int oracle_same(const char *what, struct answer got, struct answer expected);

/* How many results were compared. */
long oracle_count(void);

#endif
