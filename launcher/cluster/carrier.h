/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a node speaks with the root: one interface, so that whoever uses it knows
 * nothing of MPI. Of fanfold-mpi it is carrier.c, above mail_mpi.c, the one user
 * of mpi.h; programs without MPI have carrier_none.c.
 *
 * One thread calls it. Nothing here waits: send keeps what cannot go now,
 * receive and fold_test look and return. On node 0 carrier_receive also moves
 * the messages of all others between the root's stream and MPI (the bridge).
 */
#ifndef FANFOLD_LAUNCHER_CARRIER_H
#define FANFOLD_LAUNCHER_CARRIER_H

#include "gather.h"
#include "link.h"

struct carrier;

/* MPI_Init. stream: to the root, on node 0; NULL on others (it is asked for
 * after MPI_Init by rank, so callers may give it on all: those of others are
 * destroyed). NULL with *err (FF_LOST) when MPI cannot be started; the stream
 * is still the caller's then. */
struct carrier *carrier_create(struct link *stream, struct ff_error *err);

uint32_t carrier_node(const struct carrier *c);
uint32_t carrier_n_nodes(const struct carrier *c);

/* Which of the nodes on this host we are, and of how many (MPI-3's shared
 * memory communicator, or host names compared). */
uint32_t carrier_local(const struct carrier *c);
uint32_t carrier_n_local(const struct carrier *c);

/* To the root. 0, or -1: it cannot be reached any more. */
int carrier_send(struct carrier *c, uint32_t kind, const void *body, size_t n);
int carrier_send2(struct carrier *c, uint32_t kind, const void *body, size_t n,
                  const void *more, size_t n_more);

/* Bytes that have not gone yet. */
size_t carrier_unsent(const struct carrier *c);

/* The next message from the root for this node: 1; 0: none now; -1: the root
 * is gone. */
int carrier_receive(struct carrier *c, struct wire_message *m);

/* How long until it should be asked again, at most: short when messages were
 * seen lately, longer when not. */
uint64_t carrier_patience_ns(const struct carrier *c);

/* On node 0 the stream's descriptors, to be watched; else -1. */
int carrier_in(const struct carrier *c);

/* After FOLD, which all nodes get: adds the lanes of all nodes. fold_begin
 * returns at once; the lanes must stay until fold_test says 1. Then those of
 * node 0 are the sum, and have been sent to the root as LANES. -1: failed. */
int carrier_fold_begin(struct carrier *c, struct lanes *lanes);
int carrier_fold_test(struct carrier *c);

/* All is done on all nodes: sends what is kept, MPI_Finalize. Waits for the
 * others, but not beyond limit_ns from now (UINT64_MAX: for ever): then MPI is
 * left as it is, or the process ends with status 0 inside MPI_Finalize.
 * Destroys the carrier. */
void carrier_end(struct carrier *c, uint64_t limit_ns);

#endif
