/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of sources: see work_source.h. */
#include "work_source.h"
#include "csv_records.h"
#include "fdio.h"
#include "range.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES ((size_t)1 << 18)
#define MARK "\xef\xbb\xbf" /* of UTF-8, at the start of a file */

static int no_memory(struct ff_error *err)
{
    return ff_error_errno(err, FF_LOST, "cannot get memory for the items");
}

int work_source_values(const struct work_reading *r,
                       const struct task_source *from, struct work_source *s,
                       struct ff_error *err)
{
    size_t i = 0;
    s->kind = WORK_LINES;
    if (r->header != NULL && from->n > 0
        && text_append_string(r->header, from->value[i++]) != 0)
        return no_memory(err);
    work_writer_open_lines(r->writer, 0);
    for (; i < from->n; i++)
        work_writer_put_text(r->writer, from->value[i]);
    work_writer_close_lines(r->writer, s);
    return 0;
}

int work_source_ranges(const struct work_reading *r,
                       const struct task_source *from, struct work_source *s,
                       struct ff_error *err)
{
    struct work_numbers *part;
    bool too_many = false;
    if (range_parse(from->value[0], &part, &s->n_parts, err) != 0)
        return -1;
    for (uint32_t i = 0; i < s->n_parts; i++)
        too_many |= __builtin_add_overflow(s->n, part[i].n, &s->n);
    s->kind = WORK_NUMBERS;
    s->text_bytes = s->n_parts * sizeof *part;
    work_writer_align(r->writer);
    s->text = work_writer_put(r->writer, part, s->text_bytes);
    free(part);
    return !too_many ? 0
           : ff_error_set(err, FF_USAGE, "--range: '%s' has more than 2^64 "
                          "numbers", from->value[0]);
}

/* ---- files --------------------------------------------------------------- */

/* Lines, or records, on their way: the first may be the header. */
struct copying {
    const struct work_reading *r;
    struct csv_records records;
    int ends_with;
    bool in_header, no_memory;
};

static void put(void *to, const char *bytes, size_t n)
{
    struct copying *c = to;
    if (!c->in_header)
        work_writer_put(c->r->writer, bytes, n);
    else if (text_append(c->r->header, bytes, n) != 0)
        c->no_memory = true;
}

static void end_record(void *to)
{
    struct copying *c = to;
    if (c->in_header)
        c->in_header = false;
    else
        work_writer_put(c->r->writer, "", 1);
}

static void put_lines(struct copying *c, const char *bytes, size_t n)
{
    if (c->in_header) {
        const char *end = memchr(bytes, c->ends_with, n);
        const size_t k = end != NULL ? (size_t)(end - bytes) : n;
        put(c, bytes, k);
        c->in_header = end == NULL;
        bytes += k + (end != NULL);
        n -= k + (end != NULL);
    }
    work_writer_put(c->r->writer, bytes, n);
}

static int put_piece(struct copying *c, const char *bytes, size_t n,
                     uint64_t at, struct ff_error *err)
{
    const size_t mark = strlen(MARK);
    if (at == 0 && n >= mark && memcmp(bytes, MARK, mark) == 0
        && (c->r->csv || c->in_header)) {
        bytes += mark;
        n -= mark;
    }
    if (c->r->csv)
        return csv_records_feed(&c->records, bytes, n, err);
    put_lines(c, bytes, n);
    return 0;
}

static int copy(struct copying *c, const struct input *input,
                struct ff_error *err)
{
    char *piece = malloc(PIECE_BYTES);
    int rc = piece != NULL ? 0 : no_memory(err);
    for (uint64_t at = 0; rc == 0 && at < input->bytes;) {
        const uint64_t left = input->bytes - at;
        const size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
        if (fd_read_at(input->fd, piece, n, at) != 0)
            rc = input_changed(input, err) ? -1
                 : ff_error_errno(err, FF_USAGE, "cannot read '%s'",
                                  input->name);
        else
            rc = put_piece(c, piece, n, at, err);
        at += n;
    }
    free(piece);
    if (rc == 0 && c->r->csv)
        rc = csv_records_finish(&c->records, err);
    return rc != 0 || input_changed(input, err) ? -1 : 0;
}

int work_source_file(const struct work_reading *r, const struct input *input,
                     struct work_source *s, struct ff_error *err)
{
    struct copying c = {.r = r, .ends_with = input->ends_with,
                        .in_header = r->header != NULL};
    c.records = (struct csv_records){
        .name = input->name, .comma = r->comma, .put = put, .end = end_record,
        .to = &c};
    s->kind = WORK_LINES;
    work_writer_open_lines(r->writer, r->csv ? 0 : input->ends_with);
    const int rc = copy(&c, input, err);
    work_writer_close_lines(r->writer, s);
    return rc == 0 && c.no_memory ? no_memory(err) : rc;
}
