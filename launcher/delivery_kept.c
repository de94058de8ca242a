/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs and arrays of a run that is kept: what its store is told of them, and
 * how they are opened again: see delivery.h, kept_file.h.
 *
 * Why what the store says is never ahead of the files: bytes of an output are
 * written before their piece is taken off, and rows of an array are in the page
 * cache before the record that makes them count is published (worker/rows.h), so
 * all of it happened before the batch was made. Whoever writes the batch syncs the
 * files first (store_batch_sync). What is written to them meanwhile is of a later
 * batch: output is cut off on resume, and comes again; rows are written again.
 */
#include "delivery.h"
#include "kept_file.h"

#include <stdio.h>
#include <string.h>

/* ---- to the store -------------------------------------------------------- */

static const char *kind_of(const struct delivery *d, uint32_t i)
{
    return i < d->spec->n_outputs ? "output " : "printed";
}

static const char *name_of(const struct delivery *d, uint32_t i)
{
    return i < d->spec->n_outputs ? d->spec->output[i].name : "";
}

static void save_sink(const struct delivery *d, uint32_t i, uint32_t frontier,
                      struct store_batch *batch)
{
    const struct sink *sink = &d->sink[i];
    struct kept_file f = {.bytes = sink->bytes, .frontier = frontier};
    snprintf(f.path, sizeof f.path, "%s",
             sink->path != NULL ? sink->path : "-");
    kept_file_put(batch, kind_of(d, i), name_of(d, i), &f);
    if (sink_is_file(sink))
        store_batch_sync(batch, sink->fd);
}

/* An array that has its name is kept as such: a failed run can be gone on with.
 * Then the hidden one is noted apart, until it is gone. */
static int save_array(const struct delivery *d, uint32_t i, uint32_t frontier,
                      struct store_batch *batch, struct ff_error *err)
{
    struct array_file *file = &d->array[i];
    const char *name = d->spec->array[i].name;
    struct kept_file f = {.bytes = file->bytes, .frontier = frontier};
    if (file->fd >= 0 && array_file_keep(file, err) != 0)
        return -1;
    if (file->fd >= 0)
        store_batch_sync(batch, file->fd);
    if (file->temporary[0] != '\0') {
        snprintf(f.path, sizeof f.path, "%s", file->temporary);
        kept_file_put(batch, file->named ? "hidden " : "array ", name, &f);
    }
    if (file->named) {
        snprintf(f.path, sizeof f.path, "%s", file->path);
        kept_file_put(batch, "array ", name, &f);
    }
    return 0;
}

int delivery_save(struct delivery *d, uint32_t frontier,
                  struct store_batch *batch, struct ff_error *err)
{
    if (d->spec == NULL)
        return 0;
    if (d->ordered.n_outputs > 0
        && ordered_save(&d->ordered, batch, err) != 0)
        return -1;
    for (uint32_t i = 0; i < d->n_sinks; i++)
        save_sink(d, i, frontier, batch);
    for (uint32_t i = 0; i < d->spec->n_arrays; i++)
        if (save_array(d, i, frontier, batch, err) != 0)
            return -1;
    return 0;
}

void delivery_forget(struct delivery *d)
{
    for (uint32_t i = 0; d->array != NULL && i < d->spec->n_arrays; i++)
        d->array[i].kept = d->array[i].was_kept;
}

/* ---- and back ------------------------------------------------------------ */

/* Was it killed, so that it could not say what it wrote last? */
static int was_lost(struct store *kept, struct ff_error *err)
{
    const int64_t n =
        store_count(kept, STORE_EPOCHS,
                    "number = (SELECT MAX(number) FROM epochs) AND status IN "
                    "('running', 'lost')", NULL, 0, err);
    return n < 0 ? -1 : n > 0;
}

/* What cannot be cut off comes twice. */
static int tell_twice(const struct delivery *d, const struct sink *sink,
                      struct ff_error *err)
{
    if (sink->bytes == 0 || sink_is_file(sink) || d->job->quiet)
        return 0;
    const int lost = was_lost(d->kept, err);
    if (lost > 0)
        fprintf(stderr, "fanfold: what was written to %s after the run had "
                "been kept last, before it was killed, comes again\n",
                sink->name);
    return lost < 0 ? -1 : 0;
}

static int other_path(const char *name, const char *was, const char *is,
                      struct ff_error *err)
{
    return ff_error_set(err, FF_CHANGED, "output '%s' of the run went to '%s', "
                        "and would go to '%s' now: give the same --output, or "
                        "begin the run anew (another --store)", name, was, is);
}

/* What is put behind a chunk that had failed would be out of order. */
static int check_order(const struct delivery *d, const char *name,
                       const struct kept_file *f, struct ff_error *err)
{
    const struct store_value frontier = store_int(f->frontier);
    if (!d->job->retry_failed)
        return 0;
    const int64_t n = store_count(d->kept, STORE_FAILURES, "chunk < ?1",
                                  &frontier, 1, err);
    if (n <= 0)
        return n < 0 ? -1 : 0;
    return ff_error_set(err, FF_USAGE, "--retry-failed: output '%s' is written "
                        "in order, and what comes behind the chunks that "
                        "failed is written already: begin the run anew "
                        "(another --store)",
                        name[0] != '\0' ? name : "of what is printed");
}

int delivery_open_sink(struct delivery *d, uint32_t i, const char *kind,
                       const char *path, int fd, struct ff_error *err)
{
    struct sink *sink = &d->sink[i];
    const char *name = name_of(d, i), *is = path != NULL ? path : "-";
    struct kept_file f = {.bytes = 0};
    const int rc = d->kept != NULL
                   ? kept_file_find(d->kept, kind, name, &f, err) : 0;
    if (rc < 0 || (rc > 0 && check_order(d, name, &f, err) != 0))
        return -1;
    if (rc > 0 && strcmp(f.path, is) != 0)
        return other_path(name, f.path, is, err);
    if (path != NULL
        ? sink_open_kept(sink, path, "--output", f.bytes, err) != 0
        : sink_open_stream(sink, fd, err) != 0)
        return -1;
    sink->bytes = f.bytes;
    if (tell_twice(d, sink, err) == 0)
        return 0;
    sink_cancel(sink);
    return -1;
}

int delivery_open_array(struct delivery *d, uint32_t i, const char *path,
                        struct ff_error *err)
{
    const struct spec_array *array = &d->spec->array[i];
    const uint64_t items = d->grid.last - d->grid.first;
    struct kept_file f;
    const int rc = d->kept != NULL
                   ? kept_file_find(d->kept, "array ", array->name, &f, err)
                   : 0;
    if (rc < 0)
        return -1;
    if (rc > 0)
        return array_file_open_kept(&d->array[i], array, items, path, f.path,
                                    err);
    return array_file_open(&d->array[i], array, items, path, err);
}

int delivery_load(struct delivery *d, struct ff_error *err)
{
    return d->kept != NULL ? ordered_load(&d->ordered, d->kept, err) : 0;
}
