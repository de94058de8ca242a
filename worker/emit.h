/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emitting: bytes on their way from a kernel into an output. Each output has a
 * buffer that ff_emit appends to. As with staged values (stage.h), a chunk
 * that ends well moves the mark up to which the buffer counts, one that fails
 * moves the end back to it. What stands in the buffers is sent to the launcher
 * before the record that makes it count (record.h), or earlier when a buffer
 * is full: then also what the running chunk has emitted so far.
 *
 * Chunks that follow each other share a segment, so that many small chunks
 * cost no more than one.
 */
#ifndef FANFOLD_WORKER_EMIT_H
#define FANFOLD_WORKER_EMIT_H

#include "error.h"
#include "ledger.h"

#include <fanfold.h>
#include <stdbool.h>

#define EMIT_BYTES 65536u  /* of a buffer, as long as that is enough */
#define EMIT_SEGMENTS 448u /* of all outputs; with their head in one frame */

/* Of bytes, however they are cut into pieces. */
struct emit_digest {
    uint64_t n, hash;
};

struct emit_output {
    size_t committed; /* bytes of the buffer that count */
    uint32_t n;
    struct output_segment *segment; /* of the committed bytes, in order */
    struct emit_digest digest;      /* see emit_digest */
};

struct emit {
    uint32_t n_outputs;       /* 0: nothing of the below */
    uint32_t room;            /* segments an output */
    struct ff_bytes *bytes;   /* one an output; the kernel's view */
    struct emit_output *output;
    uint32_t chunk;           /* that runs */
    bool muted;               /* diagnosis: nothing is sent */
    bool digesting;
    uint64_t sent;            /* bytes, since the last record */
    void *memory;
};

int emit_init(struct emit *emit, uint32_t n_outputs, struct ff_error *err);
void emit_release(struct emit *emit);

/* Chunk c begins. All that is committed must have been sent when
 * emit_is_full. */
static inline void emit_begin(struct emit *emit, uint32_t c)
{
    emit->chunk = c;
}

/* It ended well, or failed. */
void emit_commit(struct emit *emit);
void emit_discard(struct emit *emit);

/* Is there no place for another segment of each output? */
bool emit_is_full(const struct emit *emit);

/* Bytes that count and were not sent yet. */
size_t emit_waiting(const struct emit *emit);

/* Has anything been emitted since the start or the last record? */
bool emit_used(const struct emit *emit);

/* Adds the running chunk's bytes to what is to be sent. */
void emit_add_running(struct emit *emit);

/* From now on what emit_add_running adds is digested, from the start. */
void emit_digest(struct emit *emit);

/* All that was committed or added has been sent. */
void emit_clear(struct emit *emit);

/* Makes room for n more bytes in an empty buffer. -1 without memory. */
int emit_grow(struct emit *emit, uint32_t output, size_t n);

#endif
