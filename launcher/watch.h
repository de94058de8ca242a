/* SPDX-License-Identifier: Apache-2.0 */
/* What each worker is doing now, for people who watch. */
#ifndef FANFOLD_LAUNCHER_WATCH_H
#define FANFOLD_LAUNCHER_WATCH_H

#include "crew.h"

#include <stdbool.h>

enum watch_state {
    WATCH_GONE, /* no process */
    WATCH_OPENING,
    WATCH_RUNNING,
    WATCH_IDLE,
    WATCH_STOPPED,
    WATCH_DIAGNOSING,
    WATCH_STATES
};

struct watch {
    enum watch_state state;
    uint32_t n_running, threads;
    uint32_t chunk;  /* that has run longest, when RUNNING */
    uint64_t age_ns; /* of that */
    bool alone;      /* it is under suspicion */
    double busy;     /* share of its life that it was in chunks: 0 .. 1 */
};

/* Looks at the worker in slot `rank`, of whose threads the first `executors`
 * take chunks. */
void watch_worker(struct watch *w, const struct crew *crew, uint32_t rank,
                  uint32_t executors, uint64_t now_ns);

#endif
