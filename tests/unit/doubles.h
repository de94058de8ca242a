/* SPDX-License-Identifier: Apache-2.0 */
/* Random doubles of many kinds, and floats among them, for the tests that
 * compare with MPFR. The same state gives the same values everywhere. */
#ifndef FANFOLD_TESTS_DOUBLES_H
#define FANFOLD_TESTS_DOUBLES_H

#include <stdint.h>

#define DOUBLES_MAX 40 /* values in a case */

/* Where the random numbers are. */
void doubles_seed(uint64_t state);

/* 64 random bits; a number below n (n > 0); a random sign and fraction with an
 * exponent in [low, high]; one with a fraction of so many bits. */
uint64_t doubles_draw(void);
uint64_t doubles_below(uint64_t n);
double doubles_with_exponent(int low, int high);
double doubles_short(int bits, int exponent);

/* Each fills x[0 .. n), n in 1 .. DOUBLES_MAX. */
typedef void doubles_kind(double *x, int n);

doubles_kind doubles_any_finite;
doubles_kind doubles_near_one;
doubles_kind doubles_cancelling; /* and what is left in between them */
doubles_kind doubles_subnormal;
doubles_kind doubles_ties;       /* or a hair beside them, of doubles, floats */
doubles_kind doubles_largest;    /* of doubles or floats, and half a step */
doubles_kind doubles_specials;   /* infinities and NaN among others */
doubles_kind doubles_zeros;      /* of both signs */
doubles_kind doubles_offset;     /* noise: the digits of variances cancel */
doubles_kind doubles_edge_of_squares;
doubles_kind doubles_small_integers;
doubles_kind doubles_floats;     /* floats, also subnormal ones */

/* Norms and deviations that are ties of doubles or floats, exact, or a hair
 * beside that. n >= 2; whole only with n >= 9. */
doubles_kind doubles_triangles;

#endif
