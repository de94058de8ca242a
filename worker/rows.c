/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of arrays on their way into their files: see rows.h. */
#include "rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES 262144u /* so that it stays in the cache */

static int init_array(struct rows *rows, uint32_t i, const struct spec *spec,
                      const struct job_shm *job, bool muted,
                      struct ff_error *err)
{
    struct rows_array *a = &rows->array[i];
    const uint64_t items = job->grid.last - job->grid.first;
    a->row_bytes = (size_t)spec_row_bytes(&spec->array[i]);
    a->scrap = malloc(a->row_bytes);
    a->room = BUFFER_BYTES;
    a->buffer = malloc(a->room);
    if (a->scrap == NULL || a->buffer == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get memory for array "
                              "'%s'", spec->array[i].name);
    if (muted || items == 0)
        return 0;
    snprintf(a->path, sizeof a->path, "/proc/%d/fd/%d", (int)job->launcher,
             (int)job->array[i].fd);
    a->data_at = job->array[i].bytes - items * a->row_bytes;
    return 0;
}

int rows_init(struct rows *rows, const struct spec *spec,
              const struct job_shm *job, bool muted, struct ff_error *err)
{
    *rows = (struct rows){.n_arrays = spec->n_arrays,
                          .first = job->grid.first};
    if (spec->n_arrays == 0)
        return 0;
    rows->array = calloc(spec->n_arrays, sizeof rows->array[0]);
    if (rows->array == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get memory for arrays");
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        if (init_array(rows, i, spec, job, muted, err) != 0)
            return -1;
    return 0;
}

void rows_release(struct rows *rows)
{
    for (uint32_t i = 0; i < rows->n_arrays && rows->array != NULL; i++) {
        struct rows_array *a = &rows->array[i];
        free(a->buffer);
        free(a->scrap);
    }
    free(rows->array);
    *rows = (struct rows){0};
}

/* Is there room for n rows behind those that are kept? */
static bool has_room(const struct rows *rows, uint64_t n)
{
    for (uint32_t i = 0; i < rows->n_arrays; i++)
        if (n > rows->array[i].room / rows->array[i].row_bytes - rows->kept)
            return false;
    return true;
}

static int grow(struct rows *rows, uint64_t n)
{
    for (uint32_t i = 0; i < rows->n_arrays; i++) {
        struct rows_array *a = &rows->array[i];
        if (n <= a->room / a->row_bytes)
            continue;
        if (n > SIZE_MAX / 2 / a->row_bytes)
            return -1;
        char *more = realloc(a->buffer, n * a->row_bytes);
        if (more == NULL)
            return -1;
        a->buffer = more;
        a->room = n * a->row_bytes;
    }
    return 0;
}

int rows_begin(struct rows *rows, uint64_t begin, uint64_t end)
{
    const uint64_t n = end - begin;
    if (rows->n_ranges == ROWS_RANGES || !has_room(rows, n))
        rows_write(rows);
    if (!has_room(rows, n) && grow(rows, n) != 0)
        return -1;
    rows->begin = begin;
    rows->end = end;
    for (uint32_t i = 0; i < rows->n_arrays; i++) {
        struct rows_array *a = &rows->array[i];
        memset(a->buffer + rows->kept * a->row_bytes, 0, n * a->row_bytes);
    }
    return 0;
}

void rows_commit(struct rows *rows)
{
    struct item_range *last = rows->range + rows->n_ranges - 1;
    if (rows->n_ranges > 0 && last->end == rows->begin)
        last->end = rows->end;
    else
        rows->range[rows->n_ranges++] =
            (struct item_range){rows->begin, rows->end};
    rows->kept += rows->end - rows->begin;
}

_Noreturn static void cannot_write(void)
{
    fprintf(stderr, "fanfold-worker: cannot write the rows of an array: %s\n",
            strerror(errno));
    abort();
}

static void write_at(int fd, const char *from, size_t n, uint64_t at)
{
    while (n > 0) {
        const ssize_t done = pwrite(fd, from, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            cannot_write();
        from += done;
        n -= (size_t)done;
        at += (uint64_t)done;
    }
}

static void write_array(const struct rows *rows, const struct rows_array *a)
{
    const char *from = a->buffer;
    const int fd = open(a->path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        cannot_write();
    for (uint32_t i = 0; i < rows->n_ranges; i++) {
        const struct item_range r = rows->range[i];
        const size_t n = (size_t)(r.end - r.begin) * a->row_bytes;
        write_at(fd, from, n,
                 a->data_at + (r.begin - rows->first) * a->row_bytes);
        from += n;
    }
    close(fd);
}

void rows_write(struct rows *rows)
{
    if (rows->n_ranges == 0)
        return;
    for (uint32_t i = 0; i < rows->n_arrays; i++)
        if (rows->array[i].path[0] != '\0')
            write_array(rows, &rows->array[i]);
    rows->n_ranges = 0;
    rows->kept = 0;
}
