/* SPDX-License-Identifier: Apache-2.0 */
/* What a store says of its run, for people and programs. */
#ifndef FANFOLD_LAUNCHER_SHOW_H
#define FANFOLD_LAUNCHER_SHOW_H

#include "error.h"
#include "store.h"

#include <stdbool.h>
#include <stdio.h>

struct show_how {
    bool hex, verbose, quiet; /* as of a run */
};

/* The report of the run again, as far as it is, like that at the end of a run:
 * *status is its exit status (of one that is not complete FF_INTERRUPTED). */
int show_report(struct store *s, const struct show_how *how, FILE *results,
                FILE *notes, int *status, struct ff_error *err);

/* The same as JSON, to standard output. Of a run that has not reported what of
 * it is known. */
int show_json(struct store *s, int *status, struct ff_error *err);

/* Is the run complete? 1, 0, -1 with *err. *exit: as it ended, when it has. */
int show_is_complete(struct store *s, int *exit, struct ff_error *err);

#endif
