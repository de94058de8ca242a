/* SPDX-License-Identifier: Apache-2.0 */
/* Which values a Python function returns are folded, and into what: from the
 * texts of its decorator and of --fold (fold_text.h). */
#ifndef FANFOLD_WORKER_PYTHON_FOLDS_H
#define FANFOLD_WORKER_PYTHON_FOLDS_H

#include "error.h"
#include "python_plugin.h"
#include "spec.h"

/* What was asked for, and where it goes. */
struct python_folds {
    struct python_field field[SPEC_MAX_RESULTS];
    char name[SPEC_MAX_RESULTS][SPEC_NAME]; /* of each the first result */
    uint32_t n;
};

/* Adds to the spec of an opened kernel the results that its decorator asks for,
 * but for those that --fold has under the same name, and those of n_texts of
 * --fold, each ended by a zero byte; and the sources of their values: one for
 * each field and type. FF_USAGE. Texts must outlive *folds. */
int python_folds_add(struct python_folds *folds, struct spec *spec,
                     const struct python_kernel *kernel, const char *texts,
                     uint32_t n_texts, struct ff_error *err);

#endif
