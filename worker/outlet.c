/* SPDX-License-Identifier: Apache-2.0 */
/* What an executor hands over besides results: see outlet.h. */
#include "outlet.h"

#include <string.h>

#define FULL_BYTES 131072u

int outlet_open(struct outlet *o, struct record *record,
                const struct spec *spec, const struct job_shm *job, bool muted,
                struct ff_error *err)
{
    const uint32_t n = spec->n_outputs + (job->keep_order != 0);
    if (emit_init(&o->emit, n, err) != 0
        || rows_init(&o->rows, spec, job, muted, err) != 0)
        return -1;
    o->muted = o->emit.muted = muted;
    o->rows_of_chunk = &o->rows;
    o->record = record;
    record->emit = n > 0 ? &o->emit : NULL;
    record->rows = spec->n_arrays > 0 ? &o->rows : NULL;
    o->used = n > 0 || spec->n_arrays > 0;
    return 0;
}

void outlet_release(struct outlet *o)
{
    emit_release(&o->emit);
    rows_release(&o->rows);
}

int outlet_begin(struct outlet *o, uint32_t c, uint64_t begin, uint64_t end)
{
    if (emit_is_full(&o->emit))
        record_stream(o->record, false);
    emit_begin(&o->emit, c);
    return rows_begin(&o->rows, begin, end);
}

/* When the buffer is full it is sent, and empty. */
static void emit_bytes(struct outlet *o, uint32_t output, const char *p,
                       size_t n)
{
    struct ff_bytes *b = &o->emit.bytes[output];
    while (n > b->room - b->n) {
        const size_t part = b->room - b->n;
        memcpy(b->data + b->n, p, part);
        b->n += part;
        p += part;
        n -= part;
        record_stream(o->record, true);
    }
    memcpy(b->data + b->n, p, n);
    b->n += n;
}

int outlet_emit(struct outlet *o, uint32_t output, const void *data, size_t n)
{
    if (data != NULL) {
        emit_bytes(o, output, data, n);
        return 0;
    }
    record_stream(o->record, true);
    return emit_grow(&o->emit, output, n);
}

static void emit_printed(void *arg, const void *data, size_t n)
{
    struct outlet *o = arg;
    emit_bytes(o, o->emit.n_outputs - 1, data, n);
}

int outlet_take_printed(struct outlet *o)
{
    return o->capture == NULL ? 0 : capture_take(o->capture, emit_printed, o);
}

void outlet_end(struct outlet *o, bool well)
{
    if (!well) {
        emit_discard(&o->emit);
        return;
    }
    emit_commit(&o->emit);
    rows_commit(&o->rows);
}

bool outlet_is_full(const struct outlet *o, size_t record_bytes)
{
    const size_t n = o->emit.sent + emit_waiting(&o->emit);
    return n > FULL_BYTES && n > 2 * record_bytes;
}

void outlet_mute(struct outlet *o)
{
    o->emit.muted = true;
    o->rows.begin = o->rows.end = 0; /* no rows either */
    emit_discard(&o->emit);
    emit_clear(&o->emit);
    o->emit.sent = 0;
}

bool outlet_unmute(struct outlet *o)
{
    const bool emitted = emit_used(&o->emit);
    emit_discard(&o->emit);
    o->emit.muted = o->muted;
    return emitted;
}
