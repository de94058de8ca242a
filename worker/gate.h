/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is waited for before a command starts: --delay, --load, --memfree.
 *
 *   gate_init    once a worker
 *   gate_wait    before each attempt, --retries too
 *   gate_started behind it, when there is a process; gate_runs at every look at
 *                it (each 50 ms or more often), as long as it runs
 *
 * --delay   Two starts on a node are so far apart: whoever is to start when the
 *           time has come takes the next one (struct gate_shm).
 * --load    As long as the load of the last minute is not below that.
 * --memfree As long as less memory is available: of the machine, and of our
 *           control group and those above it where they have a limit.
 *
 * Every wait has an end. --delay ends by itself. The others end when the run
 * does; and when for GATE_PATIENCE_NS nothing of this run has run on the node,
 * one command is started nevertheless (as make -l does), since what keeps us
 * waiting is then not ours, and nobody can say that it will pass. What can
 * never be there (more memory than the node has) is an error at the start.
 */
#ifndef FANFOLD_WORKER_GATE_H
#define FANFOLD_WORKER_GATE_H

#include "error.h"
#include "ledger.h"
#include "work.h"

#include <fanfold.h>
#include <stdbool.h>
#include <stdint.h>

#define GATE_PATIENCE_NS UINT64_C(60000000000)

struct gate {
    const struct work_head *head;
    const struct job_shm *job;
    bool watches;      /* --load or --memfree */
    uint64_t claim_ns; /* what we wrote into next_ns last */
};

/* FF_USAGE: it could never open. */
int gate_init(struct gate *gate, const struct work_head *head,
              const struct job_shm *job, struct ff_error *err);

/* Until a command may start: 0. -1: the run ends, it is not to start. Says what
 * it waits for, once a minute and node. */
int gate_wait(struct gate *gate, struct node_shm *node, const struct ff *ff);

void gate_started(struct gate *gate, struct node_shm *node);
void gate_runs(const struct gate *gate, struct node_shm *node);

/* ---- pure, for tests ------------------------------------------------------ */

/* May a command start at `now`, when one waits since `since` for a condition
 * that does not hold? busy_ns as in struct gate_shm. */
bool gate_is_patient(uint64_t now, uint64_t since, uint64_t busy_ns);

/* When the next start may be, from what stands in next_ns. */
uint64_t gate_next(uint64_t now, uint64_t next_ns, uint64_t delay_ns);

#endif
