/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: see option_value.h. */
#include "option_value.h"
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const char bad_range[] =
    "is not a range: write 0:1000 (without 1000) or 0-999 (with 999)";

static const char separators[] =
    "has separators: write numbers without, like 1000 or 1e3";

/* Is there a number like 1,000,000 in the text? Not in a list like 1,2,3. */
static bool has_separators(const char *text)
{
    bool has = false;
    for (const char *p = text; *p != '\0';) {
        const size_t n = strspn(p, "0123456789");
        const bool group = p != text && p[-1] == ',';
        if (group && n != 3)
            return false;
        has = has || group;
        p += n;
        if (*p == ',' && (n == 0 || n > 3))
            return false;
        p += *p != '\0';
    }
    return has;
}

const char *option_positive(uint64_t *out, const char *text, uint64_t most)
{
    uint64_t n;
    if (number_u64(text, &n) != 0)
        return errno == ERANGE ? "is too large"
               : has_separators(text) ? separators
               : "is not a whole number like 8 or 1e6";
    if (n == 0)
        return "is not 1 or more";
    if (n > most)
        return "is too large";
    *out = n;
    return NULL;
}

const char *option_positive_u32(uint32_t *out, const char *text)
{
    uint64_t n;
    const char *wrong = option_positive(&n, text, UINT32_MAX);
    if (wrong == NULL)
        *out = (uint32_t)n;
    return wrong;
}

const char *option_duration(uint64_t *out, const char *text)
{
    if (number_duration_ns(text, out) == 0)
        return NULL;
    return errno == ERANGE ? "is out of range"
                           : "is not a duration like 90, 250ms, 10m or 1.5h";
}

const char *option_text(const char **out, const char *text)
{
    if (*text == '\0')
        return "is empty";
    *out = text;
    return NULL;
}

bool option_is_on(const char *text)
{
    return strcmp(text, "0") != 0;
}

const char *option_whole(uint64_t *out, const char *text)
{
    if (number_u64(text, out) == 0)
        return NULL;
    return errno == ERANGE ? "is not less than 2^64"
           : has_separators(text) ? separators
           : "is not a whole number from 0 on";
}

/* One end of a range: the n bytes at text. */
static int range_number(const char *text, size_t n, uint64_t *out)
{
    char copy[64];
    if (n >= sizeof copy) {
        errno = EINVAL;
        return -1;
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return number_u64(copy, out);
}

const char *option_range(uint64_t *from, uint64_t *to, const char *text)
{
    uint64_t first, last;
    const char *sign = text + strcspn(text, ":-");
    if (*text == '-')
        return "has a negative number: items are numbered from 0 on";
    if (has_separators(text))
        return separators;
    if (strchr(text, ',') != NULL
        || (*sign != '\0' && strchr(sign + 1, ':') != NULL))
        return "is a list or has a step: a run has a contiguous range, as "
               "0:1000; pick items inside the kernel";
    if (*sign == '\0')
        return bad_range;
    if (range_number(text, (size_t)(sign - text), &first) != 0
        || range_number(sign + 1, strlen(sign + 1), &last) != 0)
        return errno == ERANGE ? "has a number that is not less than 2^64"
                               : bad_range;
    if (*sign == '-' && ++last == 0)
        return "has a number that is not less than 2^64 - 1";
    if (first > last || (*sign == '-' && first == last))
        return "ends before it begins";
    *from = first;
    *to = last;
    return NULL;
}

/* What a unit is worth; 0: it is none. */
static double unit_of(const char *text)
{
    static const char letters[] = "kmgt";
    double unit = 1;
    if (*text == '\0')
        return 1;
    const char *at = strchr(letters, tolower((unsigned char)*text));
    if (text[1] != '\0' || at == NULL)
        return 0;
    for (long i = 0; i <= at - letters; i++)
        unit *= *text == *at ? 1000 : 1024;
    return unit;
}

const char *option_size(uint64_t *out, const char *text)
{
    const size_t n = strspn(text, "0123456789.");
    const double unit = unit_of(text + n);
    char number[64];
    double value;
    if (n == 0 || n >= sizeof number || unit == 0)
        return "is not a size like 4096, 64K or 1.5G";
    memcpy(number, text, n);
    number[n] = '\0';
    if (number_f64(number, &value) != 0)
        return "is not a size like 4096, 64K or 1.5G";
    value *= unit;
    if (!(value >= 1 && value < 9e18))
        return "is not a size from 1 byte on";
    *out = (uint64_t)value;
    return NULL;
}
