/* SPDX-License-Identifier: Apache-2.0 */
/* Shared data: loaded by one worker of the node, read by all. */
#ifndef FANFOLD_WORKER_SHARED_H
#define FANFOLD_WORKER_SHARED_H

#include "error.h"
#include "ledger.h"
#include "spec.h"

struct shared {
    char *memory; /* of all of them, in order */
    uint64_t bytes;
    const void *at[SPEC_MAX_SHARED]; /* each one: struct ff's */
};

/* Maps what the launcher has made for them; writable only in the worker that
 * loads. Without shared data there is nothing to map. */
enum shared_access { SHARED_READ, SHARED_LOAD };
int shared_map(struct shared *shared, const struct job_shm *job,
               const struct spec *spec, enum shared_access access,
               struct ff_error *err);

/* The same with memory of our own (--serial). */
int shared_make(struct shared *shared, const struct spec *spec,
                struct ff_error *err);

/* From now on a write into them is a fault. */
int shared_protect(struct shared *shared, struct ff_error *err);

#endif
