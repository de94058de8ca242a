/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dispatch: ranges out to the executors of this node, back from the dead, and
 * the end of the run found. The steps in brackets are those of ledger.h.
 *
 * Where a chunk can be that is neither accepted nor failed:
 *   backlog   here, to be posted to a pool word as soon as one is empty
 *   a word    free for the taking
 *   an executor's hands
 *   withheld  under suspicion: it runs alone, see blame.h
 *   not dealt SCHEDULE_CYCLIC: an executor deals itself its chunks
 *   lost      with an executor that died between two words, or before it had
 *             dealt itself all; dispatch_quiet finds these
 */
#ifndef FANFOLD_LAUNCHER_DISPATCH_H
#define FANFOLD_LAUNCHER_DISPATCH_H

#include "cover.h"
#include "error.h"
#include "gather.h"
#include "ledger.h"

#include <stdbool.h>

struct dispatch {
    struct job_shm *job;
    struct node_shm *node;
    struct gather *gather;
    struct executor_shm **executor; /* n_executors; NULL: no live worker */
    struct cover backlog, withheld;
    uint64_t *epoch;                /* of the first pass; n_executors */
    bool *dealing;                  /* SCHEDULE_CYCLIC: executor i deals itself
                                       its chunks; n_executors */
    uint64_t *deal;                 /* from this one on; 0: from its first */
    uint64_t n_returned;            /* chunks begun that died unpublished */
    uint32_t share;                 /* at most so many chunks are posted at
                                       once; 0: no such limit */
    bool paused;                    /* nothing beyond posted_hi ... */
    uint32_t posted_hi;             /* ... up to which all has been posted */
};

/* Takes over the memory's words; executor[] is the caller's, who keeps it up
 * to date. */
int dispatch_init(struct dispatch *d, struct job_shm *job,
                  struct node_shm *node, struct gather *gather,
                  struct executor_shm **executor, struct ff_error *err);
void dispatch_release(struct dispatch *d);

/* All chunks, for the first time, as the schedule wants it: before PHASE_RUN,
 * while nobody else touches a word. With SCHEDULE_STATIC and SCHEDULE_CYCLIC,
 * those of this node's executors (owned.h). -1: no memory. */
int dispatch_all(struct dispatch *d);

/* SCHEDULE_CYCLIC: is a new worker to deal its executor i its chunks? (Else
 * they are found by [QUIET].) */
bool dispatch_deals(const struct dispatch *d, uint32_t i);

/* Is there a chunk that one of the executors [first, end), if there were such a
 * worker, could take? */
bool dispatch_has_for(const struct dispatch *d, uint32_t first, uint32_t end);

/* Chunks to be run: granted to this node, or to be run again (what it is not
 * granted is left out). The same chunk twice does no harm. -1: no memory. */
int dispatch_add(struct dispatch *d, struct range r);

/* With outputs, which come in the order of items: small shares from the low
 * end, so that little must wait for what is before it. A share is what one
 * executor does in 20 ms, at the pace so far, and emits no more than
 * share_bytes (`emitted`: by the chunks that were accepted). */
void dispatch_pace(struct dispatch *d, uint64_t elapsed_ns, uint64_t emitted,
                   uint64_t share_bytes);

/* Posts the backlog to empty pool words (SCHEDULE_ONCE: each chunk to its own
 * executor's word) and wakes the idle. */
void dispatch_post(struct dispatch *d);

/* [SETTLE] Executor i is dead, reaped, and its ring drained: what stands in
 * its word and its open ranges and is not settled goes to the backlog. -1: no
 * memory. */
int dispatch_settle(struct dispatch *d, uint32_t i);

/* [LEAVE] The same of one whose worker has left to be replaced. What is meant
 * for just this executor (SCHEDULE_STATIC, SCHEDULE_CYCLIC) waits for its
 * replacement. */
int dispatch_leave(struct dispatch *d, uint32_t i);

/* [QUIET] First pass: true when all epochs are even, and, unless `stopping`,
 * all words and the backlog are empty and whoever deals itself chunks has
 * begun. */
bool dispatch_quiet_begin(struct dispatch *d, bool stopping);

/* Second pass, after all rings were drained: true when nothing has moved
 * since. */
bool dispatch_quiet_end(const struct dispatch *d);

/* After a quiet end: adds to the backlog what is neither accepted, failed nor
 * withheld. Returns how many chunks, or -1 without memory. */
int64_t dispatch_add_lost(struct dispatch *d);

/* ---- recall.c: a node of a cluster, whose chunks come and go back ---------- */

/* Chunks of the backlog and of words: granted and not begun. */
uint64_t dispatch_left(const struct dispatch *d);

/* [RECALL] Takes about n chunks (or as many as there are) out of the backlog
 * and the words, the highest first, and adds them to *out: nobody here has
 * begun them, and they are to be granted no longer. None of `keep`, which are
 * to stay here; none with a schedule that gives executors chunks of their own.
 * -1: no memory, and nothing is lost. */
int dispatch_recall(struct dispatch *d, uint64_t n, const struct cover *keep,
                    struct cover *out);

#endif
