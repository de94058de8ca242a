/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staging: values on their way from a kernel into the executor's partial.
 *
 * Each source of values has a buffer that the kernel's inlined calls append
 * to; one result folds it, or several, as --fold asks. A chunk
 * that ends well just moves the mark up to which the buffer is committed; a
 * chunk that fails moves the end back to the mark. So a chunk costs next to
 * nothing, and what a failed chunk folded is gone. Only when one chunk fills
 * a buffer by itself are its values folded into a slice of their own
 * (`pending`), which is merged or dropped at the chunk's end.
 */
#ifndef FANFOLD_WORKER_STAGE_H
#define FANFOLD_WORKER_STAGE_H

#include "error.h"
#include "partial.h"

#include <stdbool.h>

struct stage_source {
    uint32_t committed;   /* places of the buffer that count */
    bool pending_used;    /* some of the running chunk is in `pending` */
};

struct stage {
    const struct partial_layout *layout;
    struct ff_buffer *buffer;  /* one a source; the kernel's view */
    struct stage_source *source;
    int64_t *partial;          /* layout->n_words */
    int64_t *pending;          /* likewise, of the running chunk */
    void *memory;
    uint64_t begin, end;       /* items of the running chunk */
};

int stage_init(struct stage *stage, const struct partial_layout *layout,
               struct ff_error *err);
void stage_release(struct stage *stage);

static inline void stage_begin(struct stage *stage, uint64_t begin,
                               uint64_t end)
{
    stage->begin = begin;
    stage->end = end;
}

/* Are the items of all that is in the buffers in the chunk? 0, or -1 with
 * *source and *item. */
int stage_check(const struct stage *stage, uint32_t *source, uint64_t *item);

/* Moves what the running chunk has put into `from` to `into`, which runs the
 * same chunk. All of it must have been checked. */
void stage_absorb(struct stage *into, struct stage *from);

/* Makes room in the buffer of a source, in the middle of a chunk. Returns -1,
 * with *item, when it was given an item outside the chunk. */
int stage_flush(struct stage *stage, uint32_t source, uint64_t *item);

/* The chunk ended well: 0, or -1 with *source and *item as above (then the
 * caller discards). */
int stage_commit(struct stage *stage, uint32_t *source, uint64_t *item);

/* The chunk failed: nothing of it stays. */
void stage_discard(struct stage *stage);

/* Has anything been folded since the last chunk? Into *source, for example. */
bool stage_used(const struct stage *stage, uint32_t *source);

/* Folds all that is committed into stage->partial and normalises it. Not
 * inside a chunk. */
void stage_drain(struct stage *stage);

/* Empties the partial. */
void stage_reset(struct stage *stage);

#endif
