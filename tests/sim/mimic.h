/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node of a cluster in a simulation: it behaves towards the root as a
 * launcher with its crew does (launcher/cluster/wire.h, launcher/cluster/grants.h), but a chunk
 * takes simulated time and no core. Whoever uses it moves messages and time.
 */
#ifndef FANFOLD_TESTS_MIMIC_H
#define FANFOLD_TESTS_MIMIC_H

#include "cover.h"
#include "wire.h"

#include <stdbool.h>
#include <stdint.h>

/* Lognormal costs of chunks: the mean, the sigma of the logarithm; those behind
 * the first n_first are so many times as large, unless that is 0. */
struct costs {
    uint64_t seed;
    double mean_s, sigma;
    uint32_t n_first;
    double behind;
};
double costs_of(const struct costs *costs, uint32_t chunk);

/* Seconds of all chunks; the longest. */
double costs_sum(const struct costs *costs, uint32_t n_chunks, double *longest);

struct mimic_task {
    double end_s, cost_s;
    uint32_t chunk;
};

struct mimic {
    const struct costs *costs;
    double slowness;        /* times the cost of a chunk */
    uint32_t n_executors, n_running;
    struct mimic_task *task; /* what runs: a heap, the first to end on top */
    struct cover queue;     /* granted and not begun */
    struct cover accepted;  /* since the last RECORD */
    struct wire_status now, told;
    double told_s;
    double busy_s, idle_s;  /* idle_s: executors with nothing, up to at_s; */
    double waited_s;        /* that, up to when the last chunk began */
    double at_s, ended_s;   /* ended_s: of the last chunk */
    bool low;               /* the root knows that little is left */
};

/* -1 without memory. */
int mimic_init(struct mimic *m, uint32_t n_executors, double slowness,
               const struct costs *costs);
void mimic_release(struct mimic *m);

/* Everything that happens until then; messages are handled afterwards. -1
 * without memory, here and below. */
int mimic_advance(struct mimic *m, double now_s);
int mimic_grant(struct mimic *m, const struct range *range, size_t n);

/* Gives back up to n chunks, of the high end: ranges in *back, which the caller
 * releases. */
int mimic_recall(struct mimic *m, uint32_t n, struct cover *back);

/* When something happens next by itself: a chunk ends; a STATUS is due (at
 * once, or in the past). INFINITY: never. */
double mimic_next(const struct mimic *m);
double mimic_status_due(const struct mimic *m);

/* The STATUS: call it when it is sent. */
struct wire_status mimic_tell(struct mimic *m);

#endif
