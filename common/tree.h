/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of chunks: folds what does not commute, or rounds, in an order that
 * the number of chunks alone decides.
 *
 * Node (level, i) stands for the chunks [i 2^level, (i + 1) 2^level), as far as
 * there are so many. Its state is that of its left half merged with that of its
 * right half, which comes second; a half without chunks, or whose chunks all
 * failed, leaves the other as it is. So the state of the root is the same,
 * whoever ran and merged what, and when.
 *
 * A tree here is the set of nodes that are known and not yet merged into a
 * higher one, ascending, disjoint. An executor has one for the chunks of its
 * record, the launcher one for all that it has accepted. Where states can be
 * merged (`merge` is there), two halves become one node as soon as both are in
 * it; the launcher cannot merge those of a kernel's own operation, which it
 * keeps apart until the end.
 */
#ifndef FANFOLD_COMMON_TREE_H
#define FANFOLD_COMMON_TREE_H

#include "cover.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_node {
    uint32_t lo;    /* its first chunk: a multiple of 2^level */
    uint32_t level; /* 0 .. 32 */
};

struct tree {
    uint32_t n_chunks;    /* of the run */
    uint32_t state_words; /* of a node */
    /* Merges the state of the chunks behind into that of those before. NULL:
     * nodes stay apart. */
    void (*merge)(const void *context, int64_t *into, const int64_t *from);
    const void *context;
    struct tree_node *node; /* ascending */
    int64_t *state;         /* state_words a node, in the same order */
    size_t n, room;
};

#endif
