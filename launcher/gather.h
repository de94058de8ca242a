/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit rule (R2). A record counts when its cover is disjoint from what
 * has been accepted and from what failed, and inside the grid; then its
 * partial is folded into the node's. Otherwise it is dropped, and what of its
 * cover is neither accepted nor failed must be handed out again.
 *
 * Everything that comes in is checked: records come from processes in which
 * user code runs.
 */
#ifndef FANFOLD_LAUNCHER_GATHER_H
#define FANFOLD_LAUNCHER_GATHER_H

#include "cover.h"
#include "error.h"
#include "grid.h"
#include "ordered.h"
#include "outcome.h"
#include "partial.h"
#include "tree.h"

/* The lanes of a partial that MPI adds: see partial.h. */
struct lanes {
    uint32_t n_sum, n_max, n_bytes;
    int64_t *sum, *max;
    uint8_t *bytes;
};

/* What all nodes have accepted last, without the lanes; it does not count. */
struct gather_staged {
    struct cover sources; /* as chunks: whose it is */
    struct cover cover;
    int64_t *partial;     /* NULL: nothing is staged */
    struct tree tree, own;
};

struct gather {
    struct grid grid;
    struct partial_layout layout;
    struct cover accepted, failed;
    int64_t *partial;
    struct tree tree; /* of all that is accepted, of ordered results, */
    struct tree own;  /* and of the kernel's own operations: partial.h */
    struct tree arriving; /* of the record that is looked at */
    int64_t *state; /* of all chunks, of ordered results: see gather_finish */
    struct ordered *ordered; /* what is emitted goes there; NULL: the kernel
                                has no outputs. The caller's */
    struct ff_error error;   /* GATHER_UNWRITTEN: why */
    struct failure *failure;
    size_t n_failures, failures_room;
    uint64_t items_done;
    /* Of a node of a cluster, or of an input that grows; NULL: all chunks are
     * ours. What is of other chunks is dropped. */
    const struct cover *granted;
    bool open_ended;    /* more will be granted: there is no end in sight */
    struct cover fresh; /* with `granted`: accepted since the last gather_take */
    struct gather_staged staged; /* of the root, for gather_fold */
};

enum gather_verdict {
    GATHER_ACCEPTED, /* counted, or a failure or cancellation noted */
    GATHER_DROPPED,  /* a duplicate: *again has what is left of it */
    GATHER_DAMAGED,  /* not a record: its worker is not to be trusted */
    GATHER_NO_MEMORY, /* the run cannot go on */
    GATHER_UNWRITTEN  /* nor can it: what was emitted cannot be kept */
};

/* It has pointers into itself: not to be moved from then on. */
int gather_init(struct gather *g, const struct grid *grid,
                const struct spec *spec, uint64_t seed, struct ff_error *err);
void gather_release(struct gather *g);

/* One message out of the ring of an executor, which is `source`. */
enum gather_verdict gather_record(struct gather *g, uint32_t source,
                                  const void *message, size_t n,
                                  struct cover *again);

/* The executor is dead and its ring drained: what it has emitted and has not
 * been counted is dropped. */
void gather_forget(struct gather *g, uint32_t source);

/* It runs chunk c again: what that has emitted is dropped. */
void gather_forget_chunk(struct gather *g, uint32_t source, uint32_t c);

/* The first chunk that is neither accepted nor failed. */
uint32_t gather_frontier(const struct gather *g);

/* Chunk c failed for good: returns its entry (valid until the next failure)
 * to fill in, or NULL without memory, or when the chunk is settled already or
 * not granted. */
struct failure *gather_fail(struct gather *g, uint32_t c, const char *reason);

/* The entry of a failed chunk, or NULL. */
struct failure *gather_failure(struct gather *g, uint32_t c);

/* Is the message that a chunk ended with ff_fail, one that is not settled
 * yet? */
bool gather_says_failed(const struct gather *g, const void *message, size_t n,
                        uint32_t *c);

/* Is chunk c accepted or failed? */
bool gather_settled(const struct gather *g, uint32_t c);

/* How many of the accepted chunks --verify has had run twice. */
uint64_t gather_verified(const struct gather *g, uint64_t share,
                         uint64_t seed);

/* No other record comes: the partial is normalised, and g->state becomes that
 * of all accepted chunks. Slices of the kernel's own operations are not merged
 * here: they stay as they were set. */
void gather_finish(struct gather *g);

/* The slice of such a result, as a worker has finished it (or empty). False,
 * and nothing set, when it cannot be one. */
bool gather_set_operation(struct gather *g, uint32_t result,
                          const int64_t *slice);

/* Is every chunk (of a node: that it is granted) accepted or failed, and no
 * other to come? */
bool gather_complete(const struct gather *g);

/* ---- a run that is kept (keeper.h): gather_state.c ------------------------- */

/* All that is accepted, as a RECORD_NODE, to be freed; nothing changes but that
 * the partial is normalised. -1 as gather_take. */
int gather_snapshot(struct gather *g, void **message, size_t *n);

/* Counts what such a message has, which must be new, before anything else does
 * (GATHER_DROPPED: it is not; GATHER_DAMAGED, GATHER_NO_MEMORY). What was emitted
 * of it is not looked at. */
enum gather_verdict gather_restore(struct gather *g, const void *message,
                                   size_t n);

/* ---- a node of a cluster --------------------------------------------------- */

/* All that was accepted since the last call, as a RECORD_NODE (wire.h): 1 with
 * *message, to be freed; 0 when there is nothing and fold is not set; -1, with
 * g->error set and nothing changed: without memory, or it is larger than a
 * message may be. fold: its lanes are taken out into *lanes (to be freed by
 * lanes_release), for MPI to add. From then on the partial and the trees are
 * empty again; what is accepted stays accepted. */
int gather_take(struct gather *g, bool fold, void **message, size_t *n,
                struct lanes *lanes);

/* Bytes of the states that gather_take would take. */
size_t gather_state_bytes(const struct gather *g);

/* Lanes of no chunk, for the layout. FF_LOST. */
int lanes_init(struct lanes *lanes, const struct partial_layout *layout,
               struct ff_error *err);
void lanes_release(struct lanes *lanes);

/* ---- the root of a cluster ------------------------------------------------- */

/* gather_record takes a RECORD_NODE of a node (which is the source), with any
 * number of ranges, by the same rule. */

/* Takes a RECORD_NODE with `fold` set: it is checked and kept apart until
 * gather_fold, when the lanes of all nodes have come and all of it counts; or
 * gather_unfold, when a node was lost in between and none of it does.
 * GATHER_DROPPED: it has chunks that are settled, or another's; or a source
 * comes twice. Its lanes will come all the same, so then, as with all but
 * GATHER_ACCEPTED, there must be no gather_fold. */
enum gather_verdict gather_stage(struct gather *g, uint32_t source,
                                 const void *message, size_t n);

/* GATHER_DAMAGED, and nothing has changed: these are no lanes of that layout. */
enum gather_verdict gather_fold(struct gather *g, const struct lanes *lanes);
void gather_unfold(struct gather *g);

/* ---- between gather.c, gather_nodes.c and gather_state.c ------------------- */

/* Is no chunk of the cover accepted or failed? */
bool gather_is_new(const struct gather *g, const struct cover *cover);

/* What is left of a dropped record's cover must be handed out again:
 * GATHER_DROPPED. */
enum gather_verdict gather_drop(const struct gather *g,
                                const struct cover *cover,
                                struct cover *again);

/* The chunks count; partial and trees are another matter. */
enum gather_verdict gather_add_cover(struct gather *g,
                                     const struct cover *cover);

/* What the source has emitted shares the fate of its record. */
enum gather_verdict gather_settle_emitted(struct gather *g, uint32_t source,
                                          enum gather_verdict v);

struct node_record;

/* What a new one has counts. */
enum gather_verdict gather_accept(struct gather *g,
                                  const struct node_record *record);

/* gather_record of a RECORD_NODE. */
enum gather_verdict gather_node_record(struct gather *g, uint32_t source,
                                       const void *message, size_t n,
                                       struct cover *again);

#endif
