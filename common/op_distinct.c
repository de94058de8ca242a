/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many different values came, estimated: HyperLogLog (Flajolet, Fusy,
 * Gandouet, Meunier, AofA 2007) with hashes of 64 bits and the estimator of
 * Ertl (arXiv:1702.01284, algorithm 6), which needs no tables and no logarithm.
 *
 * 2^precision registers of a byte, at first 0. The first bits of a value's hash
 * choose a register, which becomes as large as the place of the first one among
 * the other bits, from 1 on (a bit more than there are, when all are 0). So the
 * registers depend on the set of values alone. The relative standard error is
 * 1.04 / 2^(precision / 2): at most shape->lo (0: the default).
 *
 * -0.0 and 0.0 are the same value; so are all NaN.
 */
#include "key.h"
#include "op.h"

#include <string.h>

#define MIN_PRECISION 4u
#define DEFAULT_PRECISION 14u
#define MAX_PRECISION 19u

/* The first output of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) with the
 * value as its seed; its mixer is Stafford's Mix13. */
static inline uint64_t mix(uint64_t x)
{
    uint64_t z = x + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 1.04^2 times 2^60. Errors are multiples of 2^-30 here, so that no rounding
 * mode matters. */
#define SQUARE (((UINT64_C(1) << 60) / 10000) * 10816)

static uint32_t precision_of(const struct ff_shape *shape)
{
    const uint64_t error = (uint64_t)(shape->lo * 0x1p30);
    uint32_t precision = MIN_PRECISION;
    if (shape->lo == 0)
        return DEFAULT_PRECISION;
    while (precision < MAX_PRECISION && error * error << precision < SQUARE)
        precision++;
    return precision;
}

static const char *wrong(const struct ff_shape *shape)
{
    if (shape->lo != 0 && !(shape->lo >= 0.0015 && shape->lo <= 0.26))
        return "has a relative standard error that is not in 0.0015 .. 0.26";
    return NULL;
}

static uint32_t words(const struct ff_shape *shape)
{
    return (UINT32_C(1) << precision_of(shape)) / 8;
}

static void init(const struct ff_shape *shape, int64_t *slice)
{
    memset(slice, 0, words(shape) * sizeof *slice);
}

static inline void take(uint8_t *reg, uint32_t precision, uint64_t value)
{
    const uint64_t hash = mix(value);
    /* (The bit that ends the rest makes it not 0.) */
    const uint64_t rest = hash << precision
                          | UINT64_C(1) << (precision - 1);
    const uint8_t place = (uint8_t)(1 + __builtin_clzll(rest));
    uint8_t *r = &reg[hash >> (64 - precision)];
    if (*r < place)
        *r = place;
}

static void fold_bits(const struct ff_shape *shape, int64_t *slice,
                      const union ff_value *value, size_t n)
{
    const uint32_t precision = precision_of(shape);
    for (size_t i = 0; i < n; i++)
        take((uint8_t *)slice, precision, value[i].u64);
}

static void fold(const struct ff_shape *shape, int64_t *slice,
                 const union ff_value *value, size_t n)
{
    const uint32_t precision = precision_of(shape);
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = value[i].u64;
        take((uint8_t *)slice, precision,
             bits << 1 == 0 ? 0
             : is_nan_bits(bits) ? UINT64_C(0x7ff8000000000000) : bits);
    }
}

/* Registers in a vector register; slices are aligned to words. */
typedef uint8_t registers
    __attribute__((vector_size(16), aligned(8), may_alias));

static void merge(const struct ff_shape *shape, int64_t *into,
                  const int64_t *from)
{
    const size_t n = ((size_t)1 << precision_of(shape)) / sizeof(registers);
    registers *a = (registers *)into;
    const registers *b = (const registers *)from;
    for (size_t i = 0; i < n; i++) {
        const registers less = (registers)(a[i] < b[i]);
        a[i] = (b[i] & less) | (a[i] & ~less);
    }
}

static bool valid(const struct ff_shape *shape, const int64_t *slice)
{
    const uint32_t precision = precision_of(shape);
    const uint8_t *reg = (const uint8_t *)slice;
    for (size_t i = 0; i < (size_t)1 << precision; i++)
        if (reg[i] > 64 - precision + 1)
            return false;
    return true;
}

/* x + sum over k >= 1 of x^(2^k) 2^(k - 1), 0 <= x < 1. */
static double sigma(double x)
{
    double y = 1, z = x, before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

/* The square root of x, 0 < x <= 1: Newton's iteration from above, as long as
 * it descends. libfanfold needs no libm. */
static double root(double x)
{
    double y = 1, next = 1;
    do {
        y = next;
        next = 0.5 * (y + x / y);
    } while (next < y);
    return y;
}

/* (1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 2^-k) / 3, 0 <= x <= 1. */
static double tau(double x)
{
    double y = 1, z = 1 - x, before;
    if (x == 0 || x == 1)
        return 0;
    do {
        x = root(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

static double estimate(const uint8_t *reg, uint32_t precision)
{
    const uint32_t most = 64 - precision + 1;
    const size_t n = (size_t)1 << precision;
    const double m = (double)n;
    uint32_t with[65] = {0};
    for (size_t i = 0; i < n; i++)
        with[reg[i]]++;
    if (with[0] == n)
        return 0;
    double z = m * tau(1 - with[most] / m);
    for (uint32_t k = most - 1; k >= 1; k--)
        z = 0.5 * (z + with[k]);
    z += m * sigma(with[0] / m);
    return 0.7213475204444817 * m * m / z; /* 1 / (2 ln 2) */
}

static const char *note_of(uint32_t precision)
{
    static const char *const note[] = {
        "standard error 26 %", "standard error 18 %", "standard error 13 %",
        "standard error 9.2 %", "standard error 6.5 %", "standard error 4.6 %",
        "standard error 3.3 %", "standard error 2.3 %", "standard error 1.6 %",
        "standard error 1.1 %", "standard error 0.81 %",
        "standard error 0.57 %", "standard error 0.41 %",
        "standard error 0.29 %", "standard error 0.2 %",
        "standard error 0.14 %"};
    return note[precision - MIN_PRECISION];
}

static void finish(const struct ff_shape *shape, const int64_t *slice,
                   struct value *out)
{
    const uint32_t precision = precision_of(shape);
    const double x = estimate((const uint8_t *)slice, precision) + 0.5;
    value_u64(out, x < 0x1p64 ? (uint64_t)x : UINT64_MAX);
    out->note = note_of(precision);
}

#define ROW(CODE, TYPE, fold_fn)                                               \
    {.code = CODE, .name = "distinct", .type = TYPE, .gives = "u64",           \
     .merge_kind = MERGE_MAX_BYTES, .wrong = wrong, .words = words,            \
     .init = init, .fold = fold_fn, .merge = merge, .valid = valid,            \
     .finish = finish}

static const struct op row[] = {
    ROW(FF_OP_DISTINCT, "f64", fold),
    ROW(FF_OP_DISTINCT_INT, "i64", fold_bits),
    ROW(FF_OP_DISTINCT_UINT, "u64", fold_bits),
};

const struct op_family op_distincts = {row, sizeof row / sizeof row[0]};
