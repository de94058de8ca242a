/* SPDX-License-Identifier: Apache-2.0 */
/* The list of runs, for people and for programs. */
#ifndef FANFOLD_LAUNCHER_RUNS_TABLE_H
#define FANFOLD_LAUNCHER_RUNS_TABLE_H

#include "error.h"
#include "runs_dir.h"
#include "stored_run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A store, as far as it can be read. */
struct runs_row {
    const struct runs_dir_entry *entry;
    bool readable;
    struct ff_error err;     /* why it is not */
    struct stored_run run;
};

void runs_row_read(struct runs_row *row, const struct runs_dir_entry *entry);
void runs_row_release(struct runs_row *row);

/* A line each, as wide as the terminal (of what is no terminal nothing is cut).
 * Those that cannot be read are told on standard error. */
void runs_table(FILE *out, const struct runs_dir_entry *entry, size_t n);

/* An array of objects, to standard output. FF_UNWRITTEN. */
int runs_json(const struct runs_dir_entry *entry, size_t n,
              struct ff_error *err);

#endif
