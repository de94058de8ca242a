/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kernels emit, brought into the order of items. Bytes come from the
 * executors ahead of the records that make them count (RECORD_OUTPUT in
 * ledger.h), wait until then, and then until all chunks before them are done
 * or failed; so each byte is written once, in order, whatever died.
 *
 * Pure: bytes in, bytes out; whoever asks for them writes them. What is kept
 * of each stretch of bytes is a piece; chunks that follow each other and came
 * together are one piece.
 */
#ifndef FANFOLD_LAUNCHER_ORDERED_H
#define FANFOLD_LAUNCHER_ORDERED_H

#include "cover.h"
#include "error.h"
#include "hold.h"
#include "store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the chunks [lo, hi). */
struct piece {
    uint32_t lo, hi;
    uint32_t output;
    struct held held;
    uint64_t turn; /* of two pieces of one chunk the earlier is first. It grows
                      with each byte that leaves the front of the piece, so no
                      two that ever were have the same */
    bool has_row;  /* the store has it under this number, as it is */
};

/* A list of pieces; of what counts, a heap by (lo, turn). */
struct pieces {
    struct piece *piece;
    size_t n, room;
};

struct ordered {
    uint32_t n_outputs, n_sources, n_chunks;
    struct hold hold;
    struct pieces *pending; /* one a source: do not count yet */
    struct pieces *ready;   /* one an output: count */
    uint32_t *open;         /* a source and output: its open block */
    bool watches;           /* an output is looked at as soon as it counts: */
    uint32_t watched;       /* this one; its ... */
    struct pieces fresh;    /* ... pieces that came to count, until whoever looks
                               at them empties the list; only to be read */
    uint64_t turn;
    uint64_t first_turn;    /* of all, for what goes before (ordered_load) */
    uint64_t counted;       /* bytes that came to count here, */
    uint64_t waiting;       /* and of all that count, not written */
    size_t *without_row;    /* one an output: pieces of `ready` */
    size_t n_rows;          /* pieces with one */
    int64_t *gone;          /* rows to be removed; there is room for all there */
    size_t n_gone, gone_room; /* are */
};

/* memory_bytes: how much waits in memory before it goes to a file. */
int ordered_init(struct ordered *o, uint32_t n_outputs, uint32_t n_sources,
                 uint32_t n_chunks, uint64_t memory_bytes,
                 struct ff_error *err);
void ordered_release(struct ordered *o);

/* The body of a RECORD_OUTPUT of a source (an executor): 0; 1 when it is not
 * one; -1 with *err. */
int ordered_take(struct ordered *o, uint32_t source, const void *body,
                 size_t n, uint32_t n_segments, struct ff_error *err);

/* Is all that the source has emitted of chunks of this cover? */
bool ordered_is_within(const struct ordered *o, uint32_t source,
                       const struct cover *cover);

/* What the source has emitted counts. FF_LOST without memory. */
int ordered_commit(struct ordered *o, uint32_t source, struct ff_error *err);

/* It does not: all of it, or just what chunk c has emitted. */
void ordered_drop(struct ordered *o, uint32_t source);
void ordered_drop_chunk(struct ordered *o, uint32_t source, uint32_t c);

/* The next bytes of an output, all chunks before `frontier` being settled: 1
 * with *data and *n, until the next call; 0 when they are not here yet; -1
 * with *err. */
int ordered_next(struct ordered *o, uint32_t output, uint32_t frontier,
                 const char **data, size_t *n, struct ff_error *err);

/* So many of the bytes just given are written. */
void ordered_written(struct ordered *o, uint32_t output, size_t n);

/* For who takes items apart (harvest.h): the first n bytes of an output leave
 * what counts, appended to *list as pieces, in order; they still wait, until
 * ordered_cut_done. 0; 1, and nothing has changed: there are not so many; -1
 * with *err. */
int ordered_cut(struct ordered *o, uint32_t output, uint64_t n,
                struct pieces *list, struct ff_error *err);

/* The first piece of an output, all chunks before `frontier` being settled;
 * NULL: none is here. Until the next call. */
const struct piece *ordered_first(const struct ordered *o, uint32_t output,
                                  uint32_t frontier);

/* Bytes of a piece that was cut off; its first n are written. */
const char *ordered_cut_bytes(struct ordered *o, const struct piece *piece,
                              struct ff_error *err);
void ordered_cut_done(struct ordered *o, struct piece *piece, uint32_t n);

/* For who does not write but hands on (a node of a cluster): takes out of what
 * counts, whatever is before it, about WIRE_PIECE bytes as a RECORD_OUTPUT. 1
 * with *message, to be freed; 0: nothing counts; -1 with *err. */
int ordered_hand_on(struct ordered *o, void **message, size_t *n,
                    struct ff_error *err);

/* Bytes of an output that count and are not written. */
uint64_t ordered_left(const struct ordered *o, uint32_t output);

/* ---- a run that is kept (keeper.h): ordered_rows.c ------------------------- */

/* What the store must know: rows of STORE_PIECES for what came to count since the
 * last time and waits, none any more for what does not. Each piece has one row,
 * from number 0 on; of one that was written in part, or cut in two, the rest has
 * another one than the whole had. -1 with *err.
 *
 * What was cut off and is not done is harvest.c's to save: it puts rows with
 * numbers below 0, with the lo and hi of the piece that was cut, and removes them
 * again. */
int ordered_save(struct ordered *o, struct store_batch *batch,
                 struct ff_error *err);

/* How many bytes that would be. */
uint64_t ordered_unsaved(const struct ordered *o);

/* What the store has counts from now on, as it did, but is not `fresh`: within a
 * chunk by ascending numbers, those below 0 as well, in place of which the next
 * ordered_save has others. Before anything else came. FF_DAMAGED, FF_LOST,
 * FF_UNWRITTEN. */
int ordered_load(struct ordered *o, struct store *kept, struct ff_error *err);

/* Between ordered.c and ordered_rows.c. */
int pieces_reserve(struct pieces *p, size_t n);
void ordered_add(struct ordered *o, struct piece piece); /* there is room */
int ordered_no_memory(struct ff_error *err);

#define ORDERED_TURN UINT64_C(65536) /* from one piece to the next: no piece has
                                        more bytes */

#endif
