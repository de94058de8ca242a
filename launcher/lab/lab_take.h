/* SPDX-License-Identifier: Apache-2.0 */
/* What a command of a lab printed, and what became of it, into the table. */
#ifndef FANFOLD_LAUNCHER_LAB_TAKE_H
#define FANFOLD_LAUNCHER_LAB_TAKE_H

#include "lab_site.h"
#include "lab_table.h"

/* A step that is run with these values of its variables. */
struct lab_run {
    struct lab_site *site;
    const struct lab *lab;
    const struct lab_step *step;
    struct lab_measured *m;
    const char *value[2];
    unsigned round;      /* of those that `best` asks for */
    char json[PATH_MAX]; /* "": there is none */
};

/* Rows that the program printed, or the row that the step fills; the lines that
 * are to be shown. again: what is better is kept. -1 with *err: FF_USAGE when
 * there is no such value, or not of its column. */
int lab_take(struct lab_run *run, const struct lab_process *p, bool again,
             struct ff_error *err);

#endif
