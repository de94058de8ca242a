/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding arrays of doubles to a superaccumulator.
 *
 * Pieces go through the vector registers (xsum_vector.h): two slices hold 102
 * bits below a guessed largest magnitude, enough for what most data have. The
 * guess is checked by the way, and a piece for which it was wrong is done
 * again, the wide way: slices are peeled off below what is the largest in
 * truth, until nothing is left. What is left even then, and pieces with
 * infinities, NaNs or numbers near the largest, go to the digits one by one.
 *
 * Each way is exact, so which one was taken shows in no bit of a normalised
 * sum.
 */
#include "xsum_digit.h"
#include "xsum_vector.h"

#include <stdbool.h>

#define PIECE ((size_t)1024)
#define PEEL_BITS (2 * XSUM_SLICE_BITS)
#define GUESS_FROM 64      /* of the first values ... */
#define GUESS_MARGIN 10    /* ... so many bits above the largest */
#define PLAIN_PIECES 15    /* are added one by one after a hopeless one */
#define MANY 128           /* for which arrays of digits pay */
#define FEWEST 24          /* for which vectors pay */

_Static_assert(PIECE < XSUM_VECTOR_MOST, "a piece is one call");
_Static_assert(XSUM_VECTOR_STEP >= 2 * XSUM_VECTOR_PEELS, "weights: add_wide");

struct array {
    const struct xsum_vector *vector;
    int64_t *sum;
    int64_t *digit; /* that 2^(bias - 1074) belongs to; bias < 32 */
    unsigned bias;
    double big[2];  /* of the guessed slices */
    unsigned at;    /* the upper slice's unit is 2^(at - 1074) */
    bool wide;      /* the last piece was */
    unsigned plain; /* pieces to be added one by one */
};

/* For a sum whose lowest digit has the unit 2^exponent. */
static struct array array_for(const struct xsum_vector *vector, int64_t *sum,
                              int exponent)
{
    const unsigned below = (unsigned)(XSUM_EXPONENT - exponent);
    return (struct array){.vector = vector, .sum = sum,
                          .digit = sum + XSUM_DIGITS + below / DIGIT_BITS,
                          .bias = below % DIGIT_BITS};
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- one by one --------------------------------------------------------- */

/* The mantissa with the sign of the double; no branch, which would often be
 * mispredicted. */
static inline int64_t with_sign(uint64_t mantissa, uint64_t bits)
{
    const uint64_t sign = (uint64_t)((int64_t)bits >> 63); /* 0 or ~0 */
    return (int64_t)((mantissa ^ sign) - sign);
}

static void add_one(const struct array *a, uint64_t bits)
{
    uint64_t mantissa;
    if (__builtin_expect(exponent_of(bits) == EXPONENT_SPECIAL, 0)) {
        add_special(a->sum, bits);
        return;
    }
    const unsigned at = split(bits, &mantissa) + a->bias;
    if (__builtin_expect(bits == SIGN_BIT, 0))
        recount(a->sum, XSUM_NZERO, 1);
    add_scaled(a->digit, with_sign(mantissa, bits), at);
}

/*
 * A double is 53 bits and is shifted by up to 31: the lower 32 bits of that
 * are added to low, the 52 above them, signed, to high, which so has room for
 * n <= PIECE. Two arrays, because gcc makes one vector of neighbours, which the
 * next value would have to wait for. Then the carries are taken; each digit of
 * the sum changes by less than 2^32, whatever n was.
 */
static void add_many(const struct array *a, const double *x, size_t n)
{
    int64_t low[XSUM_N] = {0}, high[XSUM_N] = {0};
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = bits_of(&x[i]);
        const unsigned exponent = exponent_of(bits) - 1;
        if (__builtin_expect(exponent >= EXPONENT_SPECIAL - 1, 0)) {
            add_one(a, bits); /* a zero, a subnormal, no number */
            continue;
        }
        const unsigned at = exponent + a->bias, shift = at % DIGIT_BITS;
        const int64_t value =
            with_sign((bits & FRACTION_MASK) + FRACTION_MASK + 1, bits);
        low[at / DIGIT_BITS] += (uint32_t)value << shift;
        high[at / DIGIT_BITS] += value >> 1 >> (DIGIT_BITS - 1 - shift);
    }
    int64_t carry = 0;
    for (int i = 0; i < XSUM_N; i++) {
        carry += low[i] + (i > 0 ? high[i - 1] : 0);
        lane_add(&a->digit[i], (uint64_t)carry & DIGIT_MASK);
        carry >>= DIGIT_BITS;
    }
    /* Above these digits: minus 1 when the values' sum is negative. */
    lane_add(&a->digit[XSUM_N - 1], (uint64_t)carry << DIGIT_BITS);
}

static void add_each(const struct array *a, const double *x, size_t n)
{
    for (; n >= MANY; x += least(n, PIECE), n -= least(n, PIECE))
        add_many(a, x, least(n, PIECE));
    for (size_t i = 0; i < n; i++)
        add_one(a, bits_of(&x[i]));
}

/* ---- in slices ---------------------------------------------------------- */

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/*
 * Slices for magnitudes below 2^margin * most. With the biased exponent e of
 * most it is below 2^(e - 1022), so a unit of 2^(e - 1022 + margin - 51) would
 * do if it were not for a value that t rounds up: margin is at least 1. The
 * lower slice's unit is at least 2^-1074, of which all doubles are multiples;
 * the upper one's at most 2^971, so that 2^53 of them are no infinity.
 * What is larger than that will be beyond.
 */
static void set_slices(struct array *a, double most, unsigned margin)
{
    unsigned at = exponent_of(bits_of(&most)) + 1 + margin;
    if (at < XSUM_SLICE_BITS)
        at = XSUM_SLICE_BITS;
    if (at > 2045)
        at = 2045;
    a->at = at;
    for (int i = 0; i < 2; i++) { /* 1.5 * 2^(52 + at - 1074) */
        a->big[i] = double_of((uint64_t)(at + 1) << FRACTION_BITS |
                              UINT64_C(1) << (FRACTION_BITS - 1));
        at -= XSUM_SLICE_BITS;
    }
}

/* Two additions of up to 2^32 a digit, whatever n was: the weight has them. */
static void add_slices(const struct array *a, const struct xsum_split *s)
{
    const unsigned at = a->at + a->bias;
    add_scaled(a->digit, s->total[0], at);
    add_scaled(a->digit, s->total[1], at - XSUM_SLICE_BITS);
}

static void count_zeros(const struct array *a, const double *x, size_t n)
{
    recount(a->sum, XSUM_NZERO, a->vector->negative_zeros(x, n));
}

/* The weight, n, covers what the peels add; it takes n more if then each of
 * the rest must be added (take_block has made room). Of x, no bit but the sign
 * of a zero is in both: what the slices took and the rest. */
static void add_wide(struct array *a, const double *x, size_t n)
{
    double rest[PIECE];
    const double largest = a->vector->largest(x, n);
    struct xsum_split s = {.most_left = largest};
    unsigned n_peels = 0;

    do {
        set_slices(a, s.most_left, 1);
        a->vector->peel(n_peels == 0 ? x : rest, n, a->big, rest, &s);
        if (s.beyond) { /* only of the first peel */
            add_each(a, x, n);
            a->plain = PLAIN_PIECES;
            return;
        }
        add_slices(a, &s);
    } while (s.most_left > 0 && ++n_peels < a->vector->peels);

    if (s.most_left > 0) {
        lane_add(&a->sum[XSUM_WEIGHT], n);
        add_each(a, rest, n);
        a->plain = PLAIN_PIECES;
    } else if (s.left) {
        count_zeros(a, x, n);
    }
    a->wide = n_peels > 0;
    set_slices(a, largest, GUESS_MARGIN);
}

static void add_piece(struct array *a, const double *x, size_t n)
{
    struct xsum_split s;
    if (a->plain > 0) {
        a->plain--;
        add_each(a, x, n);
        return;
    }
    if (a->wide) {
        add_wide(a, x, n);
        return;
    }
    a->vector->split(x, n, a->big, &s);
    if (s.beyond || s.left & ~SIGN_BIT) {
        add_wide(a, x, n);
        return;
    }
    add_slices(a, &s);
    if (s.left)
        count_zeros(a, x, n);
}

/* Chooses slices and a way by the first values: those of magnitudes from `low`
 * up have all their bits within spread + 53 below the largest. As others will
 * be wider, the last peel is not counted on. */
static void guess(struct array *a, const double *x, size_t n)
{
    double low;
    const double high = a->vector->range(x, least(n, GUESS_FROM), &low);
    const unsigned spread = exponent_of(bits_of(&high)) -
                            exponent_of(bits_of(&low));
    set_slices(a, high, GUESS_MARGIN);
    if (low > 0 && spread + 53 + GUESS_MARGIN + 1 > PEEL_BITS) {
        a->wide = true;
        if (spread + 53 > (a->vector->peels - 1) * PEEL_BITS)
            a->plain = PLAIN_PIECES;
    }
}

/* n: whole steps. */
static void add_steps(struct array *a, const double *x, size_t n)
{
    guess(a, x, n);
    for (size_t i = 0; i < n; i += PIECE)
        add_piece(a, x + i, least(n - i, PIECE));
}

void xsum_add_by(const struct xsum_vector *vector, int64_t *sum,
                 const double *x, size_t n)
{
    struct array a = array_for(vector, sum, XSUM_EXPONENT);
    while (n > 0) {
        const size_t block = take_block(sum, &n, XSUM_N);
        size_t steps = 0;
        if (block >= FEWEST && vector != NULL) {
            const unsigned mode = xsum_vector_enter();
            steps = block / XSUM_VECTOR_STEP * XSUM_VECTOR_STEP;
            add_steps(&a, x, steps);
            xsum_vector_leave(mode);
        }
        add_each(&a, x + steps, block - steps);
        x += block;
    }
}

void xsum_add(int64_t *sum, const double *x, size_t n)
{
    xsum_add_by(xsum_vector(), sum, x, n);
}

/* ---- products ----------------------------------------------------------- */

/* Products and errors are n values each, and the weight has one n already; each
 * of them may take one more, see add_wide. */
int xsum_add_products(const struct xsum_vector *vector, int64_t *sum,
                      const double *x, const double *y, size_t stride,
                      size_t n)
{
    double product[XSUM_PRODUCTS], error[XSUM_PRODUCTS];
    const unsigned mode = xsum_vector_enter();
    xsum_vector_clear();
    const int exact =
        vector->multiply(x, y, stride, n, product, error) == 0 &&
        !xsum_vector_raised();
    if (exact) {
        struct array a = array_for(vector, sum, XSQR_EXPONENT), b = a;
        lane_add(&sum[XSUM_WEIGHT], n);
        lane_add(&sum[XSUM_OTHER], n);
        add_steps(&a, product, n);
        add_steps(&b, error, n);
    }
    xsum_vector_leave(mode);
    return exact;
}
