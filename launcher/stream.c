/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs that grow: see stream.h. What we read may be shared with whoever
 * started us, so it is not made non-blocking: a pipe or terminal is opened once
 * more for ourselves, as sink.c does, and anything else is polled before each
 * read.
 */
#include "stream.h"
#include "clock.h"
#include "fdio.h"
#include "scratch_file.h"
#include "stream_job.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)256 << 10)
#define TURN_BYTES ((uint64_t)4 << 20)   /* then others have their turn */
#define TURN_NS UINT64_C(5000000)
#define PIPE_BYTES (1 << 20)             /* fewer wakes than with 64 KiB */
#define INDEX_PART 512                   /* entries that are written at once */
#define FORGET_BYTES ((uint64_t)8 << 20) /* a hole smaller is not worth it */

/* ---- opening -------------------------------------------------------------- */

/* Once more for ourselves, without blocking; -1: it cannot be. */
static int reopen(int fd, int flags)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
}

static int own_stdin(void)
{
    struct stat st;
    if (fstat(STDIN_FILENO, &st) != 0)
        return -1;
    const bool whole = S_ISREG(st.st_mode)
                       && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
    const int fd = whole ? reopen(STDIN_FILENO, 0)
                   : S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)
                       ? reopen(STDIN_FILENO, O_NONBLOCK) : -1;
    return fd >= 0 ? fd : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
}

/* A FIFO is open at once: its writer may come later. */
static int open_source(const char *path, struct stat *st, struct ff_error *err)
{
    const int fd = strcmp(path, "-") == 0 ? own_stdin()
                   : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, st) != 0) {
        ff_error_errno(err, FF_USAGE, "cannot open the input '%s'",
                       input_name(path));
    } else if (S_ISDIR(st->st_mode)) {
        ff_error_set(err, FF_USAGE, "'%s' is a directory: -a wants a file",
                     path);
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static int read_text(void *context, void *to, size_t n, uint64_t at)
{
    const struct stream *s = context;
    return fd_read_at(s->input->fd, to, n, at);
}

static int init_index(struct stream *s, const struct job *job,
                      struct ff_error *err)
{
    const struct task *t = &job->task;
    struct blocks_rule rule;
    s->input->index.fd = memfd_create("fanfold-index", MFD_CLOEXEC);
    if (s->input->index.fd < 0)
        return ff_error_errno(err, FF_LOST, "cannot index '%s'",
                              s->input->name);
    s->is_blocks = s->input->is_blocks = t->pipe;
    if (!s->is_blocks)
        return 0;
    if (blocks_rule_make(&rule, t->recstart, t->recend, t->block_bytes,
                         t->max_args, err) != 0)
        return -1;
    return blocks_init(&s->blocks, &rule, read_text, s) == 0 ? 0
           : ff_error_errno(err, FF_LOST, "cannot read '%s'", s->input->name);
}

static bool has_name(int fifo)
{
    struct statfs fs;
    return fstatfs(fifo, &fs) == 0 && fs.f_type != PIPEFS_MAGIC;
}

static int keep_stream(struct stream *s, const struct stat *st,
                       struct ff_error *err)
{
    struct input *input = s->input;
    s->from = input->fd;
    input->fd = scratch_file();
    if (input->fd < 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot make a file in '%s' "
                              "(TMPDIR)", scratch_folder());
    s->buffer = malloc(BUFFER_BYTES);
    if (s->buffer == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read '%s'", input->name);
    input->scratch = true;
    s->poll_first = (fcntl(s->from, F_GETFL) & O_NONBLOCK) == 0;
    s->splices = s->is_blocks && S_ISFIFO(st->st_mode);
    s->awaits = S_ISFIFO(st->st_mode) && strcmp(input->name, "stdin") != 0
                && has_name(s->from);
    if (S_ISFIFO(st->st_mode))
        (void)fcntl(s->from, F_SETPIPE_SZ, PIPE_BYTES);
    return 0;
}

static int open_as(struct stream *s, const struct job *job,
                   const struct stat *st, bool is_file, struct ff_error *err)
{
    struct input *input = s->input;
    if (init_index(s, job, err) != 0)
        return -1;
    if (!is_file)
        return keep_stream(s, st, err);
    s->bytes = input->bytes = (uint64_t)st->st_size;
    input->modified = st->st_mtim;
    return 0;
}

/* Regular, from its start, and with what its size says: files of /proc have
 * none. */
static bool is_whole_file(int fd, const struct stat *st)
{
    char byte;
    return S_ISREG(st->st_mode) && lseek(fd, 0, SEEK_CUR) == 0
           && (st->st_size > 0 || pread(fd, &byte, 1, 0) == 0);
}

int stream_open(struct stream *s, const struct job *job, bool may_grow,
                struct input *input, struct ff_error *err)
{
    const char *path = stream_source(job);
    const bool grows = may_grow && stream_can_grow(job);
    struct stat st;
    *s = STREAM_NONE;
    if (job->task.pipe && stream_check_pipe(job, path, err) != 0)
        return -1;
    if (path == NULL || (!job->task.pipe && !grows))
        return 0;
    const int fd = open_source(path, &st, err);
    if (fd < 0)
        return -1;
    const bool is_file = is_whole_file(fd, &st);
    if (is_file && !job->task.pipe) {
        close(fd);
        return 0;
    }
    *input = INPUT_NONE;
    input->name = input_name(path);
    input->ends_with = job->null_ended ? 0 : '\n';
    input->fd = fd;
    s->input = input;
    if (open_as(s, job, &st, is_file, err) == 0) {
        input->stream = s;
        if (grows || stream_finish(s, err) == 0)
            return 0;
    }
    stream_release(s);
    input_release(input);
    return -1;
}

void stream_release(struct stream *s)
{
    if (s->from >= 0)
        close(s->from);
    blocks_release(&s->blocks);
    free(s->buffer);
    *s = STREAM_NONE;
}

/* ---- the index ------------------------------------------------------------ */

static int add_index(struct stream *s, const uint64_t *entry, size_t n,
                     struct ff_error *err)
{
    const size_t bytes = n * sizeof *entry;
    const off_t at = (off_t)(s->n_index * sizeof *entry);
    if (n > 0 && pwrite(s->input->index.fd, entry, bytes, at)
                 != (ssize_t)bytes)
        return ff_error_errno(err, FF_LOST, "cannot index '%s'",
                              s->input->name);
    s->n_index += n;
    s->input->index.bytes = s->n_index * sizeof *entry;
    return 0;
}

static uint64_t count_ends(const unsigned char *p, size_t n, int c)
{
    const unsigned char *end = p + n;
    uint64_t count = 0;
    while ((p = memchr(p, c, (size_t)(end - p))) != NULL) {
        count++;
        p++;
    }
    return count;
}

/* The n bytes at p are behind what is indexed: lines, and an entry for each
 * INPUT_BLOCK that begins in them (or right behind). */
static int index_lines(struct stream *s, const unsigned char *p, size_t n,
                       struct ff_error *err)
{
    uint64_t entry[INDEX_PART];
    size_t n_entries = 0;
    if (s->n_index == 0)
        entry[n_entries++] = 0;
    while (n > 0) {
        const size_t left = INPUT_BLOCK - s->bytes % INPUT_BLOCK;
        const size_t part = n < left ? n : left;
        s->n_inputs += count_ends(p, part, s->input->ends_with);
        s->bytes += part;
        p += part;
        n -= part;
        if (s->bytes % INPUT_BLOCK == 0)
            entry[n_entries++] = s->n_inputs;
        if (n_entries == INDEX_PART || n == 0) {
            if (add_index(s, entry, n_entries, err) != 0)
                return -1;
            n_entries = 0;
        }
    }
    return 0;
}

/* Cuts what is here: 1: not all of it yet. */
static int index_blocks(struct stream *s, struct ff_error *err)
{
    const uint64_t until_ns = clock_ns() + TURN_NS;
    uint64_t entry[INDEX_PART];
    size_t n = 0;
    int rc = 1;
    while (rc > 0 && n < INDEX_PART && clock_ns() < until_ns) {
        rc = blocks_next(&s->blocks, s->bytes, s->from < 0, &entry[n]);
        n += rc > 0;
    }
    if (rc < 0 && input_changed(s->input, err))
        return -1;
    if (rc < 0)
        return ff_error_errno(err, FF_USAGE, "cannot read '%s'",
                              s->input->name);
    if (add_index(s, entry, n, err) != 0)
        return -1;
    s->n_inputs += n;
    s->bytes_cut = s->blocks.last;
    return rc;
}

/* ---- reading -------------------------------------------------------------- */

static bool is_ready(const struct stream *s)
{
    struct pollfd on = {.fd = s->from, .events = POLLIN};
    return !s->poll_first || poll(&on, 1, 0) != 0;
}

static int cannot_keep(const struct stream *s, struct ff_error *err)
{
    return ff_error_errno(err, FF_UNWRITTEN, "cannot keep '%s' in '%s' "
                          "(TMPDIR)", s->input->name, scratch_folder());
}

/* To the end of the file: bytes; 0: the end; -1 with errno, and *err when it is
 * the file's. */
static ssize_t take_spliced(struct stream *s)
{
    off_t at = (off_t)s->bytes;
    const ssize_t n = splice(s->from, NULL, s->input->fd, &at, TURN_BYTES,
                             SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    s->bytes += n > 0 ? (uint64_t)n : 0;
    return n;
}

static ssize_t take_copied(struct stream *s, struct ff_error *err)
{
    const ssize_t n = read(s->from, s->buffer, BUFFER_BYTES);
    for (ssize_t done = 0; done < n;) {
        const ssize_t k = pwrite(s->input->fd, s->buffer + done,
                                 (size_t)(n - done),
                                 (off_t)s->bytes + done);
        if (k < 0 && errno != EINTR)
            return cannot_keep(s, err);
        done += k > 0 ? k : 0;
    }
    if (n > 0 && s->is_blocks)
        s->bytes += (uint64_t)n;
    else if (n > 0 && index_lines(s, s->buffer, (size_t)n, err) != 0)
        return -1;
    return n;
}

/* The next bytes: as read has it; -1 with *err unless it is EAGAIN. */
static ssize_t take(struct stream *s, struct ff_error *err)
{
    if (!is_ready(s)) {
        errno = EAGAIN;
        return -1;
    }
    const ssize_t n = s->splices ? take_spliced(s) : take_copied(s, err);
    if (n >= 0 || errno == EAGAIN || errno == EINTR || err->status != 0)
        return n;
    if (s->splices && (errno == EINVAL || errno == ENOSYS)) {
        s->splices = false; /* a file system that cannot */
        return take(s, err);
    }
    return s->splices && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
               ? cannot_keep(s, err)
               : ff_error_errno(err, FF_USAGE, "cannot read '%s'",
                                s->input->name);
}

/* No more comes: what is left is the last line. */
static int end_text(struct stream *s, struct ff_error *err)
{
    struct stat st;
    unsigned char last = (unsigned char)s->input->ends_with;
    if (fstat(s->input->fd, &st) != 0
        || (s->bytes > 0
            && fd_read_at(s->input->fd, &last, 1, s->bytes - 1) != 0))
        return ff_error_errno(err, FF_LOST, "cannot read '%s'",
                              s->input->name);
    if (!s->is_blocks)
        s->n_inputs += last != s->input->ends_with;
    close(s->from);
    s->from = -1;
    s->input->bytes = s->bytes;
    s->input->modified = st.st_mtim;
    return 0;
}

static int read_text_on(struct stream *s, struct ff_error *err)
{
    const uint64_t until = s->bytes + TURN_BYTES;
    err->status = 0;
    while (s->bytes < until) {
        const ssize_t n = take(s, err);
        if (n == 0)
            return end_text(s, err) == 0 ? 0 : -1;
        if (n < 0)
            return err->status != 0 ? -1 : errno == EINTR;
    }
    return 1;
}

int stream_read(struct stream *s, struct ff_error *err)
{
    int rc = 0;
    if (s->ended)
        return 0;
    if (s->from >= 0)
        rc = read_text_on(s, err);
    if (rc < 0)
        return -1;
    const int more = s->is_blocks ? index_blocks(s, err) : 0;
    if (more < 0)
        return -1;
    if (!s->is_blocks)
        s->bytes_cut = s->bytes;
    s->ended = s->from < 0 && more == 0;
    s->input->n_lines = s->n_inputs;
    return rc > 0 || more > 0;
}

static int map_index(struct stream *s, struct ff_error *err)
{
    struct shm *index = &s->input->index;
    if (index->bytes == 0)
        return 0;
    void *at = mmap(NULL, index->bytes, PROT_READ, MAP_SHARED, index->fd, 0);
    if (at == MAP_FAILED)
        return ff_error_errno(err, FF_LOST, "cannot index '%s'",
                              s->input->name);
    index->at = at;
    return 0;
}

int stream_finish(struct stream *s, struct ff_error *err)
{
    for (int more = !s->awaits; !s->ended;) {
        struct pollfd on = {.fd = s->from, .events = POLLIN};
        if (more == 0)
            poll(&on, 1, -1);
        if ((more = stream_read(s, err)) < 0)
            return -1;
    }
    s->input->stream = NULL;
    return map_index(s, err);
}

uint64_t stream_n_items(const struct stream *s, uint64_t max_args)
{
    const uint64_t n = s->is_blocks || max_args == 0 ? 1 : max_args;
    return s->n_inputs / n + (s->ended && s->n_inputs % n != 0);
}

/* ---- forgetting ------------------------------------------------------------ */

static bool entry_at(const struct stream *s, uint64_t i, uint64_t *entry)
{
    return i < s->n_index
           && fd_read_at(s->input->index.fd, entry, sizeof *entry,
                         i * sizeof *entry) == 0;
}

/* Before this place there is nothing of the input. */
static uint64_t place_of(const struct stream *s, uint64_t input)
{
    uint64_t low = 0, high = s->n_index, entry;
    if (s->is_blocks)
        return input > 0 && entry_at(s, input - 1, &entry) ? entry : 0;
    /* The last block of the index with fewer line ends before it. */
    while (high - low > 1) {
        const uint64_t middle = low + (high - low) / 2;
        if (!entry_at(s, middle, &entry))
            return 0;
        if (entry < input)
            low = middle;
        else
            high = middle;
    }
    return low * INPUT_BLOCK;
}

void stream_forget(struct stream *s, uint64_t input)
{
    if (!s->input->scratch || s->bytes - s->forgotten < FORGET_BYTES)
        return;
    uint64_t until = place_of(s, input) / INPUT_BLOCK * INPUT_BLOCK;
    if (until + INPUT_BLOCK > s->bytes) /* keeping_input.c compares the end */
        until = until > INPUT_BLOCK ? until - INPUT_BLOCK : 0;
    if (until < s->forgotten + FORGET_BYTES)
        return;
    if (fallocate(s->input->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  (off_t)s->forgotten, (off_t)(until - s->forgotten)) == 0)
        s->forgotten = until;
}
