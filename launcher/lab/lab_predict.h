/* SPDX-License-Identifier: Apache-2.0 */
/* --predict: what people expect, asked before anything is measured. */
#ifndef FANFOLD_LAUNCHER_LAB_PREDICT_H
#define FANFOLD_LAUNCHER_LAB_PREDICT_H

#include "lab.h"

#include <stdio.h>

struct lab_prediction {
    bool given;
    double figure;
};

/* Asks the question of each claim that has one on `out`, and reads a line of
 * standard input for it; an empty line, or none, skips. prediction[i] is of
 * claim i. On a terminal, what is no number is asked for once more. -1 with
 * *err (FF_USAGE): no number. Ctrl-C ends the process, as it does before it is
 * called. */
int lab_predict_ask(FILE *out, const struct lab *lab,
                    struct lab_prediction *prediction, struct ff_error *err);

/* How far off: "2.5 times too high", "exact", "12 % too low". */
#define LAB_OFF 100
void lab_predict_off(char out[LAB_OFF], double said, double measured);

#endif
