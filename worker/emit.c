/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes on their way into an output: see emit.h. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

int emit_init(struct emit *emit, uint32_t n_outputs, struct ff_error *err)
{
    *emit = (struct emit){.n_outputs = n_outputs};
    if (n_outputs == 0)
        return 0;
    emit->room = EMIT_SEGMENTS / n_outputs;
    emit->memory = calloc(n_outputs, sizeof emit->bytes[0]
                                     + sizeof emit->output[0]
                                     + emit->room
                                       * sizeof(struct output_segment));
    if (emit->memory == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get memory for outputs");
    emit->bytes = emit->memory;
    emit->output = (struct emit_output *)(emit->bytes + n_outputs);
    struct output_segment *s =
        (struct output_segment *)(emit->output + n_outputs);
    for (uint32_t i = 0; i < n_outputs; i++) {
        emit->output[i].segment = s + (size_t)i * emit->room;
        if (emit_grow(emit, i, EMIT_BYTES) != 0) {
            emit_release(emit);
            return ff_error_errno(err, FF_LOST, "cannot get memory for "
                                  "outputs");
        }
    }
    return 0;
}

void emit_release(struct emit *emit)
{
    for (uint32_t i = 0; i < emit->n_outputs && emit->bytes != NULL; i++)
        free(emit->bytes[i].data);
    free(emit->memory);
    *emit = (struct emit){0};
}

int emit_grow(struct emit *emit, uint32_t output, size_t n)
{
    struct ff_bytes *b = &emit->bytes[output];
    if (b->room - b->n >= n)
        return 0;
    char *more = realloc(b->data, b->n + n);
    if (more == NULL)
        return -1;
    b->data = more;
    b->room = b->n + n;
    return 0;
}

/* n more bytes of an output count, of the chunks [lo, hi). */
static void add(struct emit *emit, uint32_t output, size_t n)
{
    struct emit_output *o = &emit->output[output];
    if (n == 0)
        return;
    o->segment[o->n++] = (struct output_segment){
        emit->chunk, emit->chunk + 1, output, 0, n};
    o->committed += n;
}

void emit_commit(struct emit *emit)
{
    for (uint32_t i = 0; i < emit->n_outputs; i++) {
        struct emit_output *o = &emit->output[i];
        const size_t n = emit->bytes[i].n - o->committed;
        struct output_segment *last = o->segment + o->n - 1;
        if (o->n > 0 && last->hi == emit->chunk) {
            /* A chunk that emitted nothing closes the gap to the next. */
            last->hi++;
            last->bytes += n;
            o->committed += n;
        } else {
            add(emit, i, n);
        }
    }
}

void emit_discard(struct emit *emit)
{
    for (uint32_t i = 0; i < emit->n_outputs; i++)
        emit->bytes[i].n = emit->output[i].committed;
}

bool emit_is_full(const struct emit *emit)
{
    for (uint32_t i = 0; i < emit->n_outputs; i++)
        if (emit->output[i].n + 2 > emit->room)
            return true;
    return false;
}

size_t emit_waiting(const struct emit *emit)
{
    size_t n = 0;
    for (uint32_t i = 0; i < emit->n_outputs; i++)
        n += emit->output[i].committed;
    return n;
}

bool emit_used(const struct emit *emit)
{
    size_t n = emit->sent;
    for (uint32_t i = 0; i < emit->n_outputs; i++)
        n += emit->bytes[i].n;
    return n > 0;
}

void emit_digest(struct emit *emit)
{
    emit->digesting = true;
    for (uint32_t i = 0; i < emit->n_outputs; i++)
        emit->output[i].digest = (struct emit_digest){
            .n = 0, .hash = UINT64_C(0xcbf29ce484222325)};
}

/* FNV-1a (Fowler, Noll, Vo): it goes byte by byte. */
static void digest(struct emit_output *o, const char *bytes, size_t n)
{
    uint64_t hash = o->digest.hash;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    o->digest.hash = hash;
    o->digest.n += n;
}

void emit_add_running(struct emit *emit)
{
    for (uint32_t i = 0; i < emit->n_outputs; i++) {
        struct emit_output *o = &emit->output[i];
        const size_t n = emit->bytes[i].n - o->committed;
        if (emit->digesting)
            digest(o, emit->bytes[i].data + o->committed, n);
        add(emit, i, n);
    }
}

void emit_clear(struct emit *emit)
{
    emit->sent += emit_waiting(emit);
    for (uint32_t i = 0; i < emit->n_outputs; i++) {
        struct emit_output *o = &emit->output[i];
        struct ff_bytes *b = &emit->bytes[i];
        memmove(b->data, b->data + o->committed, b->n - o->committed);
        b->n -= o->committed;
        o->committed = 0;
        o->n = 0;
    }
}
