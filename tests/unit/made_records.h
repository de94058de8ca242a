/* SPDX-License-Identifier: Apache-2.0 */
/* A job with results of every kind of merging, states of both trees and two
 * outputs, whose records can be made without running anything: what chunk c
 * gives follows from c. For tests of those who take records in. */
#ifndef FANFOLD_TESTS_MADE_RECORDS_H
#define FANFOLD_TESTS_MADE_RECORDS_H

#include "gather.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { N_CHUNKS = 150, N_OUTPUTS = 2, CHUNK_ITEMS = 7 };

/* Random numbers below n. */
void draw_seed(uint64_t seed);
uint32_t draw_below(uint32_t n);

const struct spec *made_spec(void);

/* Is this a chunk that always fails? */
bool made_fails(uint32_t c);

struct bytes {
    unsigned char *at;
    size_t n, room;
};
void bytes_append(struct bytes *b, const void *from, size_t n);

/* Runs these chunks, as an executor of the gather's: what they emit, then their
 * record. */
enum gather_verdict run_chunks(struct gather *g, uint32_t source,
                               const struct cover *mine, struct cover *again);

#endif
