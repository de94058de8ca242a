/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RECORD_NODE (ledger.h): what a node of a cluster has accepted since its last
 * one, as bytes and back. Pure.
 *
 * The last one of a node (`fold`) has only the slices that are lists: all
 * others are lanes, which MPI adds (partial.h).
 */
#ifndef FANFOLD_LAUNCHER_NODE_RECORD_H
#define FANFOLD_LAUNCHER_NODE_RECORD_H

#include "cover.h"
#include "grid.h"
#include "partial.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node_record {
    bool fold;
    struct cover cover;
    const int64_t *words; /* in the message: a partial; with fold its
                             lists, as partial_get_lanes gives them */
    struct tree tree, own; /* as in struct gather */
};

/* The message, to be freed; NULL without memory, or with EMSGSIZE when it is
 * larger than any message may be. The words are normalised. */
void *node_record_make(const struct partial_layout *layout,
                       const struct cover *cover, const int64_t *words,
                       const struct tree *tree, const struct tree *own,
                       bool fold, size_t *n);

/* Reads one, from data that may be anything: each range in the grid and behind
 * the one before, words that can be a partial, states of just these chunks. To
 * be released whenever it is 0. -1 with EINVAL: it is none; or ENOMEM. The
 * message must be aligned as malloc does and outlive the record. */
int node_record_read(struct node_record *record,
                     const struct partial_layout *layout,
                     const struct grid *grid, const void *message, size_t n);
void node_record_release(struct node_record *record);

#endif
