/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input and its index: see input.h. The launcher reads with pread and maps
 * nothing of it: a file that shrinks under us is then a short read, not a
 * SIGBUS.
 */
#include "input.h"
#include "fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)64 * INPUT_BLOCK) /* stays in the cache */
#define COPY_BYTES ((size_t)1 << 20)

const char *input_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

/* ---- opening ------------------------------------------------------------- */

static int unnamed_file(char dir[4096], struct ff_error *err)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, 4096, "%s", tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR
                   || errno == EINVAL)) { /* a file system without it */
        char path[4200];
        snprintf(path, sizeof path, "%s/fanfold-input-XXXXXX", dir);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    return fd >= 0 ? fd : ff_error_errno(err, FF_UNWRITTEN, "cannot make a "
                                         "file in '%s' (TMPDIR)", dir);
}

static int copy_all(const struct input *input, int from, int to,
                    const char *dir, struct ff_error *err)
{
    char *buffer = malloc(COPY_BYTES);
    int rc = -1;
    if (buffer == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read '%s'", input->name);
    for (;;) {
        const ssize_t n = read(from, buffer, COPY_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            ff_error_errno(err, FF_USAGE, "cannot read '%s'", input->name);
        else if (n > 0 && fd_write_all(to, buffer, (size_t)n) != 0)
            ff_error_errno(err, FF_UNWRITTEN, "cannot keep '%s' in '%s' "
                           "(TMPDIR)", input->name, dir);
        else if (n > 0)
            continue;
        else
            rc = 0;
        break;
    }
    free(buffer);
    return rc;
}

/* What is no regular file becomes one. */
static int keep_stream(struct input *input, struct ff_error *err)
{
    char dir[4096];
    const int to = unnamed_file(dir, err);
    if (to < 0)
        return -1;
    if (copy_all(input, input->fd, to, dir, err) != 0) {
        close(to);
        return -1;
    }
    close(input->fd);
    input->fd = to;
    return 0;
}

/* Must what fd reads be copied? Not a regular file from its start; but files
 * of /proc are regular and of size 0 whatever is in them. */
static bool is_stream(int fd, const struct stat *st)
{
    char byte;
    return !S_ISREG(st->st_mode) || lseek(fd, 0, SEEK_CUR) != 0
           || (st->st_size == 0 && pread(fd, &byte, 1, 0) != 0);
}

static int open_path(const char *path)
{
    if (strcmp(path, "-") != 0)
        return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    /* Workers open it by our descriptor: may they? */
    struct stat st;
    const int fd = fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode)
                   && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0
                       ? open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC) : -1;
    return fd >= 0 ? fd : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
}

static int open_file(struct input *input, const char *path,
                     struct ff_error *err)
{
    struct stat st;
    input->fd = open_path(path);
    if (input->fd < 0 || fstat(input->fd, &st) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot open the input '%s'",
                              input->name);
    if (S_ISDIR(st.st_mode))
        return ff_error_set(err, FF_USAGE, "'%s' is a directory: -a wants a "
                            "file, whose lines are the items", input->name);
    const bool own = strcmp(path, "-") == 0
                     && (fcntl(input->fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
    if ((own || is_stream(input->fd, &st))
        && (keep_stream(input, err) != 0 || fstat(input->fd, &st) != 0))
        return -1;
    input->bytes = (uint64_t)st.st_size;
    input->modified = st.st_mtim;
    return 0;
}

/* ---- the index ----------------------------------------------------------- */

/* As wide as every CPU has them: wider ones are taken apart, badly. */
typedef unsigned char lanes __attribute__((vector_size(16), may_alias));

static uint64_t add_up(lanes n_lane)
{
    uint64_t half[2];
    const uint64_t odd = UINT64_C(0x00ff00ff00ff00ff);
    memcpy(half, &n_lane, sizeof half);
    /* Bytes in pairs, then four sums of 16 bits by a product. */
    const uint64_t pairs = (half[0] & odd) + (half[0] >> 8 & odd)
                           + (half[1] & odd) + (half[1] >> 8 & odd);
    return pairs * UINT64_C(0x0001000100010001) >> 48;
}

/* How many of the n <= INPUT_BLOCK bytes at p (aligned) are c. */
static uint64_t count_byte(const unsigned char *p, size_t n, unsigned char c)
{
    enum { STEP = 4 * sizeof(lanes) };
    _Static_assert(INPUT_BLOCK / STEP < 256, "lanes are bytes");
    const lanes wanted = (lanes){0} + c;
    const lanes *v = (const lanes *)(const void *)p;
    lanes n_lane[4] = {{0}, {0}, {0}, {0}};
    size_t i = 0;
    uint64_t count = 0;
    for (; i + STEP <= n; i += STEP, v += 4) {
        n_lane[0] -= (lanes)(v[0] == wanted);
        n_lane[1] -= (lanes)(v[1] == wanted);
        n_lane[2] -= (lanes)(v[2] == wanted);
        n_lane[3] -= (lanes)(v[3] == wanted);
    }
    for (size_t k = 0; k < 4; k++)
        count += add_up(n_lane[k]);
    for (; i < n; i++)
        count += p[i] == c;
    return count;
}

static int changed(const struct input *input, struct ff_error *err)
{
    ff_error_set(err, FF_USAGE, "'%s' changed while it was read, so there is "
                 "no result: run a copy of it, or 'cat %s | fanfold run -a - "
                 "...'", input->name, input->name);
    return -1;
}

/* Fills buffer from offset on, up to its size or the end of the file. */
static int read_at(const struct input *input, unsigned char *buffer,
                   uint64_t offset, size_t n, struct ff_error *err)
{
    for (size_t done = 0; done < n;) {
        const ssize_t k = pread(input->fd, buffer + done, n - done,
                                (off_t)(offset + done));
        if (k == 0)
            return changed(input, err);
        if (k < 0 && errno != EINTR)
            return ff_error_errno(err, FF_USAGE, "cannot read '%s'",
                                  input->name);
        done += k > 0 ? (size_t)k : 0;
    }
    return 0;
}

static int fill_index(struct input *input, unsigned char *buffer,
                      struct ff_error *err)
{
    uint64_t *before = input->index.at;
    uint64_t n_ends = 0, block = 0;
    unsigned char last = (unsigned char)input->ends_with;
    for (uint64_t at = 0; at < input->bytes;) {
        const uint64_t left = input->bytes - at;
        const size_t n = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
        if (read_at(input, buffer, at, n, err) != 0)
            return -1;
        for (size_t i = 0; i < n; i += INPUT_BLOCK) {
            before[block++] = n_ends;
            n_ends += count_byte(buffer + i,
                                 n - i < INPUT_BLOCK ? n - i : INPUT_BLOCK,
                                 (unsigned char)input->ends_with);
        }
        last = buffer[n - 1];
        at += n;
    }
    before[block] = n_ends;
    input->n_lines = n_ends + (last != input->ends_with);
    return 0;
}

static int make_index(struct input *input, struct ff_error *err)
{
    const uint64_t n_blocks = (input->bytes + INPUT_BLOCK - 1) / INPUT_BLOCK;
    if (shm_create(&input->index, (n_blocks + 1) * sizeof(uint64_t),
                   SHM_READ_ONLY, err) != 0)
        return -1;
    unsigned char *buffer = aligned_alloc(INPUT_BLOCK, BUFFER_BYTES);
    if (buffer == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read '%s'", input->name);
    posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    const int rc = fill_index(input, buffer, err);
    free(buffer);
    return rc;
}

/* ---- all of it ----------------------------------------------------------- */

int input_open(struct input *input, const char *path, int ends_with,
               struct ff_error *err)
{
    *input = INPUT_NONE;
    input->name = input_name(path);
    input->ends_with = ends_with;
    if (open_file(input, path, err) == 0 && make_index(input, err) == 0)
        return 0;
    input_release(input);
    return -1;
}

int input_make(struct input *input, const char *path, int ends_with,
               uint64_t bytes, struct ff_error *err)
{
    char dir[4096];
    *input = INPUT_NONE;
    input->name = input_name(path);
    input->ends_with = ends_with;
    input->bytes = bytes;
    if ((input->fd = unnamed_file(dir, err)) >= 0)
        return 0;
    input_release(input);
    return -1;
}

/* Bytes of the index of lines. */
static uint64_t index_bytes(const struct input *input)
{
    return ((input->bytes + INPUT_BLOCK - 1) / INPUT_BLOCK + 1)
           * sizeof(uint64_t);
}

int input_make_index(struct input *input, bool is_blocks, uint64_t bytes,
                     struct ff_error *err)
{
    const bool can_be = is_blocks ? bytes % sizeof(uint64_t) == 0
                                        && bytes / sizeof(uint64_t)
                                               <= input->bytes
                                  : bytes == index_bytes(input);
    if (!can_be)
        return ff_error_set(err, FF_LOST, "the index of the input is not that "
                            "of the input");
    input->is_blocks = is_blocks;
    return bytes == 0 ? 0 : shm_create(&input->index, bytes, SHM_READ_ONLY,
                                       err);
}

/* The ends of blocks ascend, and the last one is that of the input. */
static bool are_blocks(const struct input *input)
{
    const uint64_t *end = input->index.at;
    const uint64_t n = input->index.bytes / sizeof *end;
    uint64_t last = 0;
    for (uint64_t i = 0; i < n; last = end[i++])
        if (end[i] <= last)
            return false;
    return last == input->bytes;
}

int input_put(const struct input *input, uint64_t offset, const void *data,
              size_t n, struct ff_error *err)
{
    const char *p = data;
    if (offset > input->bytes || n > input->bytes - offset)
        return ff_error_set(err, FF_LOST, "'%s' came in pieces that do not "
                            "fit", input->name);
    while (n > 0) {
        const ssize_t k = pwrite(input->fd, p, n, (off_t)offset);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return ff_error_errno(err, FF_UNWRITTEN, "cannot keep '%s' "
                                  "(TMPDIR)", input->name);
        p += k;
        offset += (uint64_t)k;
        n -= (size_t)k;
    }
    return 0;
}

int input_made(struct input *input, struct ff_error *err)
{
    struct stat st;
    unsigned char last = (unsigned char)input->ends_with;
    const uint64_t *index = input->index.at;
    const uint64_t n = input->index.bytes / sizeof *index;
    if (fstat(input->fd, &st) != 0 || (uint64_t)st.st_size != input->bytes
        || (input->is_blocks && !are_blocks(input))
        || (input->bytes > 0
            && pread(input->fd, &last, 1, (off_t)input->bytes - 1) != 1))
        return ff_error_set(err, FF_LOST, "'%s' did not come whole",
                            input->name);
    input->modified = st.st_mtim;
    input->n_lines = input->is_blocks ? n
                     : index[n - 1] + (last != input->ends_with);
    return 0;
}

bool input_changed(const struct input *input, struct ff_error *err)
{
    struct stat st;
    if (input->name == NULL || input->scratch)
        return false;
    if (fstat(input->fd, &st) == 0 && (uint64_t)st.st_size == input->bytes
        && st.st_mtim.tv_sec == input->modified.tv_sec
        && st.st_mtim.tv_nsec == input->modified.tv_nsec)
        return false;
    changed(input, err);
    return true;
}

void input_release(struct input *input)
{
    if (input->fd >= 0)
        close(input->fd);
    shm_release(&input->index);
    *input = INPUT_NONE;
}
