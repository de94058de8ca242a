/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long numbers on their way from a superaccumulator (xsum.h) to a result: a
 * sign and a magnitude of 64-bit limbs, computed with exactly (schoolbook,
 * 128-bit intermediates). What a division or a root leaves makes it sticky,
 * and it is rounded once, by magnitude_to_double or magnitude_to_float, the
 * only place that rounds. Nothing depends on the rounding mode or on denormals
 * being flushed.
 */
#ifndef FANFOLD_COMMON_MAGNITUDE_H
#define FANFOLD_COMMON_MAGNITUDE_H

#include <stdint.h>

/* The longest: a variance, that is the square of a sum, twice 36 limbs, with
 * MAGNITUDE_MORE limbs below it. */
#define MAGNITUDE_LIMBS 76
#define MAGNITUDE_MORE 4

/* (-1)^negative * (limbs + something in [0,1)) * 2^exponent; the something is
 * not 0 if sticky. */
struct magnitude {
    enum { MAGNITUDE_FINITE, MAGNITUDE_INFINITE, MAGNITUDE_NAN } kind;
    uint64_t limb[MAGNITUDE_LIMBS]; /* lowest first; those from n up are 0 */
    int n;
    int exponent;
    int negative; /* of a zero too; of a NaN without meaning */
    int sticky;
};

/* The digits of a sum of n_digits digits, whatever else came. */
void magnitude_init(struct magnitude *m, const int64_t *sum, int n_digits,
                    int exponent);

/* The number of bits up to the highest that is set; 0 for zero. */
int magnitude_bits(const struct magnitude *m);

/* a - b, of non-negative numbers with one exponent; sets a->negative. */
void magnitude_subtract(struct magnitude *a, const struct magnitude *b);

void magnitude_multiply(struct magnitude *m, uint64_t factor);

/* *out = m^2, for at most half of the limbs. */
void magnitude_square(struct magnitude *out, const struct magnitude *m);

/* n limbs of zeros more below the point, for what is exact. */
void magnitude_extend(struct magnitude *m, int n);

/* Divides, rounding down; what is lost goes into sticky. Returns the
 * remainder. Floors nest: dividing by a, then by b is dividing by a * b. */
uint64_t magnitude_divide(struct magnitude *m, uint64_t divisor);

/* The square root of a non-negative number, rounded down to 64 bits; what is
 * lost goes into sticky. A sticky number must have 128 bits at least. */
void magnitude_root(struct magnitude *m);

/* To nearest, ties to even; subnormals and overflow as IEEE 754 has them. A
 * sticky number must have a bit below the lowest of the result's. */
double magnitude_to_double(const struct magnitude *m);
float magnitude_to_float(const struct magnitude *m);

#endif
