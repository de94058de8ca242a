/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of wire.h as they go from node to node, and their order. Knows
 * nothing of MPI.
 *
 * What the bridge has for one node it sends there itself; what it has for all
 * goes along a binomial tree of nodes, so that it sends log2(n) copies and not
 * n. The two ways differ in length, and still the messages of the root are to
 * arrive in their order: so one for a single node says how many for all went
 * before it, and one for all says how many of the others did, for each node.
 */
#ifndef FANFOLD_LAUNCHER_PARCELS_H
#define FANFOLD_LAUNCHER_PARCELS_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message on its way: struct wire_head, the body, and when it is for all
 * uint32_t[n_nodes]. Shared by all that send it and by the queue it is in. */
struct parcel {
    struct parcel *next; /* in a queue */
    uint32_t n_uses;
    uint32_t source;     /* the node that it came from */
    size_t bytes;
    _Alignas(16) unsigned char at[];
};

/* With one use; NULL without memory. */
struct parcel *parcel_create(size_t bytes);
void parcel_drop(struct parcel *p); /* one use less; may be NULL */

/* A node's, to the root. head.bytes is set here. */
struct parcel *parcel_pack(struct wire_head head, const void *body, size_t n,
                           const void *more, size_t n_more);

/* Is it a message of so many nodes? *head and *body point into it. */
bool parcel_open(const struct parcel *p, uint32_t n_nodes,
                 struct wire_head *head, const unsigned char **body);

/* ---- at the bridge ----------------------------------------------------------- */

/* What has been sent so far. */
struct departures {
    uint32_t n_nodes;
    uint32_t n_all;      /* messages for all; may wrap around */
    uint32_t *n_single;  /* for each node alone */
};

int departures_init(struct departures *d, uint32_t n_nodes);
void departures_release(struct departures *d);

/* A message of the root (head.node says for whom), with what the other end
 * needs to know. NULL without memory: then it does not count. */
struct parcel *departures_pack(struct departures *d,
                               const struct wire_message *m);

/* ---- at the other nodes -------------------------------------------------------- */

/* What came and has not been taken. */
struct arrivals {
    uint32_t node, n_nodes;
    uint32_t n_all, n_single; /* taken */
    struct parcel *first_all, *last_all;
    struct parcel *first_single, *last_single;
};

/* Takes the parcel over; those of each way come in their order. */
void arrivals_add(struct arrivals *a, struct parcel *p);

/* The next message in the root's order: 1; 0: it has not come yet; -1 without
 * memory. */
int arrivals_take(struct arrivals *a, struct wire_message *m);
void arrivals_release(struct arrivals *a);

/* ---- the tree ------------------------------------------------------------------ */

/* To whom a node passes on what is for all: its i-th child, those with most
 * below them first; WIRE_ALL: there is none. */
uint32_t parcels_child(uint32_t node, uint32_t n_nodes, uint32_t i);

/* From whom it comes. Not of node 0. */
uint32_t parcels_parent(uint32_t node);

#endif
