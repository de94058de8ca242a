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
#define HIDDEN_DIGITS 16

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

/* A name beside the destination that nobody can foresee: an absolute path, as
 * whoever removes it may be somewhere else. */
static void make_temporary(struct array_file *file)
{
    char folder[PATH_MAX], full[PATH_MAX];
    const char *slash = strrchr(file->path, '/');
    const uint64_t seed[2] = {clock_ns(), (uint64_t)getpid()};
    int n = -1;
    if (realpath(folder_of(file->path, folder), full) != NULL)
        n = snprintf(file->temporary, sizeof file->temporary,
                     "%s/.%s.%016" PRIx64, full,
                     slash != NULL ? slash + 1 : file->path,
                     hash_bytes(seed, sizeof seed));
    if (n < 0 || (size_t)n >= sizeof file->temporary)
        file->temporary[0] = '\0';
}

bool array_file_is_hidden(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(path, '.');
    return path[0] == '/' && slash[1] == '.' && dot > slash + 1
           && strlen(dot + 1) == HIDDEN_DIGITS
           && strspn(dot + 1, "0123456789abcdef") == HIDDEN_DIGITS;
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

/* All but the file itself. */
static int prepare(struct array_file *file, const struct spec_array *array,
                   uint64_t items, const char *path,
                   unsigned char header[ARRAY_HEADER_MAX],
                   struct ff_error *err)
{
    *file = (struct array_file){.fd = -1, .type = array->type,
                                .row_bytes = spec_row_bytes(array)};
    if (strlen(path) >= sizeof file->path - 32)
        return ff_error_set(err, FF_USAGE, "the name of a file is too long: "
                            "'%.60s...'", path);
    strcpy(file->path, path);
    file->data_at = array_header(header, array, items);
    return set_bytes(file, array, items, err);
}

int array_file_open(struct array_file *file, const struct spec_array *array,
                    uint64_t items, const char *path, struct ff_error *err)
{
    unsigned char header[ARRAY_HEADER_MAX];
    if (prepare(file, array, items, path, header, err) != 0
        || open_file(file, err) != 0)
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
    if (file->temporary[0] != '\0' && !file->kept)
        unlink(file->temporary);
    file->fd = -1;
    file->temporary[0] = '\0';
}

static int cannot_write(const struct array_file *file, struct ff_error *err)
{
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'", file->path);
}

/* All rows, from `from_at` of another file on. */
static int copy(struct array_file *file, int from, off_t from_at,
                struct ff_error *err)
{
    char *part = malloc(FILL_BYTES);
    uint64_t left = file->bytes - file->data_at;
    if (part == NULL || lseek(from, from_at, SEEK_SET) < 0
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

int array_file_copy(struct array_file *file, int from, struct ff_error *err)
{
    return copy(file, from, 0, err);
}

/* ---- one that is kept ---------------------------------------------------- */

static int link_to(const struct array_file *file, const char *path)
{
    char from[64];
    snprintf(from, sizeof from, "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int array_file_keep(struct array_file *file, struct ff_error *err)
{
    if (file->kept)
        return 0;
    if (file->temporary[0] == '\0') {
        make_temporary(file);
        if (file->temporary[0] == '\0' || link_to(file, file->temporary) != 0) {
            file->temporary[0] = '\0';
            return ff_error_errno(err, FF_UNWRITTEN, "cannot keep the rows of "
                                  "'%s' under a name beside it", file->path);
        }
    }
    file->kept = true;
    return 0;
}

int array_file_leave(struct array_file *file, struct ff_error *err)
{
    if (array_file_keep(file, err) != 0)
        return -1;
    int rc = fdatasync(file->fd);
    if (close(file->fd) != 0 && errno != EINTR)
        rc = -1;
    file->fd = -1;
    return rc == 0 ? 0 : cannot_write(file, err);
}

static int changed(const struct array_file *file, const char *kept,
                   const char *what, struct ff_error *err)
{
    return ff_error_set(err, FF_CHANGED, "the rows of '%s' that are done were "
                        "in '%s', which %s: put the file back, or begin the "
                        "run anew (another --store)", file->path, kept, what);
}

/* Is it the destination itself, or a name that we made beside it? */
static bool is_its_name(const struct array_file *file, const char *kept)
{
    char folder[PATH_MAX], full[PATH_MAX];
    const char *slash = strrchr(file->path, '/');
    const char *base = slash != NULL ? slash + 1 : file->path;
    if (strcmp(kept, file->path) == 0)
        return true;
    if (!array_file_is_hidden(kept)
        || realpath(folder_of(file->path, folder), full) == NULL)
        return false;
    const size_t n = strcmp(full, "/") == 0 ? 0 : strlen(full);
    return strncmp(kept, full, n) == 0 && kept[n] == '/' && kept[n + 1] == '.'
           && strlen(kept + n + 2) == strlen(base) + 1 + HIDDEN_DIGITS
           && strncmp(kept + n + 2, base, strlen(base)) == 0;
}

static int check_kept(const struct array_file *file, const char *kept, int fd,
                      const unsigned char *header, struct ff_error *err)
{
    unsigned char has[ARRAY_HEADER_MAX];
    struct stat st;
    if (fd < 0 && errno == ENOENT)
        return changed(file, kept, "is gone", err);
    if (fd < 0)
        return ff_error_errno(err, FF_USAGE, "cannot open '%s', which has the "
                              "rows of '%s' that are done", kept, file->path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return changed(file, kept, "is no file of ours any more", err);
    if ((uint64_t)st.st_size != file->bytes
        || fd_read_at(fd, has, file->data_at, 0) != 0
        || memcmp(has, header, file->data_at) != 0)
        return changed(file, kept, "is another array now", err);
    return 0;
}

int array_file_open_kept(struct array_file *file,
                         const struct spec_array *array, uint64_t items,
                         const char *path, const char *kept,
                         struct ff_error *err)
{
    unsigned char header[ARRAY_HEADER_MAX];
    if (prepare(file, array, items, path, header, err) != 0)
        return -1;
    if (!is_its_name(file, kept))
        return changed(file, kept, "is not where this array goes", err);
    const bool is_copied = strcmp(kept, path) == 0;
    const int fd = open(kept, (is_copied ? O_RDONLY : O_RDWR) | O_NOFOLLOW
                              | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int rc = check_kept(file, kept, fd, header, err);
    if (rc == 0 && !is_copied) {
        file->fd = fd;
        file->kept = file->was_kept = true;
        snprintf(file->temporary, sizeof file->temporary, "%s", kept);
        return 0;
    }
    if (rc == 0)
        rc = array_file_open(file, array, items, path, err);
    if (rc == 0 && copy(file, fd, (off_t)file->data_at, err) != 0) {
        array_file_release(file);
        rc = -1;
    }
    if (fd >= 0)
        close(fd);
    return rc;
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

/* In place of what has the name. */
static int replace(struct array_file *file)
{
    if (file->temporary[0] == '\0') {
        make_temporary(file);
        if (file->temporary[0] == '\0'
            || link_to(file, file->temporary) != 0) {
            file->temporary[0] = '\0';
            return -1;
        }
    }
    if (rename(file->temporary, file->path) != 0)
        return -1;
    file->temporary[0] = '\0';
    return 0;
}

static int sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const int fd = open(folder_of(path, folder),
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    const int rc = fsync(fd);
    close(fd);
    return rc == 0 || errno == EINVAL ? 0 : -1;
}

/* It takes its name, and has the hidden one as well, by which it is found when
 * we die before the store says that it is complete. Without hard links it
 * cannot have both. */
static int name_kept(struct array_file *file)
{
    struct array_file other = *file;
    other.temporary[0] = '\0';
    if (fdatasync(file->fd) != 0)
        return -1;
    if (link_to(file, file->path) != 0) {
        make_temporary(&other);
        if (other.temporary[0] == '\0'
            || link_to(file, other.temporary) != 0)
            return replace(file) != 0 ? -1 : sync_folder(file->path);
        const int rc = rename(other.temporary, file->path);
        unlink(other.temporary); /* it is there when it was the same file */
        if (rc != 0)
            return -1;
    }
    return sync_folder(file->path);
}

static int take_name(struct array_file *file)
{
    if (file->kept)
        return name_kept(file);
    if (file->temporary[0] == '\0' && link_to(file, file->path) == 0)
        return 0;
    if (file->temporary[0] == '\0' && errno != EEXIST)
        return -1;
    return replace(file);
}

int array_file_finish(struct array_file *file, const struct grid *grid,
                      const struct cover *accepted, struct ff_error *err)
{
    if (fill_missing(file, grid, accepted, err) != 0)
        return -1;
    if (fchmod(file->fd, usual_mode()) != 0 || take_name(file) != 0)
        return cannot_write(file, err);
    file->named = true;
    const int rc = close(file->fd);
    file->fd = -1;
    return rc == 0 || errno == EINTR ? 0 : cannot_write(file, err);
}
