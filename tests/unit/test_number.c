/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people type them: what is read, and what is refused and why. */
#include "number.h"
#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

/* In place of an errno: it is read. */
#define READ 0

static void check(const char *text, int wanted, int rc, int cause, int same)
{
    const int right = wanted == READ ? rc == 0 && same
                                     : rc == -1 && cause == wanted && same;
    CU_ASSERT_TRUE(right);
    if (!right)
        tap_note("'%s': rc %d, errno %d", text, rc, rc == 0 ? 0 : cause);
}

static void unsigned_numbers(void)
{
    static const struct { const char *text; int error; uint64_t n; } table[] = {
        {"0", READ, 0},
        {"007", READ, 7},
        {"1000", READ, 1000},
        {"1e9", READ, UINT64_C(1000000000)},
        {"25E3", READ, 25000},
        {"1e0", READ, 1},
        {"0e999999", READ, 0},
        {"18446744073709551615", READ, UINT64_MAX},
        {"1e19", READ, UINT64_C(10000000000000000000)},
        {"18446744073709551616", ERANGE, 0},
        {"1e20", ERANGE, 0},
        {"2e19", ERANGE, 0},
        {"99999999999999999999999999", ERANGE, 0},
        {"1e99999999999999999999", ERANGE, 0},
        {"", EINVAL, 0},
        {"-1", EINVAL, 0},
        {"+1", EINVAL, 0},
        {" 1", EINVAL, 0},
        {"1 ", EINVAL, 0},
        {"1.5", EINVAL, 0},
        {"1e", EINVAL, 0},
        {"1e-3", EINVAL, 0},
        {"1e+3", EINVAL, 0},
        {"e3", EINVAL, 0},
        {"1e3x", EINVAL, 0},
        {"0x10", EINVAL, 0},
        {"1,000", EINVAL, 0},
        {"ten", EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint64_t n = 4711;
        const int rc = number_u64(table[i].text, &n);
        check(table[i].text, table[i].error, rc, errno,
              n == (table[i].error == READ ? table[i].n : 4711));
    }
}

static void signed_numbers(void)
{
    static const struct { const char *text; int error; int64_t n; } table[] = {
        {"0", READ, 0},
        {"-0", READ, 0},
        {"+12", READ, 12},
        {"-12", READ, -12},
        {"-2e3", READ, -2000},
        {"9223372036854775807", READ, INT64_MAX},
        {"-9223372036854775808", READ, INT64_MIN},
        {"9223372036854775808", ERANGE, 0},
        {"-9223372036854775809", ERANGE, 0},
        {"1e19", ERANGE, 0},
        {"", EINVAL, 0},
        {"-", EINVAL, 0},
        {"--1", EINVAL, 0},
        {"+-1", EINVAL, 0},
        {"- 1", EINVAL, 0},
        {"1.0", EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t n = 4711;
        const int rc = number_i64(table[i].text, &n);
        check(table[i].text, table[i].error, rc, errno,
              n == (table[i].error == READ ? table[i].n : 4711));
    }
}

static void real_numbers(void)
{
    static const struct { const char *text; int error; double x; } table[] = {
        {"0", READ, 0},
        {"1.5", READ, 1.5},
        {"-2.5e-3", READ, -2.5e-3},
        {"0x1.8p+1", READ, 3},
        {".5", READ, 0.5},
        {"inf", READ, INFINITY},
        {"-infinity", READ, -INFINITY},
        {"1e999", ERANGE, 0},
        {"-1e999", ERANGE, 0},
        {"5e-324", READ, 0x1p-1074},
        {"1e-999", READ, 0},
        {"", EINVAL, 0},
        {" 1", EINVAL, 0},
        {"1 ", EINVAL, 0},
        {"1.5x", EINVAL, 0},
        {"1,5", EINVAL, 0},
        {"x", EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        double x = 4711;
        const int rc = number_f64(table[i].text, &x);
        check(table[i].text, table[i].error, rc, errno,
              x == (table[i].error == READ ? table[i].x : 4711));
    }
}

static void durations(void)
{
    static const struct { const char *text; int error; uint64_t ns; } table[]
        = {
        {"90", READ, UINT64_C(90000000000)},
        {"90s", READ, UINT64_C(90000000000)},
        {"1.5h", READ, UINT64_C(5400000000000)},
        {"10m", READ, UINT64_C(600000000000)},
        {"10min", READ, UINT64_C(600000000000)},
        {"250ms", READ, 250000000},
        {"3us", READ, 3000},
        {"1ns", READ, 1},
        {"2d", READ, UINT64_C(172800000000000)},
        {".5", READ, 500000000},
        {"1e2", READ, UINT64_C(100000000000)},
        {"0", READ, 0},
        {"0s", READ, 0},
        {"0.1ns", ERANGE, 0},
        {"1e30", ERANGE, 0},
        {"200000d", ERANGE, 0},
        {"", EINVAL, 0},
        {"-1", EINVAL, 0},
        {"h", EINVAL, 0},
        {"1 h", EINVAL, 0},
        {"1w", EINVAL, 0},
        {"1h30m", EINVAL, 0},
        {"inf", EINVAL, 0},
        {"nan", EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint64_t ns = 4711;
        const int rc = number_duration_ns(table[i].text, &ns);
        check(table[i].text, table[i].error, rc, errno,
              ns == (table[i].error == READ ? table[i].ns : 4711));
    }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"unsigned numbers", unsigned_numbers},
        {"signed numbers", signed_numbers},
        {"real numbers", real_numbers},
        {"durations", durations},
    };
    return TAP_RUN(tests);
}
