/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that is part of a cluster's: what a node's launcher (run.c) asks the
 * root instead of deciding it alone, and tells it. With run->member NULL the
 * run is on this machine alone. What run.c and its like call is in run.h.
 */
#ifndef FANFOLD_LAUNCHER_MEMBER_H
#define FANFOLD_LAUNCHER_MEMBER_H

#include "carrier.h"
#include "run.h"

struct member {
    struct run *run;
    struct carrier *carrier;
    struct cover granted;     /* ever, and not returned */
    struct wire_status told;  /* last */
    uint64_t told_ns, heard_ns, record_ns;
    uint32_t n_all_executors; /* of all nodes */
    uint32_t size;            /* workers of all nodes */
    bool started;             /* START came */
    bool folding, folded, quit;
    struct lanes lanes;
    ev_timer poll;
    ev_io stream;
};

/* The life of a node, from HELLO to DONE: receives the job, prepares, runs,
 * tells. Returns the exit status of the process. argv0: the program. */
int member_main(struct carrier *carrier, struct crew *crew, const char *argv0,
                uint64_t started_ns);

#endif
