/* SPDX-License-Identifier: Apache-2.0 */
/* What a person can watch while a run lasts, on standard error. */
#ifndef FANFOLD_LAUNCHER_PROGRESS_H
#define FANFOLD_LAUNCHER_PROGRESS_H

#include "crew.h"
#include "error.h"
#include "job.h"
#include "outcome.h"
#include "plan.h"

#include <stdbool.h>
#include <stdint.h>

struct watch;
struct gauge_node;

struct progress {
    enum progress_mode mode;
    bool log;             /* no terminal: now and then a line that stays */
    int n_lines;          /* on the terminal now */
    int columns;          /* when they were drawn */
    uint64_t started_ns, shown_ns, interval_ns;
    uint64_t change_ns;   /* when items were last seen to come, ... */
    uint64_t items;       /* ... and how many there were then */
    double recent_items, recent_s; /* fading sums: their ratio is the rate */
    double longest_s;     /* between two changes */
    const struct plan *plan;
    bool commands;        /* items are commands, ... */
    uint64_t failed;      /* ... of which so many have failed */
    bool team;            /* of a worker's threads only one takes chunks */
    struct watch *watch;  /* of the workers, PROGRESS_WORKERS */
    const struct gauge_node *node; /* of a cluster, while it is shown */
    uint32_t n_nodes;
};

int progress_init(struct progress *p, enum progress_mode mode,
                  const struct plan *plan, uint64_t now_ns,
                  struct ff_error *err);
void progress_release(struct progress *p);

/* Shows how many of n_items are done, and the crew's workers (what became of
 * them so far: `past`); at most ten times a second. Fits the terminal, and
 * never wraps. */
void progress_show(struct progress *p, uint64_t now_ns, uint64_t items,
                   uint64_t n_items, const struct crew *crew,
                   const struct worker_outcome *past);

/* The same of a cluster: with PROGRESS_WORKERS a line a node. Is it time to?
 * (The nodes may be many.) */
bool progress_is_due(const struct progress *p, uint64_t now_ns);
void progress_show_nodes(struct progress *p, uint64_t now_ns, uint64_t items,
                         uint64_t n_items, const struct gauge_node *node,
                         uint32_t n_nodes);

/* Removes it, so that other text can be written. */
void progress_clear(struct progress *p);

#endif
