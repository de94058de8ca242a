/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs where, and why: a pure function of the job and the machine. */
#ifndef FANFOLD_LAUNCHER_PLAN_H
#define FANFOLD_LAUNCHER_PLAN_H

#include "error.h"
#include "job.h"
#include "ledger.h"
#include "machine.h"

struct plan {
    uint32_t n_workers;
    uint32_t threads;       /* executors of a worker */
    struct place *place;    /* n_workers * threads; worker w's threads are
                               neighbours at w * threads */
    bool bound;             /* every executor has a PU of its own */
    char why[320];          /* how many workers, and why */
    char warning[400];      /* "" or one line: more executors than cores */
};

/* FF_USAGE when more executors are asked for than the ledger holds. */
int plan_make(struct plan *plan, const struct job *job,
              const struct machine *machine, struct ff_error *err);
void plan_release(struct plan *plan);

#endif
