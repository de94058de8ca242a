/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products.
 *
 * Of doubles and floats:  [flags][exponent][high][low]
 *
 *   (-1)^NEGATIVE * (high 2^64 + low) * 2^exponent, high with its top bit set
 *
 * is the product of all that is finite and not zero; the flags tell what else
 * came, and the sign is that of all. A multiplication of two such numbers keeps
 * the upper 128 bits of the 256 and drops the rest (INEXACT): it loses less
 * than 2^-127 of the product, and nothing when 128 bits are enough. The
 * exponent is 64 bits wide, so nothing over- or underflows on the way. In the
 * end it is rounded once, to nearest, ties to even. n factors lose less than
 * n 2^-127, which is n 2^-74 units in the last place of a double: the result is
 * off by at most 0.5 + n 2^-74 units, and is the correctly rounded product
 * unless that is so close to the middle of two doubles. Dropping digits does
 * not associate: these operators are ordered. All is done with integers.
 *
 * Of integers:  [flags][high][low]
 *
 * the magnitude of the product of all that is not zero. When that has too many
 * bits, TOO_LARGE is set and the magnitude is 1. It can only grow, so the order
 * does not matter.
 */
#include "magnitude.h"
#include "op.h"

typedef unsigned __int128 u128;

enum { NEGATIVE = 1, ZERO = 2, INFINITE = 4, NOT_A_NUMBER = 8, INEXACT = 16,
       ALL_FLAGS = 31, TOO_LARGE = 4, ALL_INT_FLAGS = 7 };

/* Flags of two products are those of either; their signs multiply. */
static int64_t both(int64_t a, int64_t b)
{
    return ((a | b) & ~(int64_t)NEGATIVE) | ((a ^ b) & NEGATIVE);
}

static u128 wide(uint64_t high, uint64_t low)
{
    return (u128)high << 64 | low;
}

/* ---- of doubles ---------------------------------------------------------- */

enum { FLAGS, EXPONENT, HIGH, LOW, WORDS };

/* What 2^49 of the largest doubles come to; there it stays. */
#define MAX_EXPONENT (INT64_C(1) << 60)

struct product {
    int64_t flags, exponent;
    uint64_t high, low;
};

static struct product load(const int64_t *slice)
{
    return (struct product){slice[FLAGS], slice[EXPONENT],
                            (uint64_t)slice[HIGH], (uint64_t)slice[LOW]};
}

static void store(int64_t *slice, struct product p)
{
    slice[FLAGS] = p.flags;
    slice[EXPONENT] = p.exponent;
    slice[HIGH] = (int64_t)p.high;
    slice[LOW] = (int64_t)p.low;
}

static uint32_t words(OP_SHAPE)
{
    return WORDS;
}

static void init(OP_SHAPE, int64_t *slice)
{
    store(slice, (struct product){0, -127, UINT64_C(1) << 63, 0});
}

/* p becomes the highest 128 bits of (upper 2^128 + lower) 2^(exponent - 128),
 * which begin with one of the first two. */
static inline void set_upper(struct product *p, u128 upper, u128 lower,
                             int64_t exponent)
{
    const int shift = !(upper >> 127);
    p->exponent = exponent - shift;
    if (shift) {
        upper = upper << 1 | lower >> 127;
        lower <<= 1;
    }
    if (lower != 0)
        p->flags |= INEXACT;
    p->high = (uint64_t)(upper >> 64);
    p->low = (uint64_t)upper;
}

/* By the magnitude m 2^exponent; the top bit of m is set. */
static inline void multiply_64(struct product *p, uint64_t m, int64_t exponent)
{
    const u128 low = (u128)p->low * m;
    const u128 high = (u128)p->high * m + (low >> 64);
    set_upper(p, high, (u128)(uint64_t)low << 64,
              p->exponent + exponent + 64);
}

/* a b = ah bh 2^128 + (ah bl + al bh) 2^64 + al bl, of 64 bits each. */
static void multiply_128(struct product *p, const struct product *q)
{
    const u128 ll = (u128)p->low * q->low;
    const u128 lh = (u128)p->low * q->high;
    const u128 hl = (u128)p->high * q->low;
    const u128 middle = (ll >> 64) + (uint64_t)lh + (uint64_t)hl;
    const u128 upper = (u128)p->high * q->high + (lh >> 64) + (hl >> 64)
                       + (middle >> 64);
    const u128 lower = wide((uint64_t)middle, (uint64_t)ll);
    const int64_t exponent = p->exponent + q->exponent;
    set_upper(p, upper, lower, exponent + 128);
    if (p->exponent > MAX_EXPONENT)
        p->exponent = MAX_EXPONENT;
    if (p->exponent < -MAX_EXPONENT)
        p->exponent = -MAX_EXPONENT;
}

static inline void multiply_double(struct product *p, uint64_t bits)
{
    const int64_t exponent = (int64_t)(bits >> 52 & 0x7ff);
    const uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    p->flags ^= (int64_t)(bits >> 63); /* NEGATIVE */
    if (exponent == 0x7ff) {
        p->flags |= fraction != 0 ? NOT_A_NUMBER : INFINITE;
    } else if (exponent != 0) {
        multiply_64(p, (fraction | UINT64_C(1) << 52) << 11,
                    exponent - 1075 - 11);
    } else if (fraction == 0) {
        p->flags |= ZERO;
    } else { /* subnormal */
        const int shift = __builtin_clzll(fraction);
        multiply_64(p, fraction << shift, -1074 - shift);
    }
}

static void fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                 size_t n)
{
    struct product p = load(slice);
    for (size_t i = 0; i < n; i++)
        multiply_double(&p, value[i].u64);
    store(slice, p);
}

static void merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    struct product p = load(into);
    const struct product q = load(from);
    multiply_128(&p, &q);
    p.flags = both(p.flags, q.flags);
    store(into, p);
}

static bool valid(OP_SHAPE, const int64_t *slice)
{
    return slice[FLAGS] >= 0 && slice[FLAGS] <= ALL_FLAGS && slice[HIGH] < 0
           && slice[EXPONENT] >= -MAX_EXPONENT
           && slice[EXPONENT] <= MAX_EXPONENT;
}

/* To a magnitude, whose exponents have 32 bits. */
static void get(struct magnitude *m, const int64_t *slice)
{
    const struct product p = load(slice);
    const int far = 1000000;
    *m = (struct magnitude){
        .limb = {p.low, p.high}, .n = 2,
        .exponent = p.exponent > far ? far : p.exponent < -far
                    ? -far : (int)p.exponent,
        .negative = (p.flags & NEGATIVE) != 0,
        .sticky = (p.flags & INEXACT) != 0};
    if (p.flags & NOT_A_NUMBER || (p.flags & ZERO && p.flags & INFINITE))
        *m = (struct magnitude){.kind = MAGNITUDE_NAN};
    else if (p.flags & INFINITE)
        m->kind = MAGNITUDE_INFINITE;
    else if (p.flags & ZERO)
        *m = (struct magnitude){.negative = m->negative};
}

static void finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    struct magnitude m;
    get(&m, slice);
    value_f64(out, magnitude_to_double(&m));
}

static void float_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    struct magnitude m;
    get(&m, slice);
    value_f32(out, (double)magnitude_to_float(&m));
}

/* ---- of integers --------------------------------------------------------- */

enum { INT_FLAGS, INT_HIGH, INT_LOW, INT_WORDS };

static u128 magnitude_of(const int64_t *slice)
{
    return wide((uint64_t)slice[INT_HIGH], (uint64_t)slice[INT_LOW]);
}

static uint32_t int_words(OP_SHAPE)
{
    return INT_WORDS;
}

static void int_init(OP_SHAPE, int64_t *slice)
{
    slice[INT_FLAGS] = slice[INT_HIGH] = 0;
    slice[INT_LOW] = 1;
}

/* Multiplies by a magnitude that is not zero, as far as `bits` are enough. */
static void multiply(int64_t *slice, u128 factor, int bits)
{
    u128 product;
    if (__builtin_mul_overflow(magnitude_of(slice), factor, &product)
        || (bits < 128 && product >> bits != 0)
        || slice[INT_FLAGS] & TOO_LARGE) {
        slice[INT_FLAGS] |= TOO_LARGE;
        product = 1;
    }
    slice[INT_HIGH] = (int64_t)(product >> 64);
    slice[INT_LOW] = (int64_t)product;
}

static void int_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t x = value[i].u64;
        slice[INT_FLAGS] ^= (int64_t)(x >> 63); /* NEGATIVE */
        if (x == 0)
            slice[INT_FLAGS] |= ZERO;
        else
            multiply(slice, x >> 63 ? 0 - x : x, 127);
    }
}

static void uint_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                      size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (value[i].u64 == 0)
            slice[INT_FLAGS] |= ZERO;
        else
            multiply(slice, value[i].u64, 128);
}

static void merge_bits(int64_t *into, const int64_t *from, int bits)
{
    const int64_t flags = both(into[INT_FLAGS], from[INT_FLAGS]);
    into[INT_FLAGS] = flags;
    multiply(into, magnitude_of(from), bits);
}

static void int_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    merge_bits(into, from, 127);
}

static void uint_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    merge_bits(into, from, 128);
}

static bool uint_valid(OP_SHAPE, const int64_t *slice)
{
    const u128 m = magnitude_of(slice);
    return slice[INT_FLAGS] >= 0 && slice[INT_FLAGS] <= ALL_INT_FLAGS && m != 0
           && (m == 1 || !(slice[INT_FLAGS] & TOO_LARGE));
}

static bool int_valid(OP_SHAPE, const int64_t *slice)
{
    return uint_valid(shape, slice) && slice[INT_HIGH] >= 0;
}

static void int_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    const int64_t flags = slice[INT_FLAGS];
    if (flags & ZERO) {
        value_i64(out, 0);
    } else if (flags & TOO_LARGE) {
        value_none(out);
        out->note = "overflow: more than 128 bits";
    } else {
        value_wide(out, (flags & NEGATIVE) != 0, (uint64_t)slice[INT_HIGH],
                   (uint64_t)slice[INT_LOW]);
    }
}

static const struct op row[] = {
    {.code = FF_OP_PRODUCT, .name = "product", .type = "f64",
     .merge_kind = MERGE_LIST, .ordered = true, .words = words, .init = init,
     .fold = fold, .merge = merge, .valid = valid, .finish = finish},
    {.code = FF_OP_PRODUCT_FLOAT, .name = "product", .type = "f32",
     .merge_kind = MERGE_LIST, .ordered = true, .words = words, .init = init,
     .fold = fold, .merge = merge, .valid = valid, .finish = float_finish},
    {.code = FF_OP_PRODUCT_INT, .name = "product", .type = "i64",
     .merge_kind = MERGE_LIST, .words = int_words, .init = int_init,
     .fold = int_fold, .merge = int_merge, .valid = int_valid,
     .finish = int_finish},
    {.code = FF_OP_PRODUCT_UINT, .name = "product", .type = "u64",
     .merge_kind = MERGE_LIST, .words = int_words, .init = int_init,
     .fold = uint_fold, .merge = uint_merge, .valid = uint_valid,
     .finish = int_finish},
};

const struct op_family op_products = {row, sizeof row / sizeof row[0]};
