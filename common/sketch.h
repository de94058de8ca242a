/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sketch of values for their quantiles: counts in buckets of the same
 * relative width (DDSketch: Masson, Rim, Lee, VLDB 2019), taken from the
 * leading bits of a number, so that there is no logarithm and no rounding.
 *
 * Octave o has the numbers whose leading bit is worth 2^(o - 2047): 973 .. 1024
 * are the subnormal doubles, 2047 begins at 1. Its numbers [2^b, 2^(b + 1)) are
 * divided into 2^bits buckets of the same width. With s the leading bits + 1
 * bits of a number, s >= 2^bits, its bucket is [s w, (s + 1) w), w = 2^(b -
 * bits), and
 *
 *     r = s w + floor(w s / (2 s + 1)),  w >= 1, all integers,
 *
 * stands for all integers of the bucket with a relative error of at most
 * 1 / (2 s + 1) <= 1 / (2^(bits + 1) + 1). Proof: below r, (r - s w) / (s w)
 * <= w s / (2 s + 1) / (s w). Above, for the last one x = (s + 1) w - 1:
 * (2 s + 1) floor(w s / (2 s + 1)) >= w s - 2 s, so (2 s + 1)(x - r)
 * <= (2 s + 1)(w - 1) - w s + 2 s = (s + 1) w - 1 = x. Doubles are integers
 * times a power of two; with w < 1 each number has its own bucket.
 *
 * The buckets of an octave are a page of counts. A sketch has room for some
 * pages, which are given to octaves as they come. When more are needed, the
 * sketch becomes coarser by a level: two buckets become one, a page has twice
 * as many octaves, and the error is that of one bit less. So the level is the
 * least at which the pages of all values fit: it depends on the values alone,
 * for no part of them needs a higher one. (UDDSketch widens likewise: Epicoco,
 * Melle, Cafaro, Pulimeno, Morleo, IEEE Access 2020.) There is always a level,
 * at most `bits`, at which the pages of all doubles fit.
 *
 * Words of a sketch: the head below; the index; the pages. The index has 16
 * bits for each octave: where its page begins, counted from a page before the
 * first one, or 0. A normal double finds it at the number that its sign and
 * exponent are. At those numbers that zeros and subnormals, infinities and NaN
 * have is 0: they are found out by the one look that every value needs. The
 * octaves of subnormals are behind the others.
 */
#ifndef FANFOLD_COMMON_SKETCH_H
#define FANFOLD_COMMON_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

#define SKETCH_FIRST 973u  /* the lowest octave */
#define SKETCH_NORMAL 1025u /* the lowest one of normal doubles */
#define SKETCH_ONE 2047u   /* that of 1 */
#define SKETCH_LAST 3070u
#define SKETCH_MAX_BITS 10u
#define SKETCH_MIN_ERROR 0.0005
#define SKETCH_MAX_ERROR 0.25

enum {
    SKETCH_LEVEL,
    SKETCH_USED,      /* pages */
    SKETCH_LEAST,     /* smallest and largest value, as integers that order */
    SKETCH_MOST,      /* values; INT64_MAX and INT64_MIN of none */
    SKETCH_NAN,       /* the rest: how many of them came */
    SKETCH_ZERO,
    SKETCH_MINUS_INF,
    SKETCH_PLUS_INF,
    SKETCH_INDEX
};

typedef uint16_t sketch_slot __attribute__((may_alias));

/* A view of the words. */
struct sketch {
    int64_t *head;
    sketch_slot *index;
    int64_t *page;    /* a page before the first one */
    uint32_t bits;    /* at level 0: a page has 2^bits counts */
    uint32_t n_pages; /* room */
};

/* For a relative error of SKETCH_MIN_ERROR to SKETCH_MAX_ERROR. */
uint32_t sketch_words(double error);
struct sketch sketch_of(double error, const int64_t *words);

/* Pages get their first values when they are used, and the others when the
 * sketch is normalised. */
void sketch_init(struct sketch *s);
void sketch_merge(struct sketch *into, const struct sketch *from);
void sketch_normalise(struct sketch *s);

/* Can the others be called with it? Counts are not negative, and all of them
 * together fit into 63 bits. */
bool sketch_valid(const struct sketch *s);

/* The page of an octave, which it makes if need be. Then the level may be
 * another one. */
int64_t *sketch_open(struct sketch *s, bool negative, uint32_t octave);

/* Where the page of an octave stands in the index. */
static inline uint32_t sketch_place(bool negative, uint32_t octave)
{
    return octave >= SKETCH_NORMAL
               ? (uint32_t)negative << 11 | (octave - SKETCH_NORMAL + 1)
               : 4096 + (uint32_t)negative * (SKETCH_NORMAL - SKETCH_FIRST)
                     + octave - SKETCH_FIRST;
}

/* A number's octave and the 52 bits behind the leading one, in one integer. */
static inline uint64_t sketch_key(uint64_t magnitude, uint32_t octave_of_bit_0)
{
    const uint32_t zeros = (uint32_t)__builtin_clzll(magnitude);
    return ((uint64_t)(octave_of_bit_0 + 62 - zeros) << 52)
           + (magnitude << zeros >> 11);
}

/* Of a bucket, at this level. */
static inline uint32_t sketch_bits(const struct sketch *s)
{
    return s->bits - (uint32_t)s->head[SKETCH_LEVEL];
}

/* The bits of a key from here on, as many as a page has, are the number of its
 * bucket in the page. */
static inline uint32_t sketch_shift(const struct sketch *s)
{
    return 52 - sketch_bits(s);
}

static inline void sketch_add(struct sketch *s, bool negative, uint64_t key)
{
    int64_t *page = sketch_open(s, negative, (uint32_t)(key >> 52));
    page[key >> sketch_shift(s) & ((UINT64_C(1) << s->bits) - 1)]++;
}

/* Values but NaN. */
uint64_t sketch_total(const struct sketch *s);

/* What stands for a bucket: the integer of n_bits + 1 bits, at most 64, that
 * stands for those of the bucket; see above. */
struct sketch_bucket {
    int sign;        /* -1, 0, 1 */
    bool infinite;
    uint32_t octave;
    uint64_t leading; /* s */
    uint32_t bits;    /* of s behind its leading one */
};
uint64_t sketch_number(const struct sketch_bucket *b, uint32_t n_bits);

/* The bucket of the value of this rank, 1 .. sketch_total. */
struct sketch_bucket sketch_find(const struct sketch *s, uint64_t rank);

#endif
