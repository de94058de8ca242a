/* SPDX-License-Identifier: Apache-2.0 */
/* What a store says of its run, at a glance: who began it, how far it is, how
 * it ended. */
#ifndef FANFOLD_LAUNCHER_STORED_RUN_H
#define FANFOLD_LAUNCHER_STORED_RUN_H

#include "error.h"
#include "store.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum stored_status {
    STORED_RUNNING,
    STORED_COMPLETE,
    STORED_FAILED,      /* some items failed for good, or it was halted */
    STORED_INTERRUPTED,
    STORED_KILLED,      /* its launcher is gone without having said so */
    STORED_LOST         /* it ended with an error */
};

struct stored_run {
    char id[64];
    char *command;          /* its command line; NULL: not known */
    char *directory;        /* in which it was started; likewise */
    uint64_t starts;        /* epochs */
    double began;           /* the first of them, seconds since 1970 */
    /* The last one. */
    int64_t epoch;
    double started, ended;  /* ended: NaN while it is not known */
    char host[256];
    char version[64];
    char why[512];          /* it ended, when that needs words; or "" */
    int64_t pid;
    int64_t nodes, workers, threads;
    int exit;               /* -1: none */
    json_t *plan, *report;  /* NULL: none */
    enum stored_status status;
    bool has_items;         /* how many there are is known (the kernel was open) */
    uint64_t items, done;   /* done: counted, well */
};

/* FF_DAMAGED ... Release it in any case. */
int stored_run_read(struct stored_run *run, struct store *s,
                    struct ff_error *err);
void stored_run_release(struct stored_run *run);

/* One word, as it stands in JSON: "running", "complete", "failed",
 * "interrupted", "killed", "lost". */
const char *stored_status_word(enum stored_status status);

/* The same for people: "running (pid 4711 on node3)", "interrupted (killed)" ... */
const char *stored_status_text(const struct stored_run *run, char out[320]);

/* Can it be gone on with? */
static inline bool stored_run_can_go_on(const struct stored_run *run)
{
    return run->status != STORED_RUNNING && run->status != STORED_COMPLETE;
}

/* ---- values of rows -------------------------------------------------------- */

/* A copy of a text, cut where there is no room; "" of what is none. */
void stored_text(char *out, size_t size, const struct store_value *v);

/* What is no number is 0. */
double stored_real(const struct store_value *v);
int64_t stored_int(const struct store_value *v);

/* A number out of a report: 0 when it is none. Also of one beyond 63 bits, which
 * is a text. */
uint64_t stored_count(const json_t *json);

#endif
