/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people type them: see number.h. */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int fail(int code)
{
    errno = code;
    return -1;
}

static int times_ten_plus(uint64_t *n, unsigned digit)
{
    return __builtin_mul_overflow(*n, 10u, n)
           || __builtin_add_overflow(*n, digit, n);
}

int number_u64(const char *text, uint64_t *out)
{
    uint64_t n = 0;
    const char *p = text;
    if (!isdigit((unsigned char)*p))
        return fail(EINVAL);
    for (; isdigit((unsigned char)*p); p++)
        if (times_ten_plus(&n, (unsigned)(*p - '0')))
            return fail(ERANGE);
    if (*p == 'e' || *p == 'E') {
        char *end;
        if (!isdigit((unsigned char)p[1]))
            return fail(EINVAL);
        long exponent = strtol(p + 1, &end, 10);
        for (; exponent > 0 && n != 0; exponent--)
            if (times_ten_plus(&n, 0))
                return fail(ERANGE);
        p = end;
    }
    if (*p != '\0')
        return fail(EINVAL);
    *out = n;
    return 0;
}

int number_i64(const char *text, int64_t *out)
{
    uint64_t n;
    const int minus = *text == '-';
    if (number_u64(text + (*text == '-' || *text == '+'), &n) != 0)
        return -1;
    if (n > (uint64_t)INT64_MAX + (unsigned)minus)
        return fail(ERANGE);
    *out = minus ? (int64_t)(0 - n) : (int64_t)n;
    return 0;
}

int number_f64(const char *text, double *out)
{
    char *end;
    if (*text == '\0' || isspace((unsigned char)*text))
        return fail(EINVAL);
    errno = 0;
    const double x = strtod(text, &end);
    if (*end != '\0')
        return fail(EINVAL);
    if (errno == ERANGE && isinf(x)) /* nobody wrote inf */
        return fail(ERANGE);
    *out = x;
    return 0;
}

int number_duration_ns(const char *text, uint64_t *out)
{
    static const struct { const char *unit; double seconds; } units[] = {
        {"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9},
        {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400},
    };
    char *end;
    if (!isdigit((unsigned char)*text) && *text != '.')
        return fail(EINVAL);
    const double x = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        const double ns = x * units[i].seconds * 1e9;
        if (x != 0 && !(ns >= 1 && ns < 9.2e18))
            return fail(ERANGE);
        *out = (uint64_t)ns;
        return 0;
    }
    return fail(EINVAL);
}
