/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys: values as integers that order them, so that comparing needs no
 * floating point. A key orders what is looked for, the best one highest:
 * complemented for minima. The key of a double orders -0.0 below +0.0 and is
 * NAN_KEY for every NaN, for minima as well.
 */
#ifndef FANFOLD_COMMON_KEY_H
#define FANFOLD_COMMON_KEY_H

#include <fanfold.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NAN_KEY INT64_MAX
#define NO_KEY INT64_MIN

/* Orders doubles as integers: swaps the magnitudes below zero. Its own
 * inverse. */
static inline int64_t swap_negative(int64_t bits)
{
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

static inline bool is_nan_bits(uint64_t bits)
{
    return bits << 1 > UINT64_C(0xffe0000000000000);
}

static inline int64_t max_key(union ff_value v)
{
    return is_nan_bits(v.u64) ? NAN_KEY : swap_negative(v.i64);
}

static inline int64_t min_key(union ff_value v)
{
    return is_nan_bits(v.u64) ? NAN_KEY : ~swap_negative(v.i64);
}

static inline int64_t max_int_key(union ff_value v)
{
    return v.i64;
}

static inline int64_t min_int_key(union ff_value v)
{
    return ~v.i64;
}

/* Unsigned integers as signed ones of the same order. */
static inline int64_t max_uint_key(union ff_value v)
{
    return v.i64 ^ INT64_MIN;
}

static inline int64_t min_uint_key(union ff_value v)
{
    return ~max_uint_key(v);
}

/* ---- and back ------------------------------------------------------------ */

static inline double double_of(int64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline double double_of_max_key(int64_t key)
{
    if (key == NAN_KEY)
        return double_of(INT64_C(0x7ff8000000000000));
    return double_of(swap_negative(key));
}

static inline double double_of_min_key(int64_t key)
{
    return double_of_max_key(key == NAN_KEY ? key : ~key);
}

/* A double that came of no float is rounded to one. */
static inline double float_of_max_key(int64_t key)
{
    return (double)(float)double_of_max_key(key);
}

static inline double float_of_min_key(int64_t key)
{
    return (double)(float)double_of_min_key(key);
}

static inline int64_t int_of_max_key(int64_t key)
{
    return key;
}

static inline int64_t int_of_min_key(int64_t key)
{
    return ~key;
}

static inline uint64_t uint_of_max_key(int64_t key)
{
    return (uint64_t)(key ^ INT64_MIN);
}

static inline uint64_t uint_of_min_key(int64_t key)
{
    return uint_of_max_key(~key);
}

/* Is it the key of a double? +inf has the highest but NaN's, and -inf the
 * lowest; they are complements of each other. */
static inline bool key_valid(int64_t key)
{
    const int64_t infinity = INT64_C(0x7ff0000000000000);
    return key == NAN_KEY || (key >= ~infinity && key <= infinity);
}

#endif
