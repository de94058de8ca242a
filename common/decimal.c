/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text as a double: see decimal.h.
 *
 * W. D. Clinger, How to read floating point numbers accurately (PLDI 1990),
 * has a fast path for few digits and small exponents, where one operation
 * on doubles is enough. The same is then done in integers, which reaches
 * further: up to 19 digits, and exponents whose power of five has 64 bits.
 * Product and quotient are known to all bits, and are rounded once. The rest is
 * left to strtod.
 */
#include "decimal.h"

#include <ctype.h>
#include <float.h>
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIGITS 19 /* of a decimal that surely fits 64 bits */
#define MAX_POWER 27  /* 5^27 < 2^63 */
#define COPY_BYTES 256

static const uint64_t power_of_5[MAX_POWER + 1] = {
    1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125,
    244140625, 1220703125, 6103515625, 30517578125, 152587890625, 762939453125,
    3814697265625, 19073486328125, 95367431640625, 476837158203125,
    2384185791015625, 11920928955078125, 59604644775390625, 298023223876953125,
    1490116119384765625, 7450580596923828125};

#if FLT_EVAL_METHOD == 0
static const double power_of_10[] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
    1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#endif

/* ---- rounding ------------------------------------------------------------ */

/* bits * 2^exponent, plus less than one unit when `more`; the top bit of bits
 * is set, the result a normal double. */
static double round_once(uint64_t bits, int exponent, bool more)
{
    const unsigned drop = 64 - 53;
    const uint64_t half = UINT64_C(1) << (drop - 1);
    const uint64_t rest = bits & (2 * half - 1);
    uint64_t mantissa = bits >> drop;
    const bool tie = rest == half && !more;
    mantissa += rest >= half && !(tie && mantissa % 2 == 0);
    /* A carry out of the mantissa goes into the exponent, as it should. */
    const uint64_t biased = (uint64_t)(exponent + (int)drop + 52 + 1023);
    const uint64_t word = (biased << 52) + (mantissa - (UINT64_C(1) << 52));
    double x;
    memcpy(&x, &word, sizeof x);
    return x;
}

/* w * 10^power, for 0 < w and |power| <= MAX_POWER. */
static double scale(uint64_t w, int power)
{
#if FLT_EVAL_METHOD == 0
    /* Both are exact doubles, so one operation rounds once. */
    if (w >> 53 == 0 && power <= 0 && power >= -22)
        return (double)w / power_of_10[-power];
    if (w >> 53 == 0 && power > 0 && power <= 22)
        return (double)w * power_of_10[power];
#endif
    const int up = __builtin_clzll(w);
    w <<= up;
    if (power >= 0) {
        const unsigned __int128 product =
            (unsigned __int128)w * power_of_5[power];
        uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
        int exponent = power - up + 64;
        if (high == 0) /* times one */
            return round_once(low, exponent - 64, false);
        const int shift = __builtin_clzll(high);
        if (shift > 0) {
            high = high << shift | low >> (64 - shift);
            low <<= shift;
        }
        return round_once(high, exponent - shift, low != 0);
    }
    const uint64_t five = power_of_5[-power];
    const int down = __builtin_clzll(five);
    const uint64_t divisor = five << down;
    const unsigned __int128 dividend = (unsigned __int128)w << 63;
    uint64_t quotient = (uint64_t)(dividend / divisor); /* of 63 or 64 bits */
    const bool more = (uint64_t)dividend - quotient * divisor != 0;
    int exponent = power - up - 63 + down;
    const int shift = __builtin_clzll(quotient);
    quotient <<= shift;
    return round_once(quotient, exponent - shift, more);
}

/* ---- reading ------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A decimal with what the fast path takes: true. */
static bool read_fast(const char *p, const char *end, double *out)
{
    const bool negative = p < end && *p == '-';
    uint64_t w = 0;
    ptrdiff_t power = 0;
    p += p < end && (*p == '-' || *p == '+');
    const char *const digits = p;
    unsigned digit;
    for (; p < end && (digit = (unsigned)*p - '0') < 10; p++)
        w = 10 * w + digit;
    ptrdiff_t n_digits = p - digits;
    if (p < end && *p == '.') {
        const char *const point = ++p;
        for (; p < end && (digit = (unsigned)*p - '0') < 10; p++)
            w = 10 * w + digit;
        power = point - p;
        n_digits -= power;
    }
    if (n_digits == 0 || n_digits > MAX_DIGITS)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const bool down = ++p < end && *p == '-';
        int e = 0;
        p += p < end && (*p == '-' || *p == '+');
        if (p == end || end - p > 4)
            return false;
        for (; p < end && (digit = (unsigned)*p - '0') < 10; p++)
            e = 10 * e + (int)digit;
        power += down ? -e : e;
    }
    if (p != end || power < -MAX_POWER || power > MAX_POWER)
        return false;
    const double x = w == 0 ? 0 : scale(w, (int)power);
    *out = negative ? -x : x;
    return true;
}

/* Whatever strtod knows: infinities, NaN, hexadecimal, many digits. */
static int read_slow(const char *p, size_t n, double *out)
{
    char copy[COPY_BYTES];
    char *text = n < sizeof copy ? copy : malloc(n + 1);
    int rc = -1;
    /* strtod would skip more blanks than we do. */
    if (text == NULL || n == 0 || isspace((unsigned char)*p))
        goto end;
    memcpy(text, p, n);
    text[n] = '\0';
    char *stop;
    const double x = strtod_l(text, &stop, newlocale(LC_ALL_MASK, "C",
                                                     (locale_t)0));
    if (stop != text + n)
        goto end;
    *out = x;
    rc = 0;
end:
    if (text != copy)
        free(text);
    return rc;
}

int decimal_parse(const char *text, size_t n, double *out)
{
    const char *end = text + n;
    while (text < end && is_blank(*text))
        text++;
    while (text < end && is_blank(end[-1]))
        end--;
    if (read_fast(text, end, out))
        return 0;
    return read_slow(text, (size_t)(end - text), out);
}
