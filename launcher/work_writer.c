/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the work file: see work_writer.h. */
#include "work_writer.h"
#include "fdio.h"
#include "ledger.h"
#include "scratch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)64 * INPUT_BLOCK) /* stays in the cache */
#define MEMORY_BYTES ((uint64_t)1 << 20)        /* more goes to the disk */

static void fail_memory(struct work_writer *w)
{
    if (w->error.status == 0)
        ff_error_errno(&w->error, FF_LOST, "cannot get memory for the list of "
                       "the work");
}

static void fail_write(struct work_writer *w)
{
    if (w->error.status == 0)
        ff_error_errno(&w->error, FF_UNWRITTEN, "cannot keep the list of the "
                       "work in '%s' (TMPDIR)", scratch_folder());
}

int work_writer_begin(struct work_writer *w, size_t head_bytes,
                      struct ff_error *err)
{
    *w = (struct work_writer){.fd = -1};
    w->buffer = calloc(1, BUFFER_BYTES);
    w->fd = memfd_create("fanfold-work", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (w->buffer == NULL || w->fd < 0) {
        ff_error_errno(err, FF_LOST, "cannot make the list of the work");
        work_writer_release(w);
        return -1;
    }
    w->n = w->at = head_bytes;
    return 0;
}

/* ---- bytes --------------------------------------------------------------- */

/* What is in memory so far goes to a file. */
static void move_to_disk(struct work_writer *w)
{
    const int to = scratch_file();
    char *piece = malloc(BUFFER_BYTES);
    w->on_disk = true;
    if (to < 0)
        fail_write(w);
    if (piece == NULL)
        fail_memory(w);
    const uint64_t bytes = w->at - w->n;
    for (uint64_t at = 0; w->error.status == 0 && at < bytes;) {
        const size_t n = bytes - at < BUFFER_BYTES ? (size_t)(bytes - at)
                                                   : BUFFER_BYTES;
        if (fd_read_at(w->fd, piece, n, at) != 0
            || fd_write_all(to, piece, n) != 0)
            fail_write(w);
        at += n;
    }
    free(piece);
    close(w->fd);
    w->fd = to;
}

static void flush(struct work_writer *w)
{
    if (!w->on_disk && w->at > MEMORY_BYTES && w->error.status == 0)
        move_to_disk(w);
    if (w->error.status == 0 && fd_write_all(w->fd, w->buffer, w->n) != 0)
        fail_write(w);
    w->n = 0;
}

/* A block of the open text begins: its place in the index. */
static void begin_block(struct work_writer *w)
{
    if (w->n_blocks == w->index_room) {
        const size_t room = w->index_room == 0 ? 16 : w->index_room * 2;
        uint64_t *new = realloc(w->index, room * sizeof *new);
        if (new == NULL) {
            fail_memory(w);
            return;
        }
        w->index = new;
        w->index_room = room;
    }
    w->index[w->n_blocks++] = w->n_ends;
}

static uint64_t count_ends(const char *p, size_t n, unsigned char c)
{
    uint64_t ends = 0;
    for (size_t i = 0; i < n; i++)
        ends += (unsigned char)p[i] == c;
    return ends;
}

static void note_lines(struct work_writer *w, const char *p, size_t n)
{
    for (uint64_t at = w->at - w->text; n > 0;) {
        const size_t left = INPUT_BLOCK - (size_t)(at % INPUT_BLOCK);
        const size_t k = n < left ? n : left;
        if (at % INPUT_BLOCK == 0)
            begin_block(w);
        w->n_ends += count_ends(p, k, w->ends_with);
        w->last = (unsigned char)p[k - 1];
        p += k;
        at += k;
        n -= k;
    }
}

uint64_t work_writer_put(struct work_writer *w, const void *data, size_t n)
{
    const char *p = data;
    const uint64_t at = w->at;
    while (n > 0) {
        const size_t room = BUFFER_BYTES - w->n;
        const size_t k = n < room ? n : room;
        if (w->text != 0)
            note_lines(w, p, k);
        memcpy(w->buffer + w->n, p, k);
        w->n += k;
        w->at += k;
        p += k;
        n -= k;
        if (w->n == BUFFER_BYTES)
            flush(w);
    }
    return at;
}

uint64_t work_writer_put_text(struct work_writer *w, const char *text)
{
    return work_writer_put(w, text, strlen(text) + 1);
}

void work_writer_align(struct work_writer *w)
{
    static const char zero[8];
    work_writer_put(w, zero, (size_t)(-w->at % 8));
}

/* ---- lines --------------------------------------------------------------- */

void work_writer_open_lines(struct work_writer *w, int ends_with)
{
    w->text = w->at;
    w->ends_with = w->last = (unsigned char)ends_with;
    w->n_blocks = 0;
    w->n_ends = 0;
}

void work_writer_close_lines(struct work_writer *w, struct work_source *s)
{
    s->ends_with = w->ends_with;
    s->text = w->text;
    s->text_bytes = w->at - w->text;
    s->n = w->n_ends + (w->last != w->ends_with);
    w->text = 0;
    begin_block(w);
    work_writer_align(w);
    if (w->error.status != 0)
        return;
    s->index_bytes = w->n_blocks * sizeof *w->index;
    s->index = work_writer_put(w, w->index, s->index_bytes);
}

/* ---- the end ------------------------------------------------------------- */

static void put_head(struct work_writer *w, struct work_head *head)
{
    flush(w);
    head->magic = WORK_MAGIC;
    head->bytes = w->at;
    if (w->error.status == 0
        && (lseek(w->fd, 0, SEEK_SET) != 0
            || fd_write_all(w->fd, head, sizeof *head) != 0
            || lseek(w->fd, 0, SEEK_END) < 0))
        fail_write(w);
}

int work_writer_show(struct work_writer *w, struct work_head *head,
                     struct ff_error *err)
{
    put_head(w, head);
    if (w->error.status == 0)
        return w->fd;
    *err = w->error;
    return -1;
}

int work_writer_end(struct work_writer *w, struct work_head *head,
                    struct ff_error *err)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    put_head(w, head);
    if (w->error.status == 0 && !w->on_disk
        && fcntl(w->fd, F_ADD_SEALS, seals) != 0)
        ff_error_errno(&w->error, FF_LOST, "cannot seal the list of the work");
    if (w->error.status != 0) {
        *err = w->error;
        return -1;
    }
    const int fd = w->fd;
    w->fd = -1;
    return fd;
}

void work_writer_release(struct work_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    free(w->buffer);
    free(w->index);
    *w = (struct work_writer){.fd = -1};
}
