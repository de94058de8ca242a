/* SPDX-License-Identifier: Apache-2.0 */
/* Records of CSV files: see csv_records.h. */
#include "csv_records.h"

#include <inttypes.h>
#include <string.h>

static int wrong(const struct csv_records *r, uint64_t line, const char *why,
                 struct ff_error *err)
{
    return ff_error_set(err, FF_USAGE, "%s:%" PRIu64 ": %s", r->name, line + 1,
                        why);
}

static void put(struct csv_records *r, const char *begin, const char *end)
{
    if (end > begin)
        r->put(r->to, begin, (size_t)(end - begin));
    r->n += (uint64_t)(end - begin);
}

static void end_record(struct csv_records *r)
{
    if (r->n > 0)
        r->end(r->to);
    r->n = 0;
    r->state = CSV_BEGIN;
}

/* The state behind a byte that is no line end, or of one between quotes. */
static int step(struct csv_records *r, char c, struct ff_error *err)
{
    const bool quote = c == '"';
    if (r->state == CSV_QUOTED) {
        r->line += c == '\n';
        r->state = quote ? CSV_AFTER : CSV_QUOTED;
    } else if (r->state == CSV_AFTER && quote) {
        r->state = CSV_QUOTED;
    } else if (c == r->comma) {
        r->state = CSV_BEGIN;
    } else if (r->state == CSV_AFTER) {
        return wrong(r, r->line, "there is text behind the quote that ends a "
                     "column (a quote within quotes is written twice)", err);
    } else if (r->state == CSV_BEGIN && quote) {
        r->state = CSV_QUOTED;
        r->quote = r->line;
    } else
        r->state = CSV_PLAIN;
    return 0;
}

/* A line end, with or without the CR before it. */
static void end_line(struct csv_records *r)
{
    r->cr = false;
    r->line++;
    end_record(r);
}

/* It was no part of a line end. */
static int release_cr(struct csv_records *r, struct ff_error *err)
{
    static const char cr[] = "\r";
    if (!r->cr)
        return 0;
    r->cr = false;
    put(r, cr, cr + 1);
    return step(r, '\r', err);
}

/* Behind what is like any other byte in a plain column. */
static const char *skip_plain(const struct csv_records *r, const char *p,
                              const char *end)
{
    while (p < end && *p != r->comma && *p != '\n' && *p != '\r')
        p++;
    return p;
}

int csv_records_feed(struct csv_records *r, const char *bytes, size_t n,
                     struct ff_error *err)
{
    const char *run = bytes, *p = bytes, *end = bytes + n;
    if (memchr(bytes, '\0', n) != NULL)
        return ff_error_set(err, FF_USAGE, "'%s' has a zero byte, so it is no "
                            "CSV file", r->name);
    while (p < end) {
        const bool outside = r->state != CSV_QUOTED;
        if (outside && *p == '\n') {
            put(r, run, p);
            end_line(r);
            run = ++p;
            continue;
        }
        if (release_cr(r, err) != 0)
            return -1;
        if (outside && *p == '\r') {
            put(r, run, p);
            r->cr = true;
            run = ++p;
        } else if (r->state == CSV_PLAIN && *p != r->comma) {
            p = skip_plain(r, p, end);
        } else if (step(r, *p++, err) != 0)
            return -1;
    }
    put(r, run, end);
    return 0;
}

int csv_records_finish(struct csv_records *r, struct ff_error *err)
{
    if (r->state == CSV_QUOTED)
        return wrong(r, r->quote, "this quote is not closed", err);
    if (release_cr(r, err) != 0)
        return -1;
    end_record(r);
    return 0;
}
