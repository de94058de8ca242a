/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --verify: a share of the chunks is run twice, each time into a stage of its
 * own, and what was folded must be the same to the last bit, and so what was
 * emitted and written into arrays. Before each run
 * the memory that a kernel could read without having written it is filled
 * with another pattern, so that such a mistake shows.
 */
#ifndef FANFOLD_WORKER_VERIFY_H
#define FANFOLD_WORKER_VERIFY_H

#include "emit.h"
#include "ledger.h"
#include "rows.h"
#include "stage.h"

#include <stdbool.h>

struct verify {
    const struct job_shm *job;
    const struct spec *spec; /* for names; or NULL */
    struct stage apart[2];   /* of the first run and the second */
    struct emit_digest emitted[2][SPEC_MAX_OUTPUTS + 1];
    uint64_t rows[2][SPEC_MAX_ARRAYS];
    uint32_t n_emitted, n_arrays;
};

/* Takes memory only when the job asks for it. */
int verify_init(struct verify *v, const struct job_shm *job,
                const struct partial_layout *layout, struct ff_error *err);
void verify_release(struct verify *v);

/* Is this chunk to be run twice? */
bool verify_wants(const struct verify *v, uint32_t chunk);

/* Around run number 0 or 1. */
void verify_before(int turn);
void verify_after(void);

/* After run number 0 or 1: what it has emitted and written. */
void verify_note(struct verify *v, int turn, const struct emit *emit,
                 const struct rows *rows);

/* Both stages, drained, and what was noted: is it the same? Else how it
 * differs. */
bool verify_same(const struct verify *v, char text[FAIL_TEXT]);

/* The second run failed, for this reason: the text says so. */
void verify_failed_again(char text[FAIL_TEXT]);

/* Empties both. */
void verify_reset(struct verify *v);

#endif
