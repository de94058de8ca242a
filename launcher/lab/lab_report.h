/* SPDX-License-Identifier: Apache-2.0 */
/* What a lab found, for people and for programs. */
#ifndef FANFOLD_LAUNCHER_LAB_REPORT_H
#define FANFOLD_LAUNCHER_LAB_REPORT_H

#include "lab_claim.h"
#include "lab_predict.h"
#include "lab_site.h"
#include "lab_table.h"

#include <stdio.h>

/* All that there is of a lab that has run. */
struct lab_found_out {
    const struct lab *lab;
    const struct lab_site *site;
    struct lab_measured table[LAB_MAX_TABLES];
    struct lab_verdict verdict[LAB_MAX_CLAIMS];
    struct lab_prediction prediction[LAB_MAX_CLAIMS];
    bool predicts; /* they were asked for */
};

/* A paragraph behind a heading ("" for none), folded; its other lines begin in
 * column `indent`. */
void lab_report_paragraph(FILE *out, const char *heading, const char *text,
                          size_t indent);

/* The table, with bars as wide as there is room. */
void lab_report_table(FILE *out, const struct lab_measured *m);

/* What of the claims was seen; predictions; why, and what next. */
void lab_report_end(FILE *out, const struct lab_found_out *f);

/* One object, to a file or "-". FF_UNWRITTEN. */
int lab_report_json(const char *path, const struct lab_found_out *f,
                    struct ff_error *err);

#endif
