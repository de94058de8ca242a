/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --pipe: where a text is cut into blocks, at the ends of records. A record
 * ends behind `recend`, or begins with `recstart`, or both: the place between
 * them (GNU parallel's --recend and --recstart).
 *
 * By bytes: the k-th cut is at the first place between two records from k *
 * bytes on. So a block is off by the length of a record, a longer record stays
 * whole, and where a cut is depends on the text near it alone: of a file only
 * what is around the multiples need be read (GNU's --pipepart), and a stream is
 * cut as a file is. By records: so many make a block. What is left at the end
 * is the last block.
 *
 * Pure but for `read`.
 */
#ifndef FANFOLD_LAUNCHER_BLOCKS_H
#define FANFOLD_LAUNCHER_BLOCKS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCKS_MARK 256 /* most bytes of recend and recstart together */

struct blocks_rule {
    char mark[BLOCKS_MARK];   /* recend and recstart in a row */
    size_t n_mark, n_recend;
    uint64_t bytes;           /* of a block, about */
    uint64_t n_records;       /* of a block; 0: by bytes */
};

/* recstart, recend: as they are written, with \n, \t, \0, \\, \xHH ...; NULL:
 * not given. With neither a record is a line. Empty ones: no records, a block
 * is `bytes`. FF_USAGE. */
int blocks_rule_make(struct blocks_rule *rule, const char *recstart,
                     const char *recend, uint64_t bytes, uint64_t n_records,
                     struct ff_error *err);

/* A text that is cut, and that may grow at its end. */
struct blocks {
    struct blocks_rule rule;
    /* n bytes of the text, all there: 0, or -1 with errno. */
    int (*read)(void *context, void *to, size_t n, uint64_t at);
    void *context;
    uint64_t last;      /* where the last block ends that is known */
    uint64_t seek;      /* the next mark does not begin before */
    uint64_t n_open;    /* records of the block that is open */
    char *window;       /* what was read last: window_n bytes from window_at */
    uint64_t window_at;
    size_t window_n;
};

/* -1: no memory. */
int blocks_init(struct blocks *b, const struct blocks_rule *rule,
                int (*read)(void *context, void *to, size_t n, uint64_t at),
                void *context);
void blocks_release(struct blocks *b);

/* The end of the next block, when the first `have` bytes of the text are there,
 * and all of it if `ended`: 1 with *end; 0: not known yet, or there is no
 * other; -1 with errno. */
int blocks_next(struct blocks *b, uint64_t have, bool ended, uint64_t *end);

#endif
