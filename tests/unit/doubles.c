/* SPDX-License-Identifier: Apache-2.0 */
/* Random doubles of many kinds: see doubles.h. */
#include "doubles.h"

#include <float.h>
#include <math.h>
#include <string.h>

static uint64_t state;

void doubles_seed(uint64_t seed)
{
    state = seed;
}

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
uint64_t doubles_draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t doubles_below(uint64_t n)
{
    return doubles_draw() % n;
}

static int coin(void)
{
    return doubles_draw() & 1;
}

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double doubles_with_exponent(int low, int high)
{
    return doubles_short(53,
                         low + (int)doubles_below((uint64_t)(high - low + 1)));
}

double doubles_short(int bits, int exponent)
{
    const uint64_t fraction = doubles_draw() >> 12 >> (53 - bits);
    const double m = 1 + ldexp((double)fraction, 1 - bits);
    return ldexp(coin() ? m : -m, exponent);
}

void doubles_any_finite(double *x, int n)
{
    for (int i = 0; i < n; i++)
        do
            x[i] = of_bits(doubles_draw());
        while (!isfinite(x[i]));
}

void doubles_near_one(double *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = doubles_with_exponent(-3, 3);
}

void doubles_cancelling(double *x, int n)
{
    for (int i = 0; i < n; i++) {
        x[i] = doubles_with_exponent(-1000, 1000);
        if (i > 0 && coin())
            x[i] = -x[doubles_below((uint64_t)i)];
    }
}

void doubles_subnormal(double *x, int n)
{
    for (int i = 0; i < n; i++) {
        x[i] = of_bits(doubles_draw() & UINT64_C(0x800fffffffffffff));
        if (doubles_below(4) == 0)
            x[i] = of_bits((doubles_draw() & 1) << 63 | doubles_below(4));
        if (doubles_below(8) == 0)
            x[i] = doubles_with_exponent(-1022, -1015);
    }
}

/* A float with this exponent, from -149 to 127. */
static double short_float(int exponent)
{
    return doubles_short(exponent < -126 ? exponent + 150 : 24, exponent);
}

/* A value of the format, half a step and a hair. */
void doubles_ties(double *x, int n)
{
    const int of_floats = coin();
    const double m = of_floats
                         ? short_float(-149 + (int)doubles_below(276))
                         : doubles_with_exponent(-960, 1020);
    const int step = of_floats ? (ilogb(m) < -126 ? -149 : ilogb(m) - 23)
                               : ilogb(m) - 52;
    const double half = ldexp(0.5, step);
    for (int i = 0; i < n; i++)
        x[i] = 0;
    x[0] = m;
    if (n > 1)
        x[1] = coin() ? half : -half;
    if (n > 2 && coin())
        x[2] = doubles_with_exponent(-1022, step - 2);
    if (n > 3 && coin())
        x[3] = -x[2];
    if (n > 4 && coin())
        x[4] = 2 * half;
}

void doubles_largest(double *x, int n)
{
    const int of_floats = coin();
    const double most = of_floats ? (double)FLT_MAX : DBL_MAX;
    const double half = of_floats ? 0x1p103 : 0x1p970;
    for (int i = 0; i < n; i++) {
        const uint64_t kind = doubles_below(4);
        x[i] = kind < 2 ? most : kind == 2 ? half : nextafter(half, 0);
        if (coin())
            x[i] = -x[i];
    }
}

void doubles_specials(double *x, int n)
{
    static const double special[] = {INFINITY, -INFINITY, NAN, -0.0,
                                     DBL_MAX,  INFINITY,  0};
    doubles_any_finite(x, n);
    const int n_special = 1 + (int)doubles_below(2);
    for (int i = 0; i < n_special; i++)
        x[doubles_below((uint64_t)n)] = special[doubles_below(7)];
}

void doubles_zeros(double *x, int n)
{
    const uint64_t others = doubles_below(3);
    for (int i = 0; i < n; i++)
        x[i] = others == 1 && coin() ? 0.0 : -0.0;
    if (others == 2 && n > 1) {
        x[0] = doubles_with_exponent(-1022, 1000);
        x[n - 1] = -x[0];
    }
}

void doubles_offset(double *x, int n)
{
    const double base = doubles_with_exponent(-20, 60);
    const int noise = ilogb(base) - (int)doubles_below(60);
    for (int i = 0; i < n; i++)
        x[i] = doubles_below(4) ? base + doubles_with_exponent(noise - 4, noise)
                                : base;
}

/* Squares about the smallest and the largest of doubles and floats. */
void doubles_edge_of_squares(double *x, int n)
{
    static const int exponent[] = {-537, 511, -75, 63};
    const int e = exponent[doubles_below(4)];
    for (int i = 0; i < n; i++)
        x[i] = doubles_with_exponent(e - 3, e + (e < 0 ? 3 : 0));
}

void doubles_small_integers(double *x, int n)
{
    const uint64_t range = 1 + doubles_below(9);
    for (int i = 0; i < n; i++)
        x[i] = (double)doubles_below(range) - (double)(range / 2);
}

void doubles_floats(double *x, int n)
{
    const int low = -149 + (int)doubles_below(277);
    for (int i = 0; i < n; i++) {
        const int exponent = low + (int)doubles_below(40);
        x[i] = short_float(exponent < 127 ? exponent : 127);
    }
}

/*
 * Legs p^2 - q^2 and 2 p q with the hypotenuse p^2 + q^2 (Euclid, X.29,
 * lemma): it has bits + 1 bits and is odd, so a tie between numbers of `bits`
 * bits, or (sometimes) `bits` bits; the legs are doubles.
 */
static void triangle(int bits, double *a, double *b)
{
    const uint64_t most = UINT64_C(1) << (bits + 1);
    uint64_t p, q;
    do {
        p = doubles_below(UINT64_C(1) << (bits / 2 + 1));
        q = doubles_below(p + 1) | 1;
        p += (p + q) % 2 == 0;
    } while (p * p + q * q >= most || p * p + q * q < most / 4 ||
             p * p - q * q >= most / 2);
    *a = (double)(p * p - q * q);
    *b = (double)(2 * p * q);
}

/* The sample deviation of the nine is half of the norm of 2a, 2b. */
void doubles_triangles(double *x, int n)
{
    const int of_floats = coin();
    const int scale = of_floats ? (int)doubles_below(190) - 120
                                : (int)doubles_below(1800) - 900;
    double a, b;
    triangle(of_floats ? 24 : 53, &a, &b);
    a = ldexp(a, scale);
    b = ldexp(b, scale);
    const double hair =
        coin() ? doubles_with_exponent(-1070, ilogb(a + b) - 60) : 0;
    memset(x, 0, (size_t)n * sizeof *x);
    if (n < 9) {
        x[0] = a;
        x[n - 1] = b;
        if (n > 2)
            x[1] = hair;
        return;
    }
    const double nine[] = {2 * a, -2 * a, 2 * b, -2 * b, hair, -hair, 0, 0, 0};
    memcpy(x, nine, sizeof nine);
}
