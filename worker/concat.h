/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ordered concatenation: values as lines of an output (--fold NAME=concat), in
 * the order in which the kernel gave them, chunk after chunk. What stands in
 * the buffer of a chunk that runs is written into the output's when the chunk
 * ends, or before the buffer is emptied in its middle; from there on it is
 * like what the kernel emits (emit.h).
 */
#ifndef FANFOLD_WORKER_CONCAT_H
#define FANFOLD_WORKER_CONCAT_H

#include "outlet.h"
#include "stage.h"

/* Are there such outputs? */
bool concat_is_used(const struct spec *spec);

/* A value of a type ("f64") as a line: the fewest digits, from 15 (floats: 6)
 * on, that read back the same bits; NaN is "nan". The locale must be C. The
 * number of bytes. */
#define CONCAT_LINE 40
int concat_line(char line[CONCAT_LINE], const char *type,
                union ff_value value);

/* Writes the values of one source (or of all: CONCAT_ALL) that the running
 * chunk has in its buffer. */
#define CONCAT_ALL UINT32_MAX
void concat_take(const struct spec *spec, uint32_t source,
                 const struct stage *stage, struct outlet *outlet);

#endif
