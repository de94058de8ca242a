/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands print and what became of them: see harvest.h.
 *
 * Rows, standard output and standard error of a chunk come to count in one
 * step, and of each the lowest chunk stands first. So whoever takes rows from
 * the front finds the bytes of the same item at the front of the two others,
 * and can cut them off. What comes to count later, of lower chunks, goes in
 * front of what is left, but never between a row and its bytes.
 *
 * All that is at the front of the rows is taken, up to the end of a chunk; its
 * items are printed one after the other. Only then more is taken: what waits
 * for a reader stays where it is kept best (hold.h).
 */
#include "harvest.h"
#include "failed_rows.h"
#include "label.h"
#include "printer.h"
#include "row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TURN_BYTES (4u << 20) /* printed at a time */

/* An item on its way out. */
struct yield {
    size_t tag, n_tag;                /* in `text` of the harvest */
    struct pieces printed[PRINTER_N_STREAMS];
    size_t at;                        /* of these pieces */
};

struct harvest {
    const struct job *job;
    const struct grid *grid;
    struct ordered *ordered;
    struct harvest_counts counts;
    struct failed_rows failed;
    struct cover taken;               /* chunks whose rows are taken */
    uint64_t next, end;               /* items of the chunk that is taken now */
    struct pieces pieces;             /* of rows */
    char *text;                       /* rows that are taken */
    size_t n_text, text_room;
    struct yield *yield;              /* their items, of which ... */
    size_t n_yields, yields_room;
    size_t printing;                  /* ... this one is printed */
    enum printer_stream stream;
    struct label label;
    struct printer printer;
    uint64_t printed_bytes;           /* in this turn */
    bool more;
};

struct harvest *harvest_open(const struct job *job, const struct grid *grid,
                             struct ordered *ordered, struct ff_error *err)
{
    struct harvest *h = calloc(1, sizeof *h);
    if (h == NULL) {
        ff_error_errno(err, FF_LOST, "cannot take in what commands print");
        return NULL;
    }
    h->job = job;
    h->grid = grid;
    h->ordered = ordered;
    if (printer_open(&h->printer, err) != 0) {
        harvest_free(h);
        return NULL;
    }
    return h;
}

static void yield_release(struct yield *y)
{
    for (int i = 0; i < PRINTER_N_STREAMS; i++)
        free(y->printed[i].piece);
}

void harvest_free(struct harvest *h)
{
    if (h == NULL)
        return;
    for (size_t i = 0; i < h->n_yields; i++)
        yield_release(&h->yield[i]);
    free(h->yield);
    free(h->pieces.piece);
    free(h->text);
    failed_rows_release(&h->failed);
    cover_release(&h->taken);
    printer_release(&h->printer);
    free(h);
}

static int no_memory(struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "out of memory in the launcher, for what "
                        "became of items");
}

/* ---- rows ---------------------------------------------------------------- */

static int damaged(uint32_t chunk, const char *what, struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "what workers say of chunk %" PRIu32
                        " cannot be: %s (memory of a worker was damaged)",
                        chunk, what);
}

/* The row is the next of the chunk that is taken, or the first one of a chunk
 * of [lo, hi). */
static int check_item(struct harvest *h, const struct row *row, uint32_t lo,
                      uint32_t hi, struct ff_error *err)
{
    const struct grid *grid = h->grid;
    if (h->next < h->end)
        return row->item == h->next ? 0 : damaged(lo, "a row of another item",
                                                  err);
    if (row->item < grid->first || row->item >= grid->last)
        return damaged(lo, "a row of no item", err);
    const uint32_t c = grid_chunk_of(grid, row->item);
    if (c < lo || c >= hi)
        return damaged(lo, "a row of an item of another chunk", err);
    if (cover_meets(&h->taken, (struct range){c, c + 1}))
        return damaged(c, "two rows of one item", err);
    grid_chunk(grid, c, &h->next, &h->end);
    return row->item == h->next ? 0 : damaged(c, "no row of an item", err);
}

/* Cuts off what the item of chunk c has printed to a stream. */
static int cut_printed(struct harvest *h, uint32_t c, uint32_t output,
                       uint64_t n, struct pieces *list, struct ff_error *err)
{
    const struct piece *first = ordered_first(h->ordered, output, UINT32_MAX);
    if (first != NULL && first->hi <= c)
        return damaged(first->lo, "more was printed than rows tell of", err);
    const int rc = ordered_cut(h->ordered, output, n, list, err);
    if (rc < 0)
        return -1;
    for (size_t i = 0; i < list->n; i++)
        if (c < list->piece[i].lo || c >= list->piece[i].hi)
            return damaged(c, "less was printed than its row tells of", err);
    return rc == 0 ? 0 : damaged(c, "less was printed than its row tells of",
                                 err);
}

static struct yield *new_yield(struct harvest *h)
{
    if (h->n_yields == h->yields_room) {
        const size_t room = h->yields_room > 0 ? 2 * h->yields_room : 64;
        struct yield *more = realloc(h->yield, room * sizeof *more);
        if (more == NULL)
            return NULL;
        h->yield = more;
        h->yields_room = room;
    }
    struct yield *y = &h->yield[h->n_yields++];
    *y = (struct yield){.at = 0};
    return y;
}

static int count(struct harvest *h, const struct row *row, uint32_t c)
{
    struct harvest_counts *n = &h->counts;
    n->rows++;
    n->retried += row->attempts - 1;
    if (row->end == ROW_CANCELLED) {
        n->cancelled++;
        return 0;
    }
    if (row_is_well(row)) {
        n->well++;
        return 0;
    }
    n->failed++;
    n->not_found += row->end == ROW_NOT_FOUND;
    n->not_run += row->end == ROW_NOT_RUN;
    return failed_rows_add(&h->failed, row, c);
}

/* Spans of the row point into h->text. */
static int take_row(struct harvest *h, const struct row *row, uint32_t lo,
                    uint32_t hi, struct ff_error *err)
{
    if (check_item(h, row, lo, hi, err) != 0)
        return -1;
    const uint32_t c = grid_chunk_of(h->grid, row->item);
    struct yield *y = new_yield(h);
    if (y == NULL || count(h, row, c) != 0)
        return no_memory(err);
    y->n_tag = row->tag.n;
    y->tag = (size_t)(row->tag.at - h->text);
    if (cut_printed(h, c, ROW_STDOUT, row->n_stdout,
                    &y->printed[PRINTER_STDOUT], err) != 0
        || cut_printed(h, c, ROW_STDERR, row->n_stderr,
                       &y->printed[PRINTER_STDERR], err) != 0)
        return -1;
    if (++h->next == h->end
        && cover_add(&h->taken, (struct range){c, c + 1}) != 0)
        return no_memory(err);
    return 0;
}

/* Moves the first piece of rows behind h->text. */
static int take_piece(struct harvest *h, struct ff_error *err)
{
    struct ordered *o = h->ordered;
    const struct piece *first = ordered_first(o, ROW_OUTPUT, UINT32_MAX);
    const size_t n = first->held.n;
    if (h->n_text + n > h->text_room) {
        const size_t room = 2 * (h->n_text + n);
        char *more = realloc(h->text, room);
        if (more == NULL)
            return no_memory(err);
        h->text = more;
        h->text_room = room;
    }
    h->pieces.n = 0;
    if (ordered_cut(o, ROW_OUTPUT, n, &h->pieces, err) != 0)
        return -1;
    struct piece *p = &h->pieces.piece[0];
    const char *data = ordered_cut_bytes(o, p, err);
    if (data == NULL)
        return -1;
    memcpy(h->text + h->n_text, data, n);
    h->n_text += n;
    ordered_cut_done(o, p, (uint32_t)n);
    return 0;
}

/* Takes whole rows of h->text from *at on. */
static int take_rows(struct harvest *h, size_t *at, uint32_t lo, uint32_t hi,
                     struct ff_error *err)
{
    struct row row;
    long n;
    while ((n = row_decode(h->text + *at, h->n_text - *at, &row)) > 0) {
        if (take_row(h, &row, lo, hi, err) != 0)
            return -1;
        *at += (size_t)n;
    }
    return n == 0 ? 0 : damaged(lo, "a row that is none", err);
}

/* Takes rows from the front, up to the end of a chunk: 1; 0: there is none. */
static int take(struct harvest *h, uint32_t frontier, struct ff_error *err)
{
    const struct piece *first = ordered_first(h->ordered, ROW_OUTPUT,
                                              frontier);
    size_t at = 0;
    if (first == NULL)
        return 0;
    const uint32_t lo = first->lo;
    uint32_t hi = first->hi;
    h->n_text = 0;
    do {
        hi = first->hi > hi ? first->hi : hi;
        if (take_piece(h, err) != 0 || take_rows(h, &at, lo, hi, err) != 0)
            return -1;
        if (at == h->n_text && h->next == h->end)
            return 1;
        first = ordered_first(h->ordered, ROW_OUTPUT, UINT32_MAX);
    } while (first != NULL && first->lo < hi);
    return damaged(lo, at < h->n_text ? "a row is cut off"
                                      : "no row of an item", err);
}

/* ---- printing ------------------------------------------------------------ */

/* Of one stream of an item: 1 when all of it was put; 0: later. */
static int print_stream(struct harvest *h, struct yield *y,
                        struct ff_error *err)
{
    struct pieces *list = &y->printed[h->stream];
    for (; y->at < list->n; y->at++) {
        struct piece *piece = &list->piece[y->at];
        while (piece->held.n > 0) {
            char *to;
            size_t room, taken;
            h->more = h->printed_bytes > TURN_BYTES;
            const int rc = h->more ? 0 : printer_room(&h->printer, h->stream,
                                                      &to, &room, err);
            if (rc <= 0)
                return rc;
            const char *data = ordered_cut_bytes(h->ordered, piece, err);
            if (data == NULL)
                return -1;
            room = label_copy(&h->label, to, room, data, piece->held.n,
                              &taken);
            printer_put(&h->printer, room);
            h->printed_bytes += room;
            ordered_cut_done(h->ordered, piece, (uint32_t)taken);
        }
    }
    return 1;
}

static void begin_stream(struct harvest *h, enum printer_stream stream)
{
    struct yield *y = &h->yield[h->printing];
    h->stream = stream;
    y->at = 0;
    label_begin(&h->label, h->text + y->tag, y->n_tag);
}

/* The items that are taken: 1 when all are printed; 0: later. */
static int print(struct harvest *h, struct ff_error *err)
{
    while (h->printing < h->n_yields) {
        const int rc = print_stream(h, &h->yield[h->printing], err);
        if (rc <= 0)
            return rc;
        if (h->stream == PRINTER_STDOUT) {
            begin_stream(h, PRINTER_STDERR);
            continue;
        }
        yield_release(&h->yield[h->printing]);
        h->yield[h->printing++] = (struct yield){.at = 0};
        if (h->printing < h->n_yields)
            begin_stream(h, PRINTER_STDOUT);
    }
    h->printing = h->n_yields = 0;
    return 1;
}

int harvest_write(struct harvest *h, uint32_t frontier, struct ff_error *err)
{
    const uint32_t before = h->job->keep_order ? frontier : UINT32_MAX;
    int rc;
    h->more = false;
    h->printed_bytes = 0;
    while ((rc = print(h, err)) > 0) {
        rc = take(h, before, err);
        if (rc <= 0)
            break;
        begin_stream(h, PRINTER_STDOUT);
    }
    if (rc < 0 || printer_flush(&h->printer, err) < 0)
        return -1;
    return 0;
}

bool harvest_is_blocked(const struct harvest *h)
{
    return h->printer.blocked;
}

int harvest_blocked_fd(const struct harvest *h)
{
    return h->printer.sink[h->printer.to].fd;
}

bool harvest_has_more(const struct harvest *h)
{
    return h->more;
}

bool harvest_has_some(const struct harvest *h, uint32_t frontier)
{
    return h->n_yields > 0 || h->printer.n > 0
           || ordered_first(h->ordered, ROW_OUTPUT,
                            h->job->keep_order ? frontier : UINT32_MAX)
                  != NULL;
}

const struct harvest_counts *harvest_counts(const struct harvest *h)
{
    return &h->counts;
}

/* ---- the end ------------------------------------------------------------- */

int harvest_finish(struct harvest *h, struct outcome *o, struct ff_error *err)
{
    o->is_command = true;
    o->items_done = h->counts.well;
    o->chunks_retried += h->counts.retried;
    if (failed_rows_tell(&h->failed, o) != 0)
        return no_memory(err);
    if (harvest_is_blocked(h) || h->more)
        return 0; /* nobody reads: it is not complete anyway */
    if (h->taken.n_chunks != o->chunks_done)
        return ff_error_set(err, FF_LOST, "%" PRIu64 " chunks count, but %"
                            PRIu64 " have told what became of their items "
                            "(memory of a worker was damaged)",
                            o->chunks_done, h->taken.n_chunks);
    for (uint32_t i = 0; i < ROW_N_OUTPUTS; i++)
        if (ordered_left(h->ordered, i) > 0)
            return ff_error_set(err, FF_LOST, "more was printed than rows tell "
                                "of (memory of a worker was damaged)");
    return 0;
}
