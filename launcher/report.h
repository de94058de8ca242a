/* SPDX-License-Identifier: Apache-2.0 */
/* What the user sees of a finished run. */
#ifndef FANFOLD_LAUNCHER_REPORT_H
#define FANFOLD_LAUNCHER_REPORT_H

#include "outcome.h"

#include <stdio.h>

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

/* An item as people know it: "item 17", or in runs over a file "FILE:18". */
void report_item(FILE *out, const struct job *job, uint64_t item);

/* The JSON object of docs (one line breaks nothing: indented by 2). path "-"
 * is standard output. FF_UNWRITTEN with the path when it cannot be written. */
int report_json(const char *path, const struct job *job,
                const struct machine *machine, const struct plan *plan,
                const struct outcome *outcome, struct ff_error *err);

/* The progress line on a terminal. */
struct progress {
    bool on;
    bool shown;
    uint64_t started_ns, shown_ns;
    uint64_t change_ns;   /* when items were last seen to come, ... */
    uint64_t items;       /* ... and how many there were then */
    double recent_items, recent_s; /* fading sums: their ratio is the rate */
    double longest_s;     /* between two changes */
};

void progress_init(struct progress *p, bool on, uint64_t now_ns);

/* Shows items of n_items done, rate, ETA, workers alive of n; at most ten
 * times a second, unless forced. Fits the width of the terminal. */
void progress_show(struct progress *p, uint64_t now_ns, uint64_t items,
                   uint64_t n_items, uint32_t alive, uint32_t n_workers,
                   bool forced);

/* Removes the line, so that other text can be written. */
void progress_clear(struct progress *p);

#endif
