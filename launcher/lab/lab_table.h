/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured for a table of a lab. */
#ifndef FANFOLD_LAUNCHER_LAB_TABLE_H
#define FANFOLD_LAUNCHER_LAB_TABLE_H

#include "lab.h"

#include <stdbool.h>
#include <stddef.h>

#define LAB_MAX_ROWS 1000
#define LAB_MAX_NOTES 40 /* lines shown, and reasons */
#define LAB_CELL 48      /* bytes of a number as text */

struct lab_cell {
    bool set;
    double number;
    char *text;          /* of a column of texts; owned */
};

struct lab_row {
    char *label;         /* owned */
    struct lab_cell cell[LAB_MAX_COLUMNS];
};

struct lab_notes {
    char *at[LAB_MAX_NOTES]; /* owned */
    size_t n, more;      /* that had no room */
};

struct lab_measured {
    const struct lab_table *table;
    struct lab_row *row;
    size_t n_rows, room;
    struct lab_notes shown, skipped;
};

void lab_measured_init(struct lab_measured *m, const struct lab_table *table);
void lab_measured_release(struct lab_measured *m);

/* The row of this label, made when there is none; NULL without memory, or when
 * there are too many. */
struct lab_row *lab_measured_row(struct lab_measured *m, const char *label);
const struct lab_row *lab_measured_find(const struct lab_measured *m,
                                        const char *label);

/* Sets a cell; again: only when it is better than what is there (`best`). A
 * text that is no number, for a column of numbers: -1 with EINVAL; -1 with
 * ENOMEM. */
int lab_measured_set(struct lab_measured *m, struct lab_row *row,
                     size_t column, const char *text, bool again);
int lab_measured_put(struct lab_measured *m, struct lab_row *row,
                     size_t column, double number, bool again);

/* Fills the columns that are computed. */
void lab_measured_compute(struct lab_measured *m);

/* A number of the column for people. "-" for an empty cell. */
const char *lab_number(char out[LAB_CELL], const struct lab_column *column,
                       double number);
const char *lab_cell_text(char out[LAB_CELL], const struct lab_column *column,
                          const struct lab_cell *cell);

/* Adds a line, unless it is there already. -1: no memory. */
int lab_notes_add(struct lab_notes *notes, const char *line);

#endif
