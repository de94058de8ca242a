/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partial: the folded values of all results of a job, one vector of 64-bit
 * words. Each result has a slice of it; its operator says how long the slice
 * is, how values enter it, how two of them merge and what the result is.
 *
 * Merging is associative and commutative, bit for bit: that is what makes
 * a result independent of who ran what. Slices of sums merge by adding lanes,
 * those of min and max by the larger lane, others as lists.
 *
 * The slices of `ordered` results are apart, in a vector of their own, the
 * state of a chunk: states merge only in the order of chunks (tree.h).
 */
#ifndef FANFOLD_COMMON_PARTIAL_H
#define FANFOLD_COMMON_PARTIAL_H

#include "op.h"
#include "spec.h"
#include "tree.h"

#include <stdbool.h>
#include <stdint.h>

struct partial_result {
    const struct op *op;
    struct ff_shape shape;
    uint32_t offset; /* of its slice, in words: in the partial, or in the
                        state of a chunk when op->ordered */
    uint32_t words;
    uint32_t source; /* the values that it folds */
    const char *name; /* the spec's, which must outlive the layout */
};

struct partial_layout {
    uint32_t n_results;
    uint32_t n_sources;
    enum value_kind kind[SPEC_MAX_RESULTS]; /* of each source */
    const char *source_name[SPEC_MAX_RESULTS]; /* the spec's */
    uint32_t n_words;       /* of a whole partial */
    uint32_t n_state_words; /* of the ordered results, which may be 0 */
    uint32_t n_merged_words; /* of these, before the kernel's own operations */
    bool has_operation;     /* of the kernel's own is among them */
    struct partial_result result[SPEC_MAX_RESULTS];
};

/* The layout for a valid spec. The seed is the job's. */
void partial_layout_init(struct partial_layout *layout,
                         const struct spec *spec, uint64_t seed);

/* words has layout->n_words places in all of these. */
void partial_init(const struct partial_layout *layout, int64_t *words);
void partial_merge(const struct partial_layout *layout, int64_t *into,
                   const int64_t *from);
void partial_normalise(const struct partial_layout *layout, int64_t *words);
bool partial_valid(const struct partial_layout *layout, const int64_t *words);

/* ---- over nodes: lanes that MPI merges ------------------------------------ */

/* How many words (of MERGE_MAX_BYTES: bytes) of a partial merge so; and all of
 * them in one array, out of normalised words and back. Those of MERGE_LIST
 * cannot be merged lane by lane: partial_blank_lanes leaves only these, all
 * others as partial_init does. Normalised, sums of up to 2^31 partials do not
 * overflow a lane. */
uint32_t partial_n_lanes(const struct partial_layout *layout,
                         enum merge_kind kind);
void partial_get_lanes(const struct partial_layout *layout,
                       const int64_t *words, enum merge_kind kind, void *lanes);
void partial_set_lanes(const struct partial_layout *layout, int64_t *words,
                       enum merge_kind kind, const void *lanes);
void partial_blank_lanes(const struct partial_layout *layout, int64_t *words);

/* The same of states, of layout->n_state_words words: `from` is of chunks
 * behind those of `into`. */
void state_init(const struct partial_layout *layout, int64_t *state);
void state_merge(const struct partial_layout *layout, int64_t *into,
                 const int64_t *from);
void state_normalise(const struct partial_layout *layout, int64_t *state);
bool state_valid(const struct partial_layout *layout, const int64_t *state);

/* An empty tree of states. The layout must outlive the tree. */
void state_tree_init(struct tree *tree, const struct partial_layout *layout,
                     uint32_t n_chunks);

/* Two empty trees for those who cannot merge the states of a kernel's own
 * operations, as only its workers can: one of what is before these in a state,
 * and one of these, whose nodes stay apart. */
void state_trees_init(struct tree *merged, struct tree *own,
                      const struct partial_layout *layout, uint32_t n_chunks);

/* As tree_join, of a tree of whole states to both. */
int state_trees_join(struct tree *merged, struct tree *own,
                     const struct tree *from);

/* Both, empty, out of words as tree_encode writes them, with the states
 * checked; one without states has no words. -1 as tree_decode. */
int state_trees_decode(struct tree *merged, const int64_t *merged_words,
                       size_t n_merged, struct tree *own,
                       const int64_t *own_words, size_t n_own);

/* As tree_decode, with the states checked. */
int state_tree_decode(struct tree *tree, const int64_t *words, size_t n_words);

/* Of a result that is ordered, `state` is asked, else `words`. */
void partial_finish(const struct partial_layout *layout, const int64_t *words,
                    const int64_t *state, uint32_t result, struct value *out);

#endif
