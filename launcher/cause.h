/* SPDX-License-Identifier: Apache-2.0 */
/* How a worker ended, for people, and whether its own work is to blame. */
#ifndef FANFOLD_LAUNCHER_CAUSE_H
#define FANFOLD_LAUNCHER_CAUSE_H

#include "backtrace.h"
#include "blame.h"
#include "crew.h"
#include "ledger.h"

#include <stdint.h>

struct cause {
    enum death death;
    uint32_t tid; /* the guilty thread, or NO_EXECUTOR: any of them */
    const struct crash_trace *trace; /* where it was, or NULL */
    const struct worker_shm *late; /* it took too long, and was asked where its
                                      threads are (stacks); or NULL */
    char text[200];
};

/* status is as from wait, timeout_ns that of --timeout. The slot still has the
 * worker's memory, in which cause->trace points. */
void cause_of_death(const struct slot *s, int status, uint64_t timeout_ns,
                    struct cause *cause);

/* "SIGKILL", "signal 34". */
void cause_signal_name(int number, char out[32]);

/* Where it was, or they were, to be freed by backtrace_free; NULL: it is not
 * known, or no memory. */
struct backtrace *cause_backtrace(const struct cause *cause);

#endif
