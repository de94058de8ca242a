/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --results FILE.csv and FILE.tsv: a record an item, in GNU parallel's columns,
 * quoted as RFC 4180 has it
 *
 *   Seq Host Starttime JobRuntime Send Receive Exitval Signal Command V1 ...
 *   Stdout Stderr
 *
 * Bytes only: whoever writes them asks for what stands before an item's
 * standard output, between that and standard error, and behind it.
 */
#ifndef FANFOLD_LAUNCHER_RESULTS_CSV_H
#define FANFOLD_LAUNCHER_RESULTS_CSV_H

#include "items.h"
#include "plan.h"
#include "row.h"
#include "text.h"

#include <stdbool.h>

/* Is the name of --results one? Then what separates columns, else 0. "-.csv"
 * is standard output. */
char results_csv_separator(const char *path);

struct results_csv {
    char separator;
    const struct items *items; /* for names of columns */
    const struct plan *plan;   /* for names of hosts */
    bool has_head;
    uint32_t n_values;         /* columns of an item */
};

/* Appended to *text: all of a record before standard output; with the head, when
 * there is none yet. -1: no memory. */
int results_csv_begin(struct results_csv *csv, const struct row *row,
                      struct text *text);

/* What stands around so many printed bytes; last: behind it the record ends. */
int results_csv_before(struct text *text, uint64_t n);
int results_csv_behind(const struct results_csv *csv, struct text *text,
                       uint64_t n, bool last);

/* Takes printed bytes as they stand between quotes: as label_copy. */
size_t results_csv_copy(char *out, size_t room, const char *in, size_t n,
                        size_t *taken);

/* How many bytes of a file of n are whole records: of one whose launcher was
 * killed the last may be cut off. */
size_t results_csv_whole(const char *text, size_t n);

#endif
