/* SPDX-License-Identifier: Apache-2.0 */
/* The end of outputs and arrays, and what became of them: see delivery.h. */
#include "delivery.h"

#include <stdio.h>
#include <stdlib.h>

/* A batch of the store that is written later speaks of what was written. */
static int finish_sink(struct sink *sink, enum delivery_end end,
                       struct ff_error *err)
{
    int rc = end != DELIVERY_DONE ? sink_sync(sink, err) : 0;
    if (sink_close(sink, rc == 0 ? err : NULL) != 0)
        rc = -1;
    return rc;
}

static int finish_array(struct array_file *file, const struct grid *grid,
                        const struct cover *accepted, enum delivery_end end,
                        struct ff_error *err)
{
    if (end == DELIVERY_LEFT)
        return array_file_leave(file, err);
    if (end == DELIVERY_DONE)
        file->kept = false; /* its hidden name goes */
    else if (array_file_keep(file, err) != 0)
        return -1;
    return array_file_finish(file, grid, accepted, err);
}

int delivery_finish(struct delivery *d, const struct cover *accepted,
                    enum delivery_end end, struct ff_error *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < d->n_sinks; i++)
        if (finish_sink(&d->sink[i], end, rc == 0 ? err : NULL) != 0)
            rc = -1;
    for (uint32_t i = 0; i < d->spec->n_arrays; i++)
        if (finish_array(&d->array[i], &d->grid, accepted, end,
                         rc == 0 ? err : NULL) != 0)
            rc = -1;
    return rc;
}

/* Items whose rows have no values. */
static uint64_t items_missing(const struct delivery *d,
                              const struct cover *accepted)
{
    uint64_t done = 0;
    for (size_t i = 0; i < accepted->n; i++)
        done += grid_items(&d->grid, accepted->range[i].lo,
                           accepted->range[i].hi);
    return d->grid.last - d->grid.first - done;
}

static void tell(struct delivered *to, const char *name, const char *file,
                 uint64_t bytes)
{
    snprintf(to->name, sizeof to->name, "%s", name);
    snprintf(to->file, sizeof to->file, "%.*s", (int)sizeof to->file - 1,
             file);
    to->bytes = bytes;
}

void delivery_tell(const struct delivery *d, const struct cover *accepted,
                   enum delivery_end end, struct outcome *o)
{
    const struct spec *spec = d->spec;
    if (task_is_command(&d->job->task))
        return; /* harvest.h */
    o->stdout_taken = d->to_stdout;
    o->delivered = calloc(spec->n_outputs + spec->n_arrays + 1,
                          sizeof o->delivered[0]);
    if (o->delivered == NULL)
        return;
    for (uint32_t i = 0; i < spec->n_outputs; i++) {
        struct delivered *x = &o->delivered[o->n_delivered++];
        const struct sink *s = &d->sink[i];
        tell(x, spec->output[i].name, s->path != NULL ? s->path : "-",
             s->bytes);
        x->bytes_left = ordered_left(&d->ordered, i);
        x->unread = d->blocked[i];
        x->is_kept = end == DELIVERY_LEFT;
    }
    for (uint32_t i = 0; i < spec->n_arrays; i++) {
        struct delivered *x = &o->delivered[o->n_delivered++];
        tell(x, spec->array[i].name, d->array[i].path, d->array[i].bytes);
        x->is_array = true;
        x->is_kept = end == DELIVERY_LEFT;
        x->items = d->grid.last - d->grid.first;
        x->items_missing = items_missing(d, accepted);
        x->has_nan = spec->array[i].type == FF_TYPE_F64
                     || spec->array[i].type == FF_TYPE_F32;
    }
}
