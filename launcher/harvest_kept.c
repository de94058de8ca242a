/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of a run that is kept: items that came out as rows of the store, and
 * what a resume must know of all of them, so that it need not read those rows:
 *
 *   meta 'items'       counts, as text
 *   files              how long the joblog and the table of --results are
 *   pieces, below 0    items that were taken and are not settled, whole; the
 *                      first of a chunk may have been settled: its next one is in
 *                      'items'
 *
 * All of it is of one moment. What does not fit is found at the end
 * (harvest_finish), as ever.
 */
#include "harvest.h"
#include "harvest_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNTS "rows=%" PRIu64 " well=%" PRIu64 " failed=%" PRIu64 \
    " not_found=%" PRIu64 " not_run=%" PRIu64 " retried=%" PRIu64

void harvest_keep(struct harvest *h, struct store_batch *batch)
{
    h->kept.batch = batch;
}

const struct cover *harvest_again(const struct harvest *h)
{
    return &h->kept.again;
}

/* ---- an item ------------------------------------------------------------- */

static struct store_value store_span(struct span s)
{
    return (struct store_value){.type = STORE_TEXT, .bytes = s.at, .n = s.n};
}

/* The first bytes of a stream. */
static int capture(struct harvest *h, const struct pieces *list,
                   struct text *text, struct ff_error *err)
{
    uint64_t room = h->job->keep_bytes;
    text_clear(text);
    for (size_t i = 0; i < list->n && room > 0; i++) {
        const struct piece *p = &list->piece[i];
        const size_t n = p->held.n < room ? p->held.n : (size_t)room;
        const char *data = ordered_cut_bytes(h->ordered, p, err);
        if (data == NULL)
            return -1;
        if (text_append(text, data, n) != 0)
            return harvest_no_memory(err);
        room -= n;
    }
    return 0;
}

/* The columns, a tab between them, in place of the row's zero bytes. */
static struct store_value inputs_of(const struct row *row, struct text *text)
{
    text_clear(text);
    if (row->inputs.n == 0 || text_append_span(text, row->inputs) != 0)
        return store_text("");
    text->n--; /* behind the last one */
    for (size_t i = 0; i < text->n; i++)
        if (text->at[i] == '\0')
            text->at[i] = '\t';
    return store_span((struct span){text->at, text->n});
}

static void set_times(struct store_value *v, const struct row *row)
{
    v[ITEM_STARTED] = store_real((double)row->start_ns / 1e9);
    v[ITEM_WALL] = store_real((double)row->wall_ns / 1e9);
    v[ITEM_USER] = store_real((double)row->user_ns / 1e9);
    v[ITEM_SYSTEM] = store_real((double)row->system_ns / 1e9);
    v[ITEM_MAX_RSS_KB] = store_int((int64_t)row->max_rss_kb);
}

static void put_row(struct harvest *h, const struct row *row,
                    struct text *inputs)
{
    const struct text *bytes = h->kept.bytes;
    struct store_value v[ITEM_N];
    char why[256];
    row_why(row, why);
    v[ITEM_NUMBER] = store_int((int64_t)row->item);
    v[ITEM_CHUNK] = store_int(grid_chunk_of(h->grid, row->item));
    v[ITEM_END] = store_text(row_end_name(row->end));
    v[ITEM_EXIT] = row->exit >= 0 ? store_int(row->exit) : store_null();
    v[ITEM_SIGNAL] = store_int(row->signal);
    v[ITEM_ATTEMPTS] = store_int(row->attempts);
    set_times(v, row);
    v[ITEM_RANK] = store_int(row->rank);
    v[ITEM_NODE] = store_int(row->node);
    v[ITEM_COMMAND] = store_span(row->command);
    v[ITEM_INPUTS] = inputs_of(row, inputs);
    v[ITEM_REASON] = row_is_well(row) ? store_null() : store_text(why);
    v[ITEM_STDOUT_BYTES] = store_int((int64_t)row->n_stdout);
    v[ITEM_STDERR_BYTES] = store_int((int64_t)row->n_stderr);
    v[ITEM_STDOUT] = store_blob(bytes[PRINTER_STDOUT].at,
                                bytes[PRINTER_STDOUT].n);
    v[ITEM_STDERR] = store_blob(bytes[PRINTER_STDERR].at,
                                bytes[PRINTER_STDERR].n);
    store_batch_put(h->kept.batch, STORE_ITEMS, v);
}

int harvest_keep_item(struct harvest *h, const struct yield *y,
                      struct ff_error *err)
{
    const struct text *text = &h->yields.text;
    struct text inputs = TEXT_EMPTY;
    struct row row;
    for (int i = 0; i < PRINTER_N_STREAMS; i++)
        if (capture(h, &y->printed[i], &h->kept.bytes[i], err) != 0)
            return -1;
    row_decode(text->at + y->row, text->n - y->row, &row);
    put_row(h, &row, &inputs);
    text_release(&inputs);
    return 0;
}

/* ---- what is on its way -------------------------------------------------- */

static void put_piece(struct store_batch *batch, int64_t number,
                      uint32_t output, uint32_t lo, uint32_t hi,
                      const void *bytes, size_t n)
{
    const struct store_value v[PIECE_N] = {
        store_int(number), store_int(output), store_int(lo), store_int(hi),
        store_blob(bytes, n)};
    store_batch_put(batch, STORE_PIECES, v);
}

static int64_t n_pieces_left(const struct yields *ys)
{
    int64_t n = 0;
    for (size_t i = ys->settled; i < ys->n; i++)
        n += 1 + (int64_t)(ys->yield[i].printed[0].n
                           + ys->yield[i].printed[1].n);
    return n;
}

/* Row and bytes of an item, from `number` on. */
static int save_yield(struct harvest *h, const struct yield *y,
                      int64_t *number, struct store_batch *batch,
                      struct ff_error *err)
{
    const struct text *text = &h->yields.text;
    struct row row;
    const long n = row_decode(text->at + y->row, text->n - y->row, &row);
    const uint32_t c = grid_chunk_of(h->grid, row.item);
    put_piece(batch, (*number)++, ROW_OUTPUT, c, c + 1, text->at + y->row,
              (size_t)n);
    for (int k = 0; k < PRINTER_N_STREAMS; k++)
        for (size_t i = 0; i < y->printed[k].n; i++) {
            const struct piece *p = &y->printed[k].piece[i];
            const char *data = ordered_cut_bytes(h->ordered, p, err);
            if (data == NULL)
                return -1;
            put_piece(batch, (*number)++, p->output, p->lo, p->hi, data,
                      p->held.n);
        }
    return 0;
}

uint64_t harvest_unsettled(const struct harvest *h)
{
    uint64_t n = 0;
    for (size_t i = h->yields.settled; i < h->yields.n; i++)
        for (int k = 0; k < PRINTER_N_STREAMS; k++) {
            const struct pieces *printed = &h->yields.yield[i].printed[k];
            for (size_t p = 0; p < printed->n; p++)
                n += printed->piece[p].held.n;
        }
    return n;
}

static int save_yields(struct harvest *h, struct store_batch *batch,
                       struct ff_error *err)
{
    const struct yields *ys = &h->yields;
    for (int64_t i = -h->kept.n_pieces; i < 0; i++) {
        const struct store_value key = store_int(i);
        store_batch_remove(batch, STORE_PIECES, &key);
    }
    h->kept.n_pieces = n_pieces_left(ys);
    int64_t number = -h->kept.n_pieces;
    for (size_t i = ys->settled; i < ys->n; i++)
        if (save_yield(h, &ys->yield[i], &number, batch, err) != 0)
            return -1;
    return 0;
}

/* ---- counts and files ---------------------------------------------------- */

/* The first item of its chunk that is not settled, when others of it are. */
static bool next_item(const struct harvest *h, uint64_t *item)
{
    const struct yields *ys = &h->yields;
    uint64_t begin, end;
    struct row row;
    if (ys->settled == ys->n) {
        *item = h->kept.next; /* of the last run: it has not come out yet */
        return h->kept.has_next;
    }
    const size_t at = ys->yield[ys->settled].row;
    row_decode(ys->text.at + at, ys->text.n - at, &row);
    grid_chunk(h->grid, grid_chunk_of(h->grid, row.item), &begin, &end);
    *item = row.item;
    return row.item > begin;
}

static void save_counts(const struct harvest *h, struct store_batch *batch)
{
    const struct harvest_counts *n = &h->counts;
    char text[400];
    uint64_t item;
    int at = snprintf(text, sizeof text, COUNTS, n->rows, n->well, n->failed,
                      n->not_found, n->not_run, n->retried);
    if (next_item(h, &item))
        at += snprintf(text + at, sizeof text - (size_t)at, " next=%" PRIu64,
                       item);
    const struct store_value v[META_N] = {
        store_text("items"), store_blob(text, (size_t)at)};
    store_batch_put(batch, STORE_META, v);
}

static void save_file(const char *name, const char *path, int fd,
                      uint64_t bytes, uint64_t *known,
                      struct store_batch *batch)
{
    if (bytes == *known)
        return;
    *known = bytes;
    const struct store_value v[FILE_N] = {
        store_text(name), store_text(path), store_int((int64_t)bytes),
        store_int(0)};
    store_batch_put(batch, STORE_FILES, v);
    store_batch_sync(batch, fd);
}

static void save_files(struct harvest *h, struct store_batch *batch)
{
    const struct sink *table = &h->printer.sink[PRINTER_STDOUT];
    struct stat st;
    if (h->log.fd >= 0 && fstat(h->log.fd, &st) == 0 && S_ISREG(st.st_mode))
        save_file("joblog", h->log.path, h->log.fd, (uint64_t)st.st_size,
                  &h->kept.log_bytes, batch);
    if (h->is_csv && table->path != NULL && table->fd >= 0
        && fstat(table->fd, &st) == 0 && S_ISREG(st.st_mode))
        save_file("results", table->path, table->fd, h->csv_settled,
                  &h->kept.csv_bytes, batch);
}

void harvest_save_files(struct harvest *h)
{
    if (h->kept.batch != NULL)
        save_files(h, h->kept.batch);
}

int harvest_save(struct harvest *h, struct store_batch *batch,
                 struct ff_error *err)
{
    if (harvest_count(h, err) != 0 || save_yields(h, batch, err) != 0)
        return -1;
    save_counts(h, batch);
    save_files(h, batch);
    return 0;
}

/* ---- back ---------------------------------------------------------------- */

struct kept_path {
    const char *path;
    uint64_t bytes;
    bool found;
};

static int on_file(void *context, const struct store_value *v,
                   struct ff_error *err)
{
    struct kept_path *f = context;
    (void)err;
    f->found = v[FILE_PATH].n == strlen(f->path)
               && memcmp(v[FILE_PATH].bytes, f->path, v[FILE_PATH].n) == 0
               && v[FILE_BYTES].i >= 0;
    f->bytes = (uint64_t)v[FILE_BYTES].i;
    return 0;
}

int harvest_kept_file(struct store *kept, const char *name, const char *path,
                      uint64_t *bytes, struct ff_error *err)
{
    struct kept_path f = {path, 0, false};
    const struct store_value arg = store_text(name);
    if (kept == NULL)
        return 0;
    if (store_each(kept, STORE_FILES, "name = ?1", &arg, 1, on_file, &f, err)
        != 0)
        return -1;
    *bytes = f.bytes;
    return f.found;
}

static int damaged(struct store *kept, const char *what, struct ff_error *err)
{
    return ff_error_set(err, FF_DAMAGED, "'%s': %s", store_path(kept), what);
}

static int restore_counts(struct harvest *h, struct store *kept,
                          struct ff_error *err)
{
    struct harvest_counts *n = &h->counts;
    char *text;
    size_t bytes;
    const int rc = store_meta(kept, "items", &text, &bytes, err);
    if (rc <= 0)
        return rc; /* nothing came out */
    const int read = sscanf(text, "rows=%" SCNu64 " well=%" SCNu64 " failed=%"
                            SCNu64 " not_found=%" SCNu64 " not_run=%" SCNu64
                            " retried=%" SCNu64 " next=%" SCNu64, &n->rows,
                            &n->well, &n->failed, &n->not_found, &n->not_run,
                            &n->retried, &h->kept.next);
    free(text);
    h->kept.has_next = read == 7;
    return read >= 6 ? 0 : damaged(kept, "its counts of items cannot be read",
                                   err);
}

static int add_again(struct harvest *h, uint32_t c, bool waits,
                     struct ff_error *err)
{
    const struct range r = {c, c + 1};
    return cover_add(&h->kept.again, r) == 0
                   && (!waits || cover_add(&h->kept.dropped, r) == 0)
               ? 0 : harvest_no_memory(err);
}

struct failed_context {
    struct harvest *h;
    struct store *kept;
};

static uint64_t count_of(const struct store_value *v)
{
    return v->i > 0 ? (uint64_t)v->i : 0;
}

static int on_failed(void *context, const struct store_value *v,
                     struct ff_error *err)
{
    const struct failed_context *x = context;
    struct harvest *h = x->h;
    const uint64_t item = (uint64_t)v[ITEM_NUMBER].i;
    if (item < h->grid->first || item >= h->grid->last)
        return damaged(x->kept, "it has items that are not of this run", err);
    const uint32_t c = grid_chunk_of(h->grid, item);
    if (h->job->retry_failed)
        return add_again(h, c, false, err);
    struct failure f = {
        .chunk = c, .begin = item, .end = item + 1, .has_item = true,
        .item = item, .item_end = item + 1,
        .attempts = (uint32_t)count_of(&v[ITEM_ATTEMPTS]),
        .is_command = true,
        .exit = v[ITEM_EXIT].type == STORE_INT ? (int)v[ITEM_EXIT].i : -1,
        .signal = (uint32_t)count_of(&v[ITEM_SIGNAL])};
    const struct span reason = {
        v[ITEM_REASON].n > 0 ? v[ITEM_REASON].bytes : "", v[ITEM_REASON].n};
    const struct store_value *text = v[ITEM_INPUTS].n > 0 ? &v[ITEM_INPUTS]
                                                          : &v[ITEM_COMMAND];
    if (failed_rows_restore(&h->failed, &f,
                            (struct span){text->bytes, text->n}, reason) != 0)
        return harvest_no_memory(err);
    return h->failed.n < FAILED_ROWS_KEPT ? 0 : 1; /* enough */
}

static int by_turn(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    return x->lo != y->lo ? (x->lo < y->lo ? -1 : 1)
           : x->turn < y->turn ? -1 : x->turn > y->turn;
}

/* A row that was loaded: its item has been counted. */
static int look_at_waiting(struct harvest *h, const struct row *row,
                           uint64_t *last, struct ff_error *err)
{
    if (row->item < h->grid->first || row->item >= h->grid->last)
        return harvest_damaged(0, "a row of no item", err);
    const uint32_t c = grid_chunk_of(h->grid, row->item);
    const bool failed = !row_is_well(row);
    if (failed && h->job->retry_failed)
        return add_again(h, c, true, err);
    h->kept.n_waiting += *last != c;
    *last = c;
    return !failed || failed_rows_add(&h->failed, row, c) == 0
           ? 0 : harvest_no_memory(err);
}

static int look_through(struct harvest *h, const struct piece *piece, size_t n,
                        struct text *text, struct ff_error *err)
{
    uint64_t last = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        const char *data = ordered_cut_bytes(h->ordered, &piece[i], err);
        struct row row;
        size_t at = 0;
        long taken;
        if (data == NULL)
            return -1;
        if (text_append(text, data, piece[i].held.n) != 0)
            return harvest_no_memory(err);
        while ((taken = row_decode(text->at + at, text->n - at, &row)) > 0) {
            if (look_at_waiting(h, &row, &last, err) != 0)
                return -1;
            at += (size_t)taken;
        }
        if (taken < 0)
            return harvest_damaged(piece[i].lo, "a row that is none", err);
        memmove(text->at, text->at + at, text->n - at);
        text->n -= at;
    }
    return 0;
}

static int restore_waiting(struct harvest *h, struct ff_error *err)
{
    const struct pieces *ready = &h->ordered->ready[ROW_OUTPUT];
    struct text text = TEXT_EMPTY;
    if (ready->n == 0)
        return 0;
    struct piece *piece = malloc(ready->n * sizeof *piece);
    if (piece == NULL)
        return harvest_no_memory(err);
    memcpy(piece, ready->piece, ready->n * sizeof *piece);
    qsort(piece, ready->n, sizeof *piece, by_turn);
    const int rc = look_through(h, piece, ready->n, &text, err);
    free(piece);
    text_release(&text);
    return rc;
}

/* What failed is run again, and counts only then. */
static void uncount_failed(struct harvest_counts *n)
{
    n->rows -= n->failed;
    n->failed = n->not_found = n->not_run = 0;
}

int harvest_restore(struct harvest *h, struct store *kept,
                    struct ff_error *err)
{
    struct failed_context x = {h, kept};
    h->kept.restored = true;
    if (restore_counts(h, kept, err) != 0 || restore_waiting(h, err) != 0)
        return -1;
    if (h->counts.failed > 0
        && store_each(kept, STORE_ITEMS, STORE_ITEMS_FAILED, NULL, 0,
                      on_failed, &x, err) < 0)
        return -1;
    if (h->job->retry_failed)
        uncount_failed(&h->counts);
    else if (h->counts.failed > h->failed.n)
        h->failed.more = h->counts.failed - h->failed.n;
    return 0;
}

bool harvest_drops(struct harvest *h, uint32_t chunk)
{
    const struct range r = {chunk, chunk + 1};
    return cover_meets(&h->kept.dropped, r)
           && cover_remove(&h->kept.dropped, r) == 0;
}
