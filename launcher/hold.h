/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that must wait: in blocks of memory up to a limit, beyond it in a file
 * without a name in TMPDIR. A block that was given back leaves the file (its
 * place is used again, its pages are returned to the file system).
 */
#ifndef FANFOLD_LAUNCHER_HOLD_H
#define FANFOLD_LAUNCHER_HOLD_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOLD_NO_BLOCK UINT32_MAX

struct hold_block {
    char *data;     /* NULL: in the file, or free */
    uint32_t place; /* in the file, in blocks */
    uint32_t used;  /* bytes appended */
    uint32_t live;  /* of these, not given back yet */
    bool open;      /* more can be appended */
};

struct hold {
    uint32_t block_bytes;
    uint32_t max_in_memory; /* blocks that are not open */
    uint32_t n_in_memory;
    struct hold_block *block;
    uint32_t n_blocks, blocks_room;
    uint32_t *free_block, n_free;   /* numbers to use again; blocks_room */
    uint32_t *free_place, n_free_places, free_places_room;
    uint32_t n_places;
    int file;               /* -1: none yet */
    char *scratch;          /* a block read back: ... */
    uint32_t in_scratch;    /* ... this one */
    uint64_t bytes;         /* held in all */
};

/* Where some bytes are. */
struct held {
    uint32_t block, at, n;
};

void hold_init(struct hold *hold, uint32_t block_bytes,
               uint64_t memory_bytes);
void hold_release(struct hold *hold);

/* Appends up to n bytes to the open block *open (HOLD_NO_BLOCK: none yet),
 * which is another one when it was full. Where they are in *held: as many as
 * there was room for, at least one. FF_LOST without memory, FF_UNWRITTEN when
 * the file cannot be written. */
int hold_append(struct hold *hold, uint32_t *open, const void *data, size_t n,
                struct held *held, struct ff_error *err);

/* The bytes, until the next call: NULL with *err. */
const char *hold_bytes(struct hold *hold, struct held held,
                       struct ff_error *err);

/* The same, for who does not look at others of the same block next. */
const char *hold_bytes_alone(struct hold *hold, struct held held,
                             struct ff_error *err);

/* n bytes of a block are not needed any more. */
void hold_give_back(struct hold *hold, uint32_t block, uint32_t n);

#endif
