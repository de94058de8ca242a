/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of numbers: see range.h. */
#include "range.h"
#include "number.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NUMBER 64 /* bytes of one */

struct reading {
    const char *text, *at;
    struct ff_error *err;
};

static int wrong(const struct reading *r, const char *why)
{
    return ff_error_set(r->err, FF_USAGE, "--range: '%s' %s", r->text, why);
}

/* One number, up to what cannot be part of it. */
static int read_number(struct reading *r, int64_t *n)
{
    char copy[MAX_NUMBER];
    const size_t sign = *r->at == '-';
    const size_t length = sign + strcspn(r->at + sign, ",:-%");
    if (length >= sizeof copy)
        return wrong(r, "has a number that is too long");
    memcpy(copy, r->at, length);
    copy[length] = '\0';
    r->at += length;
    if (number_i64(copy, n) == 0)
        return 0;
    return wrong(r, errno == ERANGE
                        ? "has a number that does not fit into 64 bits"
                        : "is no range: write FIRST:END (without END), "
                          "FIRST-LAST, FIRST-LAST:STEP, or a list of these "
                          "and of numbers with commas between them");
}

/* So many from first on, before end. */
static uint64_t count(int64_t first, int64_t end, int64_t step)
{
    const uint64_t way = (uint64_t)end - (uint64_t)first;
    return way / (uint64_t)step + (way % (uint64_t)step != 0);
}

static int read_part(struct reading *r, struct work_numbers *part)
{
    int64_t last;
    *part = (struct work_numbers){0, 1, 1};
    if (read_number(r, &part->first) != 0)
        return -1;
    const char sign = *r->at;
    if (sign != '-' && sign != ':')
        return 0;
    r->at++;
    if (read_number(r, &last) != 0)
        return -1;
    if (*r->at == ':') {
        r->at++;
        if (read_number(r, &part->step) != 0)
            return -1;
        if (part->step < 1)
            return wrong(r, "has a step that is less than 1");
    }
    if (sign == '-' && last == INT64_MAX)
        return wrong(r, "has a number that is not less than 2^63 - 1");
    const int64_t end = last + (sign == '-');
    if (end < part->first || (sign == '-' && end == part->first))
        return wrong(r, "ends before it begins");
    /* (Then no number of it is out of reach of first + step * i.) */
    if ((uint64_t)end - (uint64_t)part->first > INT64_MAX)
        return wrong(r, "has numbers that are 2^63 and more apart");
    part->n = count(part->first, end, part->step);
    return 0;
}

static int check_end(const struct reading *r)
{
    if (*r->at == '\0')
        return 0;
    if (*r->at == '%')
        return wrong(r, "has a limit of those that run at once, as Slurm's "
                     "arrays have: that is -n N here");
    return wrong(r, "has parts that are not separated by commas");
}

int range_parse(const char *text, struct work_numbers **part, uint32_t *n_parts,
                struct ff_error *err)
{
    struct reading r = {text, text, err};
    size_t n_max = 1;
    for (const char *p = text; *p != '\0'; p++)
        n_max += *p == ',';
    if (n_max > UINT32_MAX)
        return wrong(&r, "is too long");
    struct work_numbers *list = malloc(n_max * sizeof *list);
    uint32_t n = 0;
    bool more = true;
    if (list == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read --range");
    while (more) {
        if (read_part(&r, &list[n]) != 0)
            goto fail;
        n += list[n].n > 0;
        more = *r.at == ',';
        r.at += more;
    }
    if (check_end(&r) != 0)
        goto fail;
    *part = list;
    *n_parts = n;
    return 0;
fail:
    free(list);
    return -1;
}
