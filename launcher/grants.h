/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which node gets which chunks next: pure, so that it can be simulated. The
 * root tells what it hears of nodes and asks what to send.
 *
 * A chunk is in the pool, or with one node (`with`), or settled (accepted by
 * the root or failed). Nodes are asked for half of what they have left when
 * the pool is empty and another one is idle. So a node may get a large part of
 * the work at first, and all end together, whatever chunks cost.
 */
#ifndef FANFOLD_LAUNCHER_GRANTS_H
#define FANFOLD_LAUNCHER_GRANTS_H

#include "cover.h"
#include "wire.h"

#include <stdbool.h>

struct grants_node {
    bool here;             /* started, and not lost */
    bool recalled;         /* a RETURN is awaited */
    uint32_t n_executors;
    struct cover with;     /* granted to it, neither settled nor returned */
    uint64_t granted;      /* chunks in GRANTs so far */
    struct wire_status status; /* as it said last; all 0 before */
    double chunk_s;        /* time of a chunk in one executor, 0: not known */
};

struct grants {
    uint32_t n_nodes;
    struct grants_node *node;
    struct cover pool;
    bool stopped;          /* nothing is granted any more */
    double lead_s;         /* a node should have work for so long, so that
                              it need not wait for an answer */
};

struct grant {
    enum { GRANT_NOTHING, GRANT_CHUNKS, GRANT_RECALL } what;
    uint32_t node;
    struct range range;    /* GRANT_CHUNKS */
    uint32_t n;            /* GRANT_RECALL: ask for so many */
};

/* All chunks of the grid in the pool but those in `settled` (or NULL); no node
 * is there yet. -1 without memory. */
int grants_init(struct grants *g, uint32_t n_nodes, uint32_t n_chunks,
                const struct cover *settled);
void grants_release(struct grants *g);

void grants_node_here(struct grants *g, uint32_t node, uint32_t n_executors);

/* What the node says. */
void grants_status(struct grants *g, uint32_t node,
                   const struct wire_status *status);

/* The next message to be sent, as if it had been: repeat until GRANT_NOTHING.
 * -1 without memory. */
int grants_next(struct grants *g, struct grant *grant);

/* These chunks go to that node whatever others have (static schedules): out of
 * the pool. */
int grants_assign(struct grants *g, uint32_t node, struct range r);

/* Chunks came back (a RETURN; those that are not with the node do not count),
 * are settled, or were lost with the node. -1 without memory. */
int grants_returned(struct grants *g, uint32_t node, const struct range *range,
                    size_t n);
int grants_settled(struct grants *g, uint32_t node, struct range r);
int grants_lost(struct grants *g, uint32_t node);

/* Has each node settled all that it was granted (its last status says so and
 * knows of all grants), and is the pool empty, or stopped? */
bool grants_done(const struct grants *g);

#endif
