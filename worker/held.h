/* SPDX-License-Identifier: Apache-2.0 */
/* Output that is kept until it is known whether it counts: in memory, what is
 * more in a file without a name in TMPDIR. */
#ifndef FANFOLD_WORKER_HELD_H
#define FANFOLD_WORKER_HELD_H

#include "error.h"

#include <stddef.h>
#include <stdint.h>

struct held {
    char *memory;    /* HELD_BYTES, or NULL */
    size_t n;        /* bytes there */
    int file;        /* + 1; 0: none */
    uint64_t in_file; /* bytes there, before those in memory */
};

/* -1 with *err: no memory, no room in TMPDIR. What was kept stays. */
int held_add(struct held *h, const char *data, size_t n, struct ff_error *err);

/* All of it, piece by piece, in order; then it is empty. */
int held_take(struct held *h,
              void (*take)(void *arg, const char *data, size_t n), void *arg,
              struct ff_error *err);
void held_drop(struct held *h);
void held_release(struct held *h);

#endif
