/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of arrays between nodes: see array_rows.h. */
#include "array_rows.h"
#include "fdio.h"
#include "ledger.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_RANGES 4096u   /* in a message */
#define HOLE_BYTES 4096u   /* what a file gives back at least */

/* Rows on their way into a message. */
struct parcel {
    const struct array_file *file;
    const struct grid *grid;
    uint64_t room;             /* for so many rows more */
    struct row_range *range;   /* MAX_RANGES */
    uint32_t n_ranges;
    unsigned char *data;
    size_t n;
};

static int cannot(const struct array_file *file, struct ff_error *err)
{
    return ff_error_errno(err, FF_UNWRITTEN, "cannot read the rows of '%s'",
                          file->path);
}

static uint64_t place_of(const struct array_file *file, uint64_t row)
{
    return file->data_at + row * file->row_bytes;
}

/* ---- of a node ----------------------------------------------------------- */

void array_rows_release(struct array_rows *rows)
{
    cover_release(&rows->sent);
}

static int pack(struct parcel *p, uint64_t first, uint64_t n,
                struct ff_error *err)
{
    const size_t bytes = (size_t)(n * p->file->row_bytes);
    if (fd_read_at(p->file->fd, p->data + p->n, bytes,
                   place_of(p->file, first))
        != 0)
        return cannot(p->file, err);
    p->range[p->n_ranges++] = (struct row_range){first, n};
    p->n += bytes;
    p->room -= n;
    return 0;
}

/* Rows [first, end) of the chunks [lo, hi). */
static void rows_of(const struct grid *grid, uint32_t lo, uint32_t hi,
                    uint64_t *first, uint64_t *end)
{
    uint64_t begin, unused;
    grid_chunk(grid, lo, &begin, &unused);
    *first = begin - grid->first;
    *end = *first + grid_items(grid, lo, hi);
}

/* The range of the cover around chunk c, which is in it. */
static struct range around(const struct cover *cover, uint32_t c)
{
    size_t low = 0, high = cover->n;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (cover->range[middle].lo <= c)
            low = middle;
        else
            high = middle;
    }
    return cover->range[low];
}

/* These chunks have gone, so their room can be given back: with what is beside
 * them in the same pages and has gone as well. */
static void give_back(const struct array_rows *rows, const struct parcel *p,
                      uint32_t lo, uint32_t hi)
{
    const struct range all = around(&rows->sent, lo);
    uint64_t first, end, least, most;
    rows_of(p->grid, lo, hi, &first, &end);
    rows_of(p->grid, all.lo, all.hi, &least, &most);
    uint64_t from = place_of(p->file, first) / HOLE_BYTES * HOLE_BYTES;
    uint64_t to = (place_of(p->file, end) + HOLE_BYTES - 1) / HOLE_BYTES
                  * HOLE_BYTES;
    if (from < place_of(p->file, least))
        from = place_of(p->file, least);
    if (to > place_of(p->file, most)
        && place_of(p->file, most) < p->file->bytes)
        to = place_of(p->file, most);
    if (fallocate(p->file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  (off_t)from, (off_t)(to - from)) != 0) {
        /* It stays as large as it is. */
    }
}

static int have_gone(struct array_rows *rows, const struct parcel *p,
                     uint32_t lo, uint32_t hi, struct ff_error *err)
{
    if (cover_add(&rows->sent, (struct range){lo, hi}) != 0)
        return ff_error_errno(err, FF_LOST, "cannot send rows");
    give_back(rows, p, lo, hi);
    return 0;
}

/* More of a chunk that is larger than a message. */
static int pack_part(struct array_rows *rows, struct parcel *p,
                     struct ff_error *err)
{
    uint64_t first, end;
    rows_of(p->grid, rows->chunk, rows->chunk + 1, &first, &end);
    first += rows->part;
    const uint64_t n = end - first < p->room ? end - first : p->room;
    if (pack(p, first, n, err) != 0)
        return -1;
    rows->part += n;
    if (first + n < end)
        return 0;
    rows->part = 0;
    return have_gone(rows, p, rows->chunk, rows->chunk + 1, err);
}

/* As many of the chunks [r.lo, r.hi) as there is room for; *full: no more is
 * to be packed. */
static int pack_range(struct array_rows *rows, struct parcel *p,
                      struct range r, bool *full, struct ff_error *err)
{
    uint64_t first, end;
    rows_of(p->grid, r.lo, r.hi, &first, &end);
    if (end - first > p->room) {
        const uint64_t fit = p->room / p->grid->chunk_items;
        *full = true;
        if (fit == 0 && p->n_ranges > 0)
            return 0;
        if (fit == 0) {
            rows->chunk = r.lo;
            return pack_part(rows, p, err);
        }
        r.hi = r.lo + (uint32_t)fit;
        rows_of(p->grid, r.lo, r.hi, &first, &end);
    }
    if (pack(p, first, end - first, err) != 0)
        return -1;
    *full = *full || p->n_ranges == MAX_RANGES;
    return have_gone(rows, p, r.lo, r.hi, err);
}

static int pack_all(struct array_rows *rows, struct parcel *p,
                    const struct cover *fresh, struct ff_error *err)
{
    struct cover todo = COVER_EMPTY;
    bool full = false;
    int rc = 0;
    if (rows->part > 0)
        return pack_part(rows, p, err);
    for (size_t i = 0; i < fresh->n && rc == 0; i++)
        rc = cover_add_missing(&todo, fresh->range[i], &rows->sent, NULL);
    if (rc != 0)
        ff_error_errno(err, FF_LOST, "cannot send rows");
    for (size_t i = 0; i < todo.n && rc == 0 && !full; i++)
        rc = pack_range(rows, p, todo.range[i], &full, err);
    cover_release(&todo);
    return rc;
}

/* What was packed as one message. */
static void *wrap(struct parcel *p, uint32_t array, size_t *n)
{
    const struct record_rows head = {.head = {RECORD_ROWS, p->n_ranges},
                                     .array = array};
    const size_t ranges = p->n_ranges * sizeof p->range[0];
    unsigned char *message = malloc(sizeof head + ranges + p->n);
    if (message == NULL)
        return NULL;
    memcpy(message, &head, sizeof head);
    memcpy(message + sizeof head, p->range, ranges);
    memcpy(message + sizeof head + ranges, p->data, p->n);
    *n = sizeof head + ranges + p->n;
    return message;
}

bool array_rows_are_sent(const struct array_rows *rows,
                         const struct cover *fresh)
{
    for (size_t i = 0; i < fresh->n; i++)
        if (!cover_contains(&rows->sent, fresh->range[i]))
            return false;
    return rows->part == 0;
}

int array_rows_take(struct array_rows *rows, const struct array_file *file,
                    uint32_t array, const struct grid *grid,
                    const struct cover *fresh, void **message, size_t *n,
                    struct ff_error *err)
{
    if (array_rows_are_sent(rows, fresh))
        return 0;
    struct parcel p = {.file = file, .grid = grid,
                       .room = WIRE_PIECE / file->row_bytes};
    p.room = p.room > 0 ? p.room : 1;
    p.range = malloc(MAX_RANGES * sizeof p.range[0]);
    p.data = malloc((size_t)(p.room * file->row_bytes));
    int rc = p.range != NULL && p.data != NULL ? 0
             : ff_error_errno(err, FF_LOST, "cannot send rows");
    if (rc == 0)
        rc = pack_all(rows, &p, fresh, err);
    if (rc == 0 && (*message = wrap(&p, array, n)) == NULL)
        rc = ff_error_errno(err, FF_LOST, "cannot send rows");
    free(p.range);
    free(p.data);
    return rc == 0 ? 1 : -1;
}

/* ---- of the root --------------------------------------------------------- */

static struct row_range range_at(const unsigned char *p, uint32_t i)
{
    struct row_range r;
    memcpy(&r, p + i * sizeof r, sizeof r);
    return r;
}

/* Of chunks that are held, and all together just so many bytes. */
static bool ranges_valid(const unsigned char *p, uint32_t n_ranges,
                         const struct array_file *file,
                         const struct grid *grid, const struct cover *holds,
                         uint64_t bytes)
{
    const uint64_t items = grid->last - grid->first;
    for (uint32_t i = 0; i < n_ranges; i++) {
        const struct row_range r = range_at(p, i);
        if (r.n == 0 || r.first >= items || r.n > items - r.first
            || r.n > bytes / file->row_bytes)
            return false;
        const struct range chunks = {
            grid_chunk_of(grid, grid->first + r.first),
            grid_chunk_of(grid, grid->first + r.first + r.n - 1) + 1};
        if (!cover_contains(holds, chunks))
            return false;
        bytes -= r.n * file->row_bytes;
    }
    return n_ranges > 0 && bytes == 0;
}

static int write_at(const struct array_file *file, const unsigned char *from,
                    size_t n, uint64_t at, struct ff_error *err)
{
    while (n > 0) {
        const ssize_t done = pwrite(file->fd, from, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'",
                                  file->path);
        from += done;
        n -= (size_t)done;
        at += (uint64_t)done;
    }
    return 0;
}

int array_rows_put(const struct array_file *file, uint32_t n_arrays,
                   const struct grid *grid, const struct cover *holds,
                   const void *message, size_t n, struct ff_error *err)
{
    struct record_rows head;
    const unsigned char *p = message;
    if (n < sizeof head)
        return 1;
    memcpy(&head, p, sizeof head);
    p += sizeof head;
    n -= sizeof head;
    const uint32_t n_ranges = head.head.n_ranges;
    if (head.head.kind != RECORD_ROWS || head.array >= n_arrays
        || n_ranges > n / sizeof(struct row_range))
        return 1;
    const unsigned char *data = p + n_ranges * sizeof(struct row_range);
    n -= n_ranges * sizeof(struct row_range);
    file += head.array;
    if (!ranges_valid(p, n_ranges, file, grid, holds, n))
        return 1;
    for (uint32_t i = 0; i < n_ranges; i++) {
        const struct row_range r = range_at(p, i);
        const size_t bytes = (size_t)(r.n * file->row_bytes);
        if (write_at(file, data, bytes, place_of(file, r.first), err) != 0)
            return -1;
        data += bytes;
    }
    return 0;
}
