/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edges of bins of the same ratio: see log_edges.h. Numbers here have 128 bits,
 * and products are truncated: an error of 2^-127. The ratio r is the largest
 * whose nth power, by such products, is at most hi / lo; the power is off by
 * less than 2 n 2^-127, so r is off by less than 2^-125, and r^i by less than
 * i 2^-124.
 */
#include "log_edges.h"

#include <string.h>

typedef unsigned __int128 uint128;

/* m 2^(e - 127), the first bit of m is set. */
struct number {
    uint128 m;
    int e;
};

static struct number of_double(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t mantissa = bits << 12 >> 12 | UINT64_C(1) << 52;
    return (struct number){(uint128)mantissa << 75, (int)(bits >> 52) - 1023};
}

/* To nearest, ties to even. (A carry goes on into the exponent.) */
static double to_double(struct number a)
{
    const uint128 below = a.m << 53, half = (uint128)1 << 127;
    uint64_t mantissa = (uint64_t)(a.m >> 75);
    double x;
    mantissa += below > half || (below == half && mantissa % 2 == 1);
    const uint64_t bits = ((uint64_t)(a.e + 1022) << 52) + mantissa;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static struct number multiply(struct number a, struct number b)
{
    const uint64_t a1 = (uint64_t)(a.m >> 64), a0 = (uint64_t)a.m;
    const uint64_t b1 = (uint64_t)(b.m >> 64), b0 = (uint64_t)b.m;
    const uint128 x = (uint128)a1 * b0, y = (uint128)a0 * b1;
    const uint128 middle = ((uint128)a0 * b0 >> 64) + (uint64_t)x + (uint64_t)y;
    const uint128 high = (uint128)a1 * b1 + (x >> 64) + (y >> 64)
                         + (middle >> 64);
    const int carry = (int)(high >> 127);
    return (struct number){
        carry ? high : high << 1 | ((uint64_t)middle >> 63), a.e + b.e + carry};
}

/* Of two numbers of 53 bits. */
static struct number divide(struct number a, struct number b)
{
    uint64_t rest = (uint64_t)(a.m >> 75);
    const uint64_t by = (uint64_t)(b.m >> 75);
    struct number q = {0, a.e - b.e - (rest < by)};
    rest <<= rest < by;
    for (int bit = 0; bit < 128; bit++) {
        const uint64_t one = rest >= by;
        q.m = q.m << 1 | one;
        rest = (rest - (one ? by : 0)) << 1;
    }
    return q;
}

static struct number power(struct number a, uint32_t n)
{
    struct number p = {(uint128)1 << 127, 0};
    for (int bit = 11; bit >= 0; bit--) {
        p = multiply(p, p);
        if (n >> bit & 1)
            p = multiply(p, a);
    }
    return p;
}

static int at_most(struct number a, struct number b)
{
    return a.e != b.e ? a.e < b.e : a.m <= b.m;
}

/* The nth root of a >= 1, bit by bit. */
static struct number root(struct number a, uint32_t n)
{
    struct number r = {(uint128)1 << 127, a.e / (int)n};
    for (int bit = 126; bit >= 0; bit--) {
        const struct number larger = {r.m | (uint128)1 << bit, r.e};
        if (at_most(power(larger, n), a))
            r = larger;
    }
    return r;
}

void log_edges(double lo, double hi, uint32_t n, double *edge)
{
    const struct number first = of_double(lo);
    const struct number ratio = root(divide(of_double(hi), first), n);
    struct number p = ratio;
    edge[0] = lo;
    for (uint32_t i = 1; i < n; i++) {
        edge[i] = to_double(multiply(first, p));
        p = multiply(p, ratio);
    }
    edge[n] = hi;
}
