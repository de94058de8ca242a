/* SPDX-License-Identifier: Apache-2.0 */
/* The file of an array: see array_file.h. The format is that of NumPy's
 * "NumPy Enhancement Proposal 1"; the blanks are as many as numpy.save
 * writes. */
#include "array_file.h"
#include "fdio.h"
#include "hash.h"
#include "clock.h"
#include "scratch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <fanfold.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_ALIGN 64
#define GROWTH_DIGITS 21 /* numpy leaves room for so long a first extent */
#define FILL_BYTES 65536

static const char *descr(uint32_t type)
{
    switch (type) {
    case FF_TYPE_F64: return "<f8";
    case FF_TYPE_F32: return "<f4";
    case FF_TYPE_I64: return "<i8";
    case FF_TYPE_I32: return "<i4";
    default: return "|u1";
    }
}

size_t array_header(unsigned char out[ARRAY_HEADER_MAX],
                    const struct spec_array *array, uint64_t items)
{
    static const unsigned char magic[8] = "\x93NUMPY\x01";
    char text[ARRAY_HEADER_MAX], first[24], columns[24] = "";
    const int digits = snprintf(first, sizeof first, "%" PRIu64, items);
    if (array->columns > 1)
        snprintf(columns, sizeof columns, " %" PRIu64, array->columns);
    int n = snprintf(text, sizeof text,
                     "{'descr': '%s', 'fortran_order': False, 'shape': "
                     "(%s,%s), }%*s", descr(array->type), first, columns,
                     GROWTH_DIGITS - digits, "");
    const size_t head = sizeof magic + 2;
    const size_t bytes = (head + (size_t)n + 1 + HEADER_ALIGN)
                         / HEADER_ALIGN * HEADER_ALIGN;
    const size_t length = bytes - head;
    memcpy(out, magic, sizeof magic);
    out[8] = (unsigned char)(length & 0xff);
    out[9] = (unsigned char)(length >> 8);
    memset(out + head, ' ', length);
    memcpy(out + head, text, (size_t)n);
    out[bytes - 1] = '\n';
    return bytes;
}

/* ---- making it ----------------------------------------------------------- */

/* The folder of a path, as a text that lasts until the next call. */
static const char *folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    const size_t n = slash == path ? 1 : (size_t)(slash - path);
    memcpy(out, path, n);
    out[n] = '\0';
    return out;
}

/* A name beside the destination that nobody can foresee. */
static void make_temporary(struct array_file *file)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file->path, '/');
    const uint64_t seed[2] = {clock_ns(), (uint64_t)getpid()};
    const int n = snprintf(file->temporary, sizeof file->temporary,
                           "%s/.%s.%016" PRIx64,
                           folder_of(file->path, folder),
                           slash != NULL ? slash + 1 : file->path,
                           hash_bytes(seed, sizeof seed));
    if (n < 0 || (size_t)n >= sizeof file->temporary)
        file->temporary[0] = '\0';
}

static int open_file(struct array_file *file, struct ff_error *err)
{
    char folder[PATH_MAX];
    struct stat st;
    if (lstat(file->path, &st) == 0 && !S_ISREG(st.st_mode)
        && !S_ISLNK(st.st_mode))
        return ff_error_set(err, FF_USAGE, "cannot write array to '%s': it is "
                            "not a file", file->path);
    file->fd = open(folder_of(file->path, folder),
                    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        make_temporary(file);
        file->fd = open(file->temporary,
                        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        0600);
    }
    if (file->fd < 0)
        return ff_error_errno(err, FF_USAGE, "cannot write '%s' (--output)",
                              file->path);
    return 0;
}

/* With what is in front of the rows. */
static int set_bytes(struct array_file *file, const struct spec_array *array,
                     uint64_t items, struct ff_error *err)
{
    if (items > ((uint64_t)INT64_MAX - file->data_at) / file->row_bytes)
        return ff_error_set(err, FF_USAGE, "array '%s' is too large: %" PRIu64
                            " rows of %" PRIu64 " bytes", array->name, items,
                            file->row_bytes);
    file->bytes = file->data_at + items * file->row_bytes;
    return 0;
}

int array_file_open(struct array_file *file, const struct spec_array *array,
                    uint64_t items, const char *path, struct ff_error *err)
{
    unsigned char header[ARRAY_HEADER_MAX];
    *file = (struct array_file){.fd = -1, .type = array->type,
                                .row_bytes = spec_row_bytes(array)};
    if (strlen(path) >= sizeof file->path - 32)
        return ff_error_set(err, FF_USAGE, "the name of a file is too long: "
                            "'%.60s...'", path);
    strcpy(file->path, path);
    file->data_at = array_header(header, array, items);
    if (set_bytes(file, array, items, err) != 0)
        return -1;
    if (open_file(file, err) != 0)
        return -1;
    const int rc = posix_fallocate(file->fd, 0, (off_t)file->bytes);
    if (rc != 0) {
        errno = rc;
        ff_error_errno(err, FF_UNWRITTEN, "no room for '%s', %" PRIu64
                       " bytes", path, file->bytes);
    } else if (pwrite(file->fd, header, file->data_at, 0)
               != (ssize_t)file->data_at) {
        ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'", path);
    } else {
        return 0;
    }
    array_file_release(file);
    return -1;
}

int array_file_open_local(struct array_file *file,
                          const struct spec_array *array, uint64_t items,
                          struct ff_error *err)
{
    *file = (struct array_file){.type = array->type,
                                .row_bytes = spec_row_bytes(array)};
    snprintf(file->path, sizeof file->path, "%s", array->name);
    file->fd = -1;
    if (set_bytes(file, array, items, err) != 0)
        return -1;
    file->fd = scratch_file();
    if (file->fd >= 0 && ftruncate(file->fd, (off_t)file->bytes) == 0)
        return 0;
    ff_error_errno(err, FF_UNWRITTEN, "no room for the rows of array '%s', %"
                   PRIu64 " bytes, in '%s' (TMPDIR)", array->name, file->bytes,
                   scratch_folder());
    array_file_release(file);
    return -1;
}

void array_file_release(struct array_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    if (file->temporary[0] != '\0')
        unlink(file->temporary);
    file->fd = -1;
    file->temporary[0] = '\0';
}

static int cannot_write(const struct array_file *file, struct ff_error *err)
{
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'", file->path);
}

int array_file_copy(struct array_file *file, int from, struct ff_error *err)
{
    char *part = malloc(FILL_BYTES);
    uint64_t left = file->bytes - file->data_at;
    if (part == NULL || lseek(from, 0, SEEK_SET) != 0
        || lseek(file->fd, (off_t)file->data_at, SEEK_SET) < 0)
        left = UINT64_MAX;
    while (left > 0 && left != UINT64_MAX) {
        const size_t n = left < FILL_BYTES ? (size_t)left : FILL_BYTES;
        if (fd_read_all(from, part, n) != 1
            || fd_write_all(file->fd, part, n) != 0)
            break;
        left -= n;
    }
    free(part);
    return left == 0 ? 0 : cannot_write(file, err);
}

/* ---- finishing it -------------------------------------------------------- */

/* n bytes of what stands for "no value". */
static void no_values(const struct array_file *file, unsigned char *out,
                      size_t n)
{
    const double nan64 = NAN;
    const float nan32 = NAN;
    memset(out, 0, n);
    for (size_t i = 0; file->type == FF_TYPE_F64 && i < n; i += sizeof nan64)
        memcpy(out + i, &nan64, sizeof nan64);
    for (size_t i = 0; file->type == FF_TYPE_F32 && i < n; i += sizeof nan32)
        memcpy(out + i, &nan32, sizeof nan32);
}

/* The rows of the chunks [lo, hi). */
static int fill(const struct array_file *file, const struct grid *grid,
                uint32_t lo, uint32_t hi, struct ff_error *err)
{
    unsigned char part[FILL_BYTES];
    uint64_t begin, end;
    grid_chunk(grid, lo, &begin, &end);
    uint64_t left = grid_items(grid, lo, hi) * file->row_bytes;
    const uint64_t row = begin - grid->first;
    no_values(file, part, sizeof part);
    if (lseek(file->fd, (off_t)(file->data_at + row * file->row_bytes),
              SEEK_SET) < 0)
        return cannot_write(file, err);
    while (left > 0) {
        const size_t n = left < sizeof part ? (size_t)left : sizeof part;
        if (fd_write_all(file->fd, part, n) != 0)
            return cannot_write(file, err);
        left -= n;
    }
    return 0;
}

static int fill_missing(const struct array_file *file, const struct grid *grid,
                        const struct cover *accepted, struct ff_error *err)
{
    uint32_t lo = 0;
    for (size_t i = 0; i <= accepted->n; i++) {
        const uint32_t hi = i < accepted->n ? accepted->range[i].lo
                                            : grid->n_chunks;
        if (lo < hi && fill(file, grid, lo, hi, err) != 0)
            return -1;
        if (i < accepted->n)
            lo = accepted->range[i].hi;
    }
    return 0;
}

/* As a file that is made by open would have them. */
static mode_t usual_mode(void)
{
    const mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int link_to(const struct array_file *file, const char *path)
{
    char from[64];
    snprintf(from, sizeof from, "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int array_file_finish(struct array_file *file, const struct grid *grid,
                      const struct cover *accepted, struct ff_error *err)
{
    if (fill_missing(file, grid, accepted, err) != 0)
        return -1;
    int rc = fchmod(file->fd, usual_mode());
    if (rc == 0 && file->temporary[0] == '\0') {
        if (link_to(file, file->path) == 0) {
            close(file->fd);
            file->fd = -1;
            return 0;
        }
        rc = errno == EEXIST ? 0 : -1;
        if (rc == 0) { /* something has the name: it is replaced */
            make_temporary(file);
            rc = link_to(file, file->temporary);
        }
    }
    if (rc == 0)
        rc = rename(file->temporary, file->path);
    if (rc != 0)
        return cannot_write(file, err);
    file->temporary[0] = '\0';
    rc = close(file->fd);
    file->fd = -1;
    return rc == 0 ? 0 : cannot_write(file, err);
}
