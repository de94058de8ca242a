/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staging: values on their way from a kernel into the executor's partial.
 *
 * Each source of values has a buffer that the kernel's inlined calls append
 * to; one result folds it, or several, as --fold asks. A chunk
 * that ends well just moves the mark up to which the buffer is committed; a
 * chunk that fails moves the end back to the mark. So a chunk costs next to
 * nothing, and what a failed chunk folded is gone. Only when one chunk fills
 * a buffer by itself, or folds a long array, are its values folded into a slice
 * of their own (`pending`), which is merged or dropped at the chunk's end.
 *
 * Ordered results cannot wait for other chunks: each chunk folds them into a
 * state of its own, in the order of its calls, and when it ends well that goes
 * to a tree (tree.h), as the leaf of its number.
 */
#ifndef FANFOLD_WORKER_STAGE_H
#define FANFOLD_WORKER_STAGE_H

#include "error.h"
#include "partial.h"
#include "tree.h"

#include <stdbool.h>

struct stage_source {
    uint32_t committed;   /* places of the buffer that count */
    uint32_t ordered;     /* places behind them that `state` has already */
    bool pending_used;    /* some of the running chunk is in `pending` or, of
                             VALUE_KIND_DIRECT, in `state` */
    const struct partial_result *first; /* the first result that folds it */
};

struct stage {
    const struct partial_layout *layout;
    struct ff_buffer *buffer;  /* one a source; the kernel's view */
    struct stage_source *source;
    int64_t *partial;          /* layout->n_words */
    int64_t *pending;          /* likewise, of the running chunk */
    int64_t *state;            /* layout->n_state_words, of the running chunk */
    bool state_used;           /* there is something in it */
    struct tree tree;          /* of the chunks since stage_reset */
    size_t max_nodes;          /* of the tree: more would not fit into a
                                  record */
    void *memory;
    uint32_t chunk;            /* that runs; NO_CHUNK: it is no leaf */
    uint64_t begin, end;       /* its items */
};

int stage_init(struct stage *stage, const struct partial_layout *layout,
               uint32_t n_chunks, struct ff_error *err);
void stage_release(struct stage *stage);

/* As state_tree_init, for workers: kernels' own operations are merged, and
 * cannot change the floating-point mode of other results. */
void stage_tree_init(struct tree *tree, const struct partial_layout *layout,
                     uint32_t n_chunks);

static inline void stage_begin(struct stage *stage, uint32_t chunk,
                               uint64_t begin, uint64_t end)
{
    stage->chunk = chunk;
    stage->begin = begin;
    stage->end = end;
}

/* Are the items of all that is in the buffers in the chunk? 0, or -1 with
 * *source and *item. */
int stage_check(const struct stage *stage, uint32_t *source, uint64_t *item);

/* Moves what the running chunk has put into `from` to `into`, which runs the
 * same chunk; in the order of ordered results it comes behind what is there.
 * All of it must have been checked. */
void stage_absorb(struct stage *into, struct stage *from);

/* Makes room in the buffer of a source, in the middle of a chunk. Returns -1,
 * with *item, when it was given an item outside the chunk. */
int stage_flush(struct stage *stage, uint32_t source, uint64_t *item);

/* Folds an array into the results of a source of VALUE_KIND_ONE, as so many
 * calls would. */
void stage_fold_array(struct stage *stage, uint32_t source,
                      const union ff_value *value, size_t n);

/* Folds a vector into the results of a source of VALUE_KIND_DIRECT; it has as
 * many elements as their shapes say. */
void stage_fold_vector(struct stage *stage, uint32_t source,
                       const union ff_value *x);

/* The slice of the running chunk, of the first result of a source of
 * VALUE_KIND_DIRECT, to be changed in place. */
int64_t *stage_state(struct stage *stage, uint32_t source);

/* Will stage_flush empty the buffer, so that the running chunk's values are
 * there no longer? */
static inline bool stage_empties(const struct stage *stage, uint32_t source)
{
    const struct ff_buffer *b = &stage->buffer[source];
    return b->n - stage->source[source].committed + 2 > b->room;
}

/* The chunk ended well: 0, or -1 with *source and *item as above (then the
 * caller discards). */
int stage_commit(struct stage *stage, uint32_t *source, uint64_t *item);

/* The chunk failed: nothing of it stays. */
void stage_discard(struct stage *stage);

/* Has anything been folded since the last chunk? Into *source, for example. */
bool stage_used(const struct stage *stage, uint32_t *source);

/* Adds what `from` has of its chunks, drained, to the other; the chunks of its
 * tree must be others. */
void stage_take(struct stage *into, const struct stage *from);

/* Must all be published before another chunk runs? */
static inline bool stage_is_full(const struct stage *stage)
{
    return stage->tree.n >= stage->max_nodes;
}

/* Folds all that is committed into stage->partial and normalises it. Not
 * inside a chunk. */
void stage_drain(struct stage *stage);

/* Empties the partial and the tree. */
void stage_reset(struct stage *stage);

#endif
