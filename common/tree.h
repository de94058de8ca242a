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
 * keeps apart until the end. With `merge`, n chunks in a row are at most
 * 2 log2(n) nodes.
 *
 * Not thread-safe. What may allocate returns -1 with ENOMEM and changes
 * nothing.
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
    size_t *place;          /* where in `state` that of node i is; behind n
                               the places that are free */
    int64_t *state;         /* room states, state_words each */
    size_t n, room;
};

/* Empty; nothing is allocated yet. */
void tree_init(struct tree *tree, uint32_t n_chunks, uint32_t state_words,
               void (*merge)(const void *context, int64_t *into,
                             const int64_t *from),
               const void *context);
void tree_release(struct tree *tree);

/* Takes all nodes out; the room stays. */
void tree_clear(struct tree *tree);

/* Room for `room` nodes in all: until then, tree_add does not fail. */
int tree_reserve(struct tree *tree, size_t room);

/* Adds the state of a node whose chunks are in the grid. -1 with EEXIST, and
 * nothing changed, when one of them is in the tree already. */
int tree_add(struct tree *tree, struct tree_node node, const int64_t *state);

/* Adds all nodes of a tree of the same shape whose chunks are others. */
int tree_join(struct tree *into, const struct tree *from);

/* Of node i < n; valid until the next change. */
static inline const int64_t *tree_state(const struct tree *tree, size_t i)
{
    return tree->state + tree->place[i] * tree->state_words;
}

/* Are the chunks of all nodes exactly those of the cover? */
bool tree_covers(const struct tree *tree, const struct cover *cover);

/* The state of the root, as if all chunks that are not in the tree had failed;
 * NULL when all are missing. The tree needs `merge`, and is left with this one
 * node: clear it before adding more. Valid until then. */
const int64_t *tree_root(struct tree *tree);

/* As words: how many nodes, then for each lo + 2^32 level and its state. */
size_t tree_encoded_words(const struct tree *tree);
void tree_encode(const struct tree *tree, int64_t *words);

/* The other way round, from data that may be anything, into an empty tree; the
 * nodes stay as they come. `valid` is asked, with the tree's context, about
 * each state, which is all that merging relies on. -1 with EINVAL when it is no
 * tree of this shape; the tree is then empty. */
int tree_decode(struct tree *tree, const int64_t *words, size_t n_words,
                bool (*valid)(const void *context, const int64_t *state));

#endif
