/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parcels between nodes through MPI, and the sums over all of them: what the
 * carrier (carrier.c) needs of MPI, and no more. mail_mpi.c is the one user of
 * mpi.h; it is linked into fanfold-mpi alone.
 *
 * One thread. Nothing waits but mail_create and mail_finish. MPI's errors come
 * back as -1; then the mail is broken, and every later call fails.
 */
#ifndef FANFOLD_LAUNCHER_MAIL_H
#define FANFOLD_LAUNCHER_MAIL_H

#include "error.h"
#include "gather.h"
#include "parcels.h"

#include <stdbool.h>

struct mail;

struct mail_place {
    uint32_t node, n_nodes;
    uint32_t local, n_local; /* which of those on this host, of how many */
};

/* MPI_Init. NULL with *err (FF_LOST). */
struct mail *mail_create(struct mail_place *place, struct ff_error *err);

/* Which MPI it is, and what starts its programs. */
const char *mail_library(void);
const char *mail_starter(void);

/* MPI_Finalize, unless it is broken. It may wait for somebody who is not there
 * any more: then the process ends itself after limit_ns (UINT64_MAX: never),
 * with status 0. */
void mail_finish(struct mail *mail, uint64_t limit_ns);
void mail_destroy(struct mail *mail);

/* Uses the parcel until it has gone. Parcels from one node to another arrive
 * in their order. */
int mail_send(struct mail *mail, struct parcel *p, uint32_t to);

/* Sends begun and not ended: how many, how many of these to node 0, and of how
 * many bytes. */
size_t mail_n_sends(const struct mail *mail);
size_t mail_n_up(const struct mail *mail);
size_t mail_sending(const struct mail *mail);
size_t mail_receiving(const struct mail *mail); /* bytes */

/* One look at what has gone and what comes; how many did. Nothing new is begun
 * to be received when !receives. */
int mail_look(struct mail *mail, bool receives);

/* The next parcel that has come whole, its receiver's; NULL. */
struct parcel *mail_take(struct mail *mail);

bool mail_is_broken(const struct mail *mail);

/* Begins to add the lanes of all nodes, which all have the same numbers of
 * them: at node 0 into sums (sum[], max[], bytes[], one behind the other; NULL
 * at others). Both must stay until mail_test says 1; what is in lanes then is
 * nothing. One of these at a time. */
int mail_add(struct mail *mail, struct lanes *lanes, void *sums);

/* Begins to wait until all nodes have called it. */
int mail_meet(struct mail *mail);

/* Has it ended? 1, 0, -1. */
int mail_test(struct mail *mail);

#endif
