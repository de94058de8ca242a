/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the progress, as text: pure, for any width. */
#ifndef FANFOLD_LAUNCHER_GAUGE_H
#define FANFOLD_LAUNCHER_GAUGE_H

#include "bar.h"
#include "watch.h"

#include <stdbool.h>
#include <stdint.h>

#define GAUGE_MAX_COLUMNS BAR_MAX_WIDTH
#define GAUGE_TEXT (BAR_TEXT + 256) /* bytes of a line: text, bar, colours */

/* How it may look. */
struct look {
    int columns; /* of a line; what does not fit is left out */
    bool utf8, colours;
};

#define GAUGE_UNKNOWN UINT64_MAX

/* The run at this moment. */
struct gauge {
    uint64_t items, n_items; /* GAUGE_UNKNOWN: more are to come */
    double per_s, left_s; /* INFINITY: not known */
    uint32_t alive, n_workers;
    uint32_t n_nodes; /* of a cluster; 0: no cluster */
    bool commands;    /* items are commands: done and of how many, */
    uint64_t failed;  /* and how many of them have failed */
};

/* A node at this moment. */
struct gauge_node {
    char name[32];
    uint32_t alive, n_workers;
    uint32_t n_executors, n_idle; /* alive; of these, with nothing to do */
    uint64_t chunks;              /* run to their end */
    uint32_t deaths;              /* of workers */
    bool lost;
};

/* Percent, bar, items, rate, time left, workers; of these, as many as fit: the
 * items go first, then the workers, the rate, the bar, the time; what failed
 * stays. */
void gauge_line(char out[GAUGE_TEXT], const struct gauge *g,
                const struct look *look);

/* A worker: rank, CPUs, how busy it is, what it does. */
void gauge_worker(char out[GAUGE_TEXT], const struct watch *w, uint32_t rank,
                  uint32_t n_workers, const char *cpus, uint32_t deaths,
                  const struct look *look);

/* A node: name (in `width` columns), how busy it is, its workers, what they
 * did. */
void gauge_node(char out[GAUGE_TEXT], const struct gauge_node *n, int width,
                const struct look *look);

/* How many workers are in which state. */
void gauge_counts(char out[GAUGE_TEXT], const struct watch *w, uint32_t n,
                  const struct look *look);

/* One letter a worker, for the workers from `first` on as far as the line
 * reaches; how many these are. */
uint32_t gauge_letters(char out[GAUGE_TEXT], const struct watch *w, uint32_t n,
                       uint32_t first, const struct look *look);

#endif
