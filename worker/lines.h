/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the input, as a worker sees them: the file and its index
 * (launcher/input.h), mapped for reading. */
#ifndef FANFOLD_WORKER_LINES_H
#define FANFOLD_WORKER_LINES_H

#include "error.h"
#include "ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
    const char *text, *end;
    const uint64_t *before; /* line ends before each block; all of them */
    uint64_t n_blocks;
    uint64_t n;             /* lines */
    int ends_with;
    bool given;             /* the run has an input */
};

/* Maps the input of the job; without one *lines has none. Stays mapped for the
 * life of the process. */
int lines_open(struct lines *lines, const struct job_shm *job,
               struct ff_error *err);

/* Where line i begins (i < lines->n); NULL when the file is no longer what the
 * index says. */
const char *lines_find(const struct lines *lines, uint64_t i);

#endif
