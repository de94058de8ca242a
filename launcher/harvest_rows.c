/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows in: see harvest.h.
 *
 * Rows, standard output and standard error of a chunk come to count in one
 * step, and of each the lowest chunk stands first. So whoever takes rows from
 * the front finds the bytes of the same item at the front of the two others,
 * and can cut them off. What comes to count later, of lower chunks, goes in
 * front of what is left, but never between a row and its bytes.
 *
 * With --keep-order a row may have to wait for its turn, but whether its item
 * failed matters at once (--halt). So rows are counted when they come, and
 * taken, and checked, when it is their turn.
 */
#include "harvest_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- counted ------------------------------------------------------------- */

static int count_row(struct harvest *h, const struct row *row)
{
    struct harvest_counts *n = &h->counts;
    n->rows++;
    n->retried += row->attempts - 1;
    if (row_is_well(row)) {
        n->well++;
        return 0;
    }
    n->failed++;
    n->not_found += row->end == ROW_NOT_FOUND;
    n->not_run += row->end == ROW_NOT_RUN;
    const bool is_item = row->item >= h->grid->first
                         && row->item < h->grid->last;
    return failed_rows_add(&h->failed, row,
                           is_item ? grid_chunk_of(h->grid, row->item) : 0);
}

/* Counts the whole rows of *text and takes them out. */
static int count_rows(struct harvest *h, struct text *text, uint32_t chunk,
                      struct ff_error *err)
{
    struct row row;
    size_t at = 0;
    long n;
    while ((n = row_decode(text->at + at, text->n - at, &row)) > 0) {
        if (count_row(h, &row) != 0)
            return harvest_no_memory(err);
        at += (size_t)n;
    }
    if (n < 0)
        return harvest_damaged(chunk, "a row that is none", err);
    memmove(text->at, text->at + at, text->n - at);
    text->n -= at;
    return 0;
}

int harvest_count(struct harvest *h, struct ff_error *err)
{
    struct pieces *fresh = &h->ordered->fresh;
    struct text text = TEXT_EMPTY;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < fresh->n; i++) {
        const struct piece *p = &fresh->piece[i];
        const char *data = ordered_cut_bytes(h->ordered, p, err);
        if (data == NULL)
            rc = -1;
        else if (text_append(&text, data, p->held.n) != 0)
            rc = harvest_no_memory(err);
        else
            rc = count_rows(h, &text, p->lo, err);
    }
    if (rc == 0 && text.n > 0)
        rc = harvest_damaged(fresh->piece[fresh->n - 1].lo,
                             "a row is cut off", err);
    fresh->n = 0;
    text_release(&text);
    return rc;
}

/* ---- taken --------------------------------------------------------------- */

/* The row is the next of the chunk that is taken, or the first one of a chunk
 * of [lo, hi). */
static int check_item(struct harvest *h, const struct row *row, uint32_t lo,
                      uint32_t hi, struct ff_error *err)
{
    const struct grid *grid = h->grid;
    if (h->next < h->end)
        return row->item == h->next
               ? 0 : harvest_damaged(lo, "a row of another item", err);
    if (row->item < grid->first || row->item >= grid->last)
        return harvest_damaged(lo, "a row of no item", err);
    const uint32_t c = grid_chunk_of(grid, row->item);
    if (c < lo || c >= hi)
        return harvest_damaged(lo, "a row of an item of another chunk", err);
    if (cover_meets(&h->taken, (struct range){c, c + 1}))
        return harvest_damaged(c, "two rows of one item", err);
    grid_chunk(grid, c, &h->next, &h->end);
    if (h->kept.has_next && h->kept.next > h->next && h->kept.next < h->end) {
        h->next = h->kept.next; /* those before it came out in another run */
        h->kept.has_next = false;
    }
    return row->item == h->next
           ? 0 : harvest_damaged(c, "no row of an item", err);
}

/* Cuts off what the item of chunk c has printed to a stream. */
static int cut_printed(struct harvest *h, uint32_t c, uint32_t output,
                       uint64_t n, struct pieces *list, struct ff_error *err)
{
    const struct piece *first = ordered_first(h->ordered, output, UINT32_MAX);
    if (first != NULL && first->hi <= c)
        return harvest_damaged(first->lo, "more was printed than rows tell of",
                               err);
    int rc = ordered_cut(h->ordered, output, n, list, err);
    if (rc < 0)
        return -1;
    for (size_t i = 0; i < list->n; i++)
        if (c < list->piece[i].lo || c >= list->piece[i].hi)
            rc = 1;
    return rc == 0 ? 0 : harvest_damaged(c, "less was printed than its row "
                                         "tells of", err);
}

static struct yield *new_yield(struct yields *y)
{
    if (y->n == y->room) {
        const size_t room = y->room > 0 ? 2 * y->room : 64;
        struct yield *more = realloc(y->yield, room * sizeof *more);
        if (more == NULL)
            return NULL;
        y->yield = more;
        y->room = room;
    }
    y->yield[y->n] = (struct yield){.at = 0};
    return &y->yield[y->n++];
}

/* What it printed goes as well; it is run again. */
static int drop_row(struct harvest *h, const struct row *row, uint32_t c,
                    struct ff_error *err)
{
    struct pieces list = {NULL, 0, 0};
    const int rc = cut_printed(h, c, ROW_STDOUT, row->n_stdout, &list, err) == 0
                   ? cut_printed(h, c, ROW_STDERR, row->n_stderr, &list, err)
                   : -1;
    for (size_t i = 0; i < list.n; i++)
        ordered_cut_done(h->ordered, &list.piece[i], list.piece[i].held.n);
    free(list.piece);
    h->next = h->end;
    return rc;
}

static int take_row(struct harvest *h, const struct row *row, size_t at,
                    uint32_t lo, uint32_t hi, struct ff_error *err)
{
    if (check_item(h, row, lo, hi, err) != 0)
        return -1;
    const uint32_t c = grid_chunk_of(h->grid, row->item);
    if (harvest_drops(h, c))
        return drop_row(h, row, c, err);
    struct yield *y = new_yield(&h->yields);
    if (y == NULL)
        return harvest_no_memory(err);
    y->row = at;
    if (cut_printed(h, c, ROW_STDOUT, row->n_stdout,
                    &y->printed[PRINTER_STDOUT], err) != 0
        || cut_printed(h, c, ROW_STDERR, row->n_stderr,
                       &y->printed[PRINTER_STDERR], err) != 0)
        return -1;
    if (++h->next == h->end
        && cover_add(&h->taken, (struct range){c, c + 1}) != 0)
        return harvest_no_memory(err);
    return 0;
}

/* Moves the first piece of rows behind the text. */
static int take_piece(struct harvest *h, struct ff_error *err)
{
    struct ordered *o = h->ordered;
    const struct piece *first = ordered_first(o, ROW_OUTPUT, UINT32_MAX);
    const uint32_t n = first->held.n;
    h->pieces.n = 0;
    if (ordered_cut(o, ROW_OUTPUT, n, &h->pieces, err) != 0)
        return -1;
    const char *data = ordered_cut_bytes(o, &h->pieces.piece[0], err);
    if (data == NULL)
        return -1;
    const int rc = text_append(&h->yields.text, data, n);
    ordered_cut_done(o, &h->pieces.piece[0], n);
    return rc == 0 ? 0 : harvest_no_memory(err);
}

/* Takes whole rows of the text from *at on. */
static int take_rows(struct harvest *h, size_t *at, uint32_t lo, uint32_t hi,
                     struct ff_error *err)
{
    const struct text *text = &h->yields.text;
    struct row row;
    long n;
    while ((n = row_decode(text->at + *at, text->n - *at, &row)) > 0) {
        if (take_row(h, &row, *at, lo, hi, err) != 0)
            return -1;
        *at += (size_t)n;
    }
    return n == 0 ? 0 : harvest_damaged(lo, "a row that is none", err);
}

int harvest_take(struct harvest *h, uint32_t frontier, struct ff_error *err)
{
    const struct piece *first = ordered_first(h->ordered, ROW_OUTPUT,
                                              frontier);
    if (first == NULL)
        return 0;
    const uint32_t lo = first->lo;
    uint32_t hi = first->hi;
    if (h->yields.settled == h->yields.n) {
        text_clear(&h->yields.text);
        h->yields.n = h->yields.first = h->yields.settled = 0;
    }
    size_t at = h->yields.text.n;
    do {
        hi = first->hi > hi ? first->hi : hi;
        if (take_piece(h, err) != 0 || take_rows(h, &at, lo, hi, err) != 0)
            return -1;
        if (at == h->yields.text.n && h->next == h->end)
            return 1;
        first = ordered_first(h->ordered, ROW_OUTPUT, UINT32_MAX);
    } while (first != NULL && first->lo < hi);
    return harvest_damaged(lo, at < h->yields.text.n ? "a row is cut off"
                                                     : "no row of an item",
                           err);
}
