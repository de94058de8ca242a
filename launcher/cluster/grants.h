/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which node gets which chunks next: pure, so that it can be simulated. The
 * root tells what it hears of nodes and asks what to send.
 *
 * A chunk is in the pool, or with one node (`with`), or settled (accepted by
 * the root or failed). Nodes are asked for half of what they have left when
 * the pool is empty and another one is idle. So a node may get a large part of
 * the work at first, and all end together, whatever chunks cost.
 *
 * What it expects of a node: a STATUS
 *   - as soon as an executor finds nothing to do, and while one does, whenever
 *     a chunk ended or came;
 *   - as soon as nothing is left, or it falls below what lasts for half of
 *     GRANTS_LEAD_NS by the node's own rate (n_executors * ran / busy_ns); not
 *     again while it stays below;
 *   - and while anything changes, each GRANTS_STATUS_NS;
 * but two of them GRANTS_STATUS_MIN_NS apart. A RECALL is answered at once, by
 * one RETURN; the next STATUS no longer counts these chunks as left.
 */
#ifndef FANFOLD_LAUNCHER_GRANTS_H
#define FANFOLD_LAUNCHER_GRANTS_H

#include "cover.h"
#include "wire.h"

#include <stdbool.h>

#define GRANTS_LEAD_NS 100000000u      /* a node should have work for so long:
                                          its STATUS, our answer, waits on the
                                          way */
#define GRANTS_STATUS_NS 100000000u
#define GRANTS_STATUS_MIN_NS 2000000u

struct grants_node {
    bool here;             /* started, and not lost */
    bool recalled;         /* a RETURN is awaited */
    bool queued;           /* to be looked at */
    bool hungry;           /* needed chunks when there were none */
    uint32_t n_executors;
    uint32_t asked, heir;  /* by the RECALL, while it is awaited; for whom */
    uint64_t inherits;     /* chunks of a RETURN that are for this node */
    struct cover with;     /* granted to it, neither settled nor returned */
    uint64_t granted;      /* chunks in GRANTs so far */
    uint64_t returned;     /* since the last status */
    struct wire_status status; /* as it said last; all 0 before */
    double busy_s, ran;    /* of the chunks that ended lately */
    uint64_t seen_busy_ns, seen_ran; /* of the status that is in these */
    double chunk_s;        /* time of a chunk in one executor, 0: not known */
    uint64_t passed_ns;    /* it is passed over until then; or 0 */
};

struct grants {
    uint32_t n_nodes;
    struct grants_node *node;
    struct cover pool;
    bool stopped;          /* nothing is granted any more; the root sets it */
    bool fixed;            /* grants_assign was used: nobody is asked to give
                              anything back */
    bool in_order;         /* the root sets it: there are outputs, so the
                              lowest chunks are wanted first, and each node
                              gets no more than it soon needs */
    bool behind;           /* see grants_set_behind */
    uint32_t high;         /* behind the last chunk that was ever granted */
    double lead_s;         /* GRANTS_LEAD_NS; may be changed */
    /* Sums over the nodes that are here. */
    double rate;           /* chunks a second, of nodes whose speed is known */
    uint64_t n_known, n_unknown; /* executors of these, and of the others */
    uint32_t n_hungry, n_recalled;
    uint64_t alarm_ns;     /* then look at nodes that were passed over; or 0 */
    double most_s;         /* no node has work for longer, beyond what runs, but
                              those that are recalled */
    uint32_t *queue;       /* nodes to be looked at, a ring of n_nodes */
    uint32_t first, n_queued;
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

/* The node can be given chunks: started, or started again after grants_lost. */
void grants_node_here(struct grants *g, uint32_t node, uint32_t n_executors);

/* What the node says. Not heeded as long as it has not heard of any grant and
 * there were some: it was said before START, when a node has no executors, and
 * what is fixed would be taken from it. */
void grants_status(struct grants *g, uint32_t node,
                   const struct wire_status *status);

/* The next message to be sent, as if it had been: repeat until GRANT_NOTHING,
 * after anything below and above. now_ns: of a clock that only grows. -1
 * without memory. */
int grants_next(struct grants *g, uint64_t now_ns, struct grant *grant);

/* These chunks go to that node whatever others have (static schedules): out of
 * the pool, where they must be (else -1 with EINVAL). The caller sends them. */
int grants_assign(struct grants *g, uint32_t node, struct range r);

/* So much that was emitted waits for its turn or for a reader that, as long as
 * this is so, only chunks in front of some that were granted are. */
void grants_set_behind(struct grants *g, bool behind);

/* Chunks came back (a RETURN; those that are not with the node do not count),
 * are settled, or were lost with the node. -1 without memory. Settled are they
 * for good, whoever ran them: out of the pool, too. */
int grants_returned(struct grants *g, uint32_t node, const struct range *range,
                    size_t n);
int grants_settled(struct grants *g, uint32_t node, struct range r);
int grants_lost(struct grants *g, uint32_t node);

/* Has each node settled all that it was granted (its last status says so and
 * knows of all grants), and is the pool empty, or stopped? */
bool grants_done(const struct grants *g);

/* ---- of grants_size.c, for grants.c --------------------------------------- */

/* Adds a node to the sums over all that are here, or takes it out. */
void grants_count(struct grants *g, const struct grants_node *n, bool in);

/* Its speed, out of what it says now beside what it said before. */
void grants_measure(struct grants_node *n, const struct wire_status *now);

/* Chunks a second; of a node whose speed is not known: as the others, by
 * executors. */
double grants_rate(const struct grants *g, const struct grants_node *n);

/* Chunks that no executor has begun or is about to begin; below 0: so many
 * executors have nothing to do. */
double grants_spare(const struct grants_node *n);

/* Seconds until it begins the last of them; until it could begin one more. */
double grants_lasts_s(const struct grants *g, const struct grants_node *n);
double grants_waits_s(const struct grants *g, const struct grants_node *n);

/* How many it should have to spare, at least. */
double grants_needed(const struct grants *g, const struct grants_node *n);

/* Are the others to have what is left? For now: until g->alarm_ns. */
bool grants_pass_over(struct grants *g, struct grants_node *n, uint64_t now_ns);

/* How many chunks of the pool can be given in one piece; how many the node is
 * given (0: it has enough). */
uint32_t grants_available(const struct grants *g);
uint32_t grants_size(const struct grants *g, const struct grants_node *n);

#endif
