/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What failures and successes do to a run: when it is halted. What is counted
 * are chunks, of a command its items. Pure; ending.c acts. (Whether a chunk is
 * tried again is the business of blame.h.)
 */
#ifndef FANFOLD_LAUNCHER_POLICY_H
#define FANFOLD_LAUNCHER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum halt_when {
    HALT_NEVER,
    HALT_SOON, /* none is begun any more, those that run end */
    HALT_NOW   /* those that run are ended */
};

enum halt_what { HALT_FAIL, HALT_SUCCESS, HALT_DONE /* either */ };

struct halt {
    enum halt_when when;
    enum halt_what what;
    bool is_share;
    double limit; /* so many of that kind, or this share of all */
};

/* Reads "5%" or "0.05" as a share of 1, from 0 to 1: 0 or -1. */
int share_parse(double *share, const char *text);

/* Reads "soon,fail=3", "now,success=1", "now,done=10%" or "never": NULL, or what
 * is wrong with the text, to stand behind it. */
const char *halt_parse(struct halt *halt, const char *text);

/* Is it time to halt, with so many that ended well, and that failed, of all? */
bool halt_due(const struct halt *halt, uint64_t n_well, uint64_t n_failed,
              uint64_t n_all);

#endif
