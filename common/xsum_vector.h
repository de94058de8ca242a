/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact sums in vector registers: what xsum_add does for many doubles at once.
 *
 * Two slices. With u a power of two and big = 1.5 * 2^52 * u, and |x| at most
 * 2^51 * u less a hair, the double t = x + big lies in [2^52 u, 2^53 u), where
 * doubles are multiples of u. So t's bits, taken as an integer, are those of
 * `big` plus x/u rounded to an integer; t - big is that multiple of u, exactly
 * (52 bits); and x - (t - big) is exact too: it has no bit below x's lowest
 * and is at most u/2. (S. M. Rump, T. Ogita, S. Oishi, Accurate floating-point
 * summation I, SIAM J. Sci. Comput. 31, 2008, lemma 3.2.) What is left goes
 * into the next slice, whose unit is 2^-51 u: at most 2^50 of them.
 *
 * The integers are added as integers, modulo 2^64: n of them are below
 * n * 2^51, so up to XSUM_VECTOR_MOST there is nothing to overflow.
 *
 * Products become two doubles each, which are added like that. With integers
 * m and n below 2^53, m 2^i * n 2^j is a multiple of 2^(i+j), below 2^106 of
 * them. So is p, the product rounded to 53 bits, and the error is at most half
 * of p's unit: 2^52 times 2^(i+j), and so a double (T. J. Dekker, A floating-
 * point technique for extending the available precision, Numer. Math. 18,
 * 1971), which a fused multiply-add gives. Only where 2^(i+j) is below 2^-1074
 * it need not be one. Then p or the error is rounded below the normal numbers,
 * and that raises an exception: underflow.
 *
 * All this needs rounding to nearest and denormals: xsum_vector_enter.
 */
#ifndef FANFOLD_COMMON_XSUM_VECTOR_H
#define FANFOLD_COMMON_XSUM_VECTOR_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define XSUM_VECTOR_MOST 2048 /* doubles a call: 2^11 * 2^51 < 2^63 */
#define XSUM_VECTOR_STEP 8    /* a call takes a multiple of so many */
#define XSUM_PRODUCTS 512     /* in a call of xsum_add_products */
#define XSUM_VECTOR_PEELS 4   /* peels is at most that */
#define XSUM_SLICE_BITS 51    /* from a slice's unit to the next one's */

/* What n doubles came to. */
struct xsum_split {
    int64_t total[2]; /* in the slices' units */
    uint64_t beyond;  /* not 0: something was too large for the slices, or no
                         number; then nothing else holds */
    uint64_t left;    /* not 0: a bit was left below the slices. Only the sign
                         bit: there was a -0.0, all else was exact */
    double most_left; /* magnitude (peel only) */
};

struct xsum_vector {
    const char *name; /* "avx512", "avx2", "portable" */
    unsigned peels;   /* so many are faster than adding one by one */

    /* Splits n doubles into two slices; big[i] = 1.5 * 2^52 * unit i. */
    void (*split)(const double *x, size_t n, const double big[2],
                  struct xsum_split *out);

    /* The same; what is left of each goes into rest, which may be x. A -0.0
     * leaves a -0.0, what is exact a +0.0. */
    void (*peel)(const double *x, size_t n, const double big[2], double *rest,
                 struct xsum_split *out);

    /* The largest magnitude; NaNs do not count. */
    double (*largest)(const double *x, size_t n);

    /* The same, and *least: 0, or NaNs do not count. */
    double (*range)(const double *x, size_t n, double *least);

    /* How many are -0.0. */
    size_t (*negative_zeros)(const double *x, size_t n);

    /* product[i] = x[i] * y[i], rounded, and what that is less than the exact
     * one. With stride 2 y is x + 1, the factors are x[2i] and x[2i + 1], and
     * the products may be in another order. 0; else one of them is an infinity
     * or no number. The errors are exact unless an exception was raised, see
     * below. NULL: too slow. */
    uint64_t (*multiply)(const double *x, const double *y, size_t stride,
                         size_t n, double *product, double *error);

    /* into[i] += from[i], modulo 2^64, for any n. */
    void (*add_lanes)(int64_t *into, const int64_t *from, int n);
};

/* The version of this name, or NULL when it is not for this CPU or build. */
const struct xsum_vector *xsum_vector_find(const char *name);

/* Chooses the best for this CPU, or what the environment variable FANFOLD_SIMD
 * names, if this CPU has it. NULL when there is none. */
const struct xsum_vector *xsum_vector_choose(void);

/* What was chosen. Two threads may choose at the same time: they choose the
 * same, and what it points to is constant. */
extern _Atomic(const struct xsum_vector *) xsum_vector_chosen;

static inline const struct xsum_vector *xsum_vector(void)
{
    const struct xsum_vector *v =
        atomic_load_explicit(&xsum_vector_chosen, memory_order_relaxed);
    return __builtin_expect(v != NULL, 1) ? v : xsum_vector_choose();
}

/* xsum_add with this version; NULL: each value by itself. */
void xsum_add_by(const struct xsum_vector *vector, int64_t *sum,
                 const double *x, size_t n);

/* xdot_add likewise, with stride 1; with 2 xdot_add_pairs, and y is x + 1. */
void xdot_add_by(const struct xsum_vector *vector, int64_t *sum,
                 const double *x, const double *y, size_t stride, size_t n);

/* Adds n products of doubles to XSQR_WORDS lanes and counts them, as that does.
 * In the weight n are counted before; there must be room for 3 n more. Returns
 * 0, and changes nothing, when a product is not the sum of two doubles or not
 * finite. n: up to XSUM_PRODUCTS, whole steps; the version has a multiply. */
int xsum_add_products(const struct xsum_vector *vector, int64_t *sum,
                      const double *x, const double *y, size_t stride,
                      size_t n);

/* Sets the floating-point mode for the above and returns what it was; leave
 * restores it, with the flags that tell what happened. */
unsigned xsum_vector_enter(void);
void xsum_vector_leave(unsigned mode);

/* In between: clears the exceptions; has one been raised since that makes the
 * product or the error of a multiplication inexact? With denormals, only a
 * result that is tiny and not exact underflows. */
void xsum_vector_clear(void);
int xsum_vector_raised(void);

#endif
