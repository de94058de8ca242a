/* SPDX-License-Identifier: Apache-2.0 */
/* What the user sees of a finished run. */
#ifndef FANFOLD_LAUNCHER_REPORT_H
#define FANFOLD_LAUNCHER_REPORT_H

#include "outcome.h"
#include "text.h"

#include <stdio.h>

/* All that the job asks for. Returns the exit status. */
int report_all(const struct job *job, const struct machine *machine,
               const struct plan *plan, struct outcome *outcome);

/* Results as an aligned table to `out` (unless NULL); the rest (time,
 * efficiency, imbalance, deaths, failures) to `notes`, unless the job is quiet
 * (failures and an interrupted run are always told). Both checked for write
 * errors: -1 with errno. */
int report_text(FILE *out, FILE *notes, const struct job *job,
                const struct machine *machine, const struct plan *plan,
                const struct outcome *outcome);

/* The results alone. */
void report_results(FILE *out, const struct job *job,
                    const struct outcome *outcome);

/* The entries of a result that is a list, as a table; a long list is cut. */
void report_list(FILE *out, const struct job *job, const struct outcome *o,
                 uint32_t result);

/* A number of a result for people, "none" when there is none; the bits of a
 * double as C99 writes them, "" of another value. Both return out. */
const char *report_value(char out[64], const struct value *v);
const char *report_hex(char out[64], const struct value *v);

/* An item as people know it: "item 17", or in runs over a file "FILE:18", or
 * "item 17 ('a b')" with its input. */
void report_item(FILE *out, const struct job *job, const struct outcome *o,
                 uint64_t item);

/* Appends the input of an item. -1: it is a number alone, or not to be had. */
int report_input(const struct outcome *o, uint64_t item, struct text *text);

/* What became of the items of a command, when it is worth a line. */
void report_items(FILE *notes, const struct job *job, const struct outcome *o);

/* What was done, and how long it took. */
void report_times(FILE *notes, const struct job *job,
                  const struct machine *machine, const struct plan *plan,
                  const struct outcome *outcome);

/* --schedule-map: who ran what, and when, fitting the width of the terminal.
 * Nothing when there is no map. */
void report_map(FILE *out, const struct plan *plan, const struct outcome *o);

/* The JSON object of docs (one line breaks nothing: indented by 2). path "-"
 * is standard output. FF_UNWRITTEN with the path when it cannot be written. */
int report_json(const char *path, const struct job *job,
                const struct machine *machine, const struct plan *plan,
                const struct outcome *outcome, struct ff_error *err);

/* The same object as a text in memory, to be freed; NULL without memory. */
char *report_json_text(const struct job *job, const struct machine *machine,
                       const struct plan *plan, const struct outcome *outcome);

/* Its "plan" alone, likewise. */
char *report_plan_text(const struct machine *machine, const struct plan *plan,
                       const struct outcome *outcome);

/* A table: a head, then a row for each result, for each bin of a histogram;
 * failed items are only in the JSON. path as above. */
int report_csv(const char *path, const struct outcome *outcome,
               struct ff_error *err);

#endif
