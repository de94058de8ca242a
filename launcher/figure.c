/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text for people: see figure.h. */
#include "figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *figure_count(char out[FIGURE_TEXT], uint64_t n)
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *p = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *p++ = ',';
        *p++ = digits[i];
    }
    *p = '\0';
    return out;
}

/* Of the last two numbers of digits before `digits`, and that, the first that
 * reads back. */
static const char *shortest(char out[FIGURE_TEXT], double x, int digits,
                            bool is_float)
{
    if (isnan(x)) {
        strcpy(out, "nan"); /* printf may give it a sign */
        return out;
    }
    for (int n = digits - 2; n <= digits; n++) {
        snprintf(out, FIGURE_TEXT, "%.*g", n, x);
        if ((is_float ? (double)strtof(out, NULL) : strtod(out, NULL)) == x)
            break;
    }
    return out;
}

const char *figure_double(char out[FIGURE_TEXT], double x)
{
    return shortest(out, x, 17, false);
}

const char *figure_float(char out[FIGURE_TEXT], double x)
{
    return shortest(out, x, 9, true);
}

const char *figure_si(char out[FIGURE_TEXT], double x)
{
    static const char prefix[] = {0, 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'};
    size_t i = 0;
    if (x < 9.95) {
        snprintf(out, FIGURE_TEXT, "%.2g", x);
        return out;
    }
    while (x >= 999.5 && i + 1 < sizeof prefix) {
        x /= 1000;
        i++;
    }
    const int decimals = i == 0 || x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2;
    snprintf(out, FIGURE_TEXT, i > 0 ? "%.*f %c" : "%.*f", decimals, x,
             prefix[i]);
    return out;
}

const char *figure_time(char out[FIGURE_TEXT], uint64_t ns)
{
    const double s = (double)ns * 1e-9;
    const uint64_t whole = (uint64_t)(s + 0.5);
    if (ns < 1000000)
        snprintf(out, FIGURE_TEXT, "%.0f us", s * 1e6);
    else if (ns < 1000000000)
        snprintf(out, FIGURE_TEXT, "%.1f ms", s * 1e3);
    else if (s < 59.9995)
        snprintf(out, FIGURE_TEXT, "%.3f s", s);
    else if (whole < 3600)
        snprintf(out, FIGURE_TEXT, "%" PRIu64 " min %02" PRIu64 " s",
                 whole / 60, whole % 60);
    else if (whole < 86400)
        snprintf(out, FIGURE_TEXT, "%" PRIu64 " h %02" PRIu64 " min",
                 whole / 3600, whole / 60 % 60);
    else
        snprintf(out, FIGURE_TEXT, "%" PRIu64 " d %02" PRIu64 " h",
                 whole / 86400, whole / 3600 % 24);
    return out;
}
