/* SPDX-License-Identifier: Apache-2.0 */
/* What --fold asks of a kernel: other operators for its results, more results
 * of its values, values as an output. */
#ifndef FANFOLD_WORKER_FOLDS_H
#define FANFOLD_WORKER_FOLDS_H

#include "error.h"
#include "spec.h"

/* Adds to the spec of an opened kernel, whose shapes are asked for, what n
 * texts (fold_text.h) ask for, each ended by a zero byte. FF_USAGE when the
 * kernel has no such values, or they cannot be folded so. */
int folds_add(struct spec *spec, const char *texts, uint32_t n,
              struct ff_error *err);

/* The same for one text, of these values, whatever it says they are. What it is
 * called in errors; NULL: --fold TEXT. */
int folds_add_of(struct spec *spec, const char *text, const char *what,
                 uint32_t source, struct ff_error *err);

/* All results must fit into a record together: FF_USAGE. */
int folds_check_words(const struct spec *spec, struct ff_error *err);

#endif
