/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run out of its store, as the reports know runs (outcome.h). Its results are
 * folded again from what is kept of it; times, counts and who ran where are those
 * of the report of its last start, when there is one.
 */
#ifndef FANFOLD_LAUNCHER_PAST_H
#define FANFOLD_LAUNCHER_PAST_H

#include "error.h"
#include "gather.h"
#include "job.h"
#include "machine.h"
#include "outcome.h"
#include "plan.h"
#include "store.h"
#include "stored_run.h"

#include <stdbool.h>
#include <stdint.h>

struct past {
    struct stored_run run;
    bool opened;          /* its kernel was open: the rest is there */
    uint64_t seed;
    struct gather gather;
    uint64_t n_partials;  /* that it was folded from */
    struct job job;       /* as much of it as reports look at */
    struct machine machine;
    struct plan plan;
    struct outcome outcome;
    struct remembered remembered;
};

/* It has pointers into itself: not to be moved. FF_DAMAGED, FF_CHANGED when another
 * build of fanfold wrote it. Release it in any case. */
int past_read(struct past *p, struct store *s, struct ff_error *err);
void past_release(struct past *p);

/* ---- for past.c: past_report.c --------------------------------------------- */

/* What the report of the last start says (run.report is there). The results of
 * the kernel's own operations, which only a worker could fold again, are set in
 * p->gather. FF_DAMAGED, FF_LOST without memory. */
int past_take_report(struct past *p, struct ff_error *err);

#endif
