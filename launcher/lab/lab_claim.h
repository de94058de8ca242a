/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of a lab, checked against what was measured. */
#ifndef FANFOLD_LAUNCHER_LAB_CLAIM_H
#define FANFOLD_LAUNCHER_LAB_CLAIM_H

#include "lab_site.h"
#include "lab_table.h"
#include "lab.h"

#include <stdbool.h>

#define LAB_CLAIM_TEXT 120

struct lab_verdict {
    bool visible;          /* it holds here */
    bool measured;         /* else `why` says why not */
    double figure;         /* of a figure: what was measured, or the ratio */
    size_t n_values, n_different; /* of a column */
    char text[LAB_CLAIM_TEXT];     /* what was measured, for people */
    char expected[LAB_CLAIM_TEXT]; /* "1 or more" */
    char why[300];
};

/* m[i]: of table i. -1 with *err (interrupted). */
int lab_claim_check(struct lab_site *site, const struct lab *lab,
                    const struct lab_claim *claim,
                    const struct lab_measured *m, struct lab_verdict *out,
                    struct ff_error *err);

/* A figure of the claim for people: with its unit, "3.2 %"; a ratio is
 * "3.2 times". */
void lab_claim_figure(char out[LAB_CLAIM_TEXT], const struct lab *lab,
                      const struct lab_claim *claim, double figure);

#endif
