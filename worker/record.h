/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of an executor: the ranges that it has taken and not yet
 * published stand in open[] of its shared memory; publishing writes them and
 * the partial over them into its ring (or a file, with --serial).
 */
#ifndef FANFOLD_WORKER_RECORD_H
#define FANFOLD_WORKER_RECORD_H

#include "emit.h"
#include "ledger.h"
#include "rows.h"
#include "stage.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct record {
    const struct job_shm *job;
    struct executor_shm *shm;
    struct stage *stage;
    struct emit *emit; /* sent before the record, as are ... */
    struct rows *rows; /* ... the rows; NULL when the kernel has neither */
    int event; /* eventfd of the launcher, or -1 */
    int file;  /* records go there instead of the ring (--serial), or -1 */
    /* While we wait for room. */
    void (*meanwhile)(void *arg); /* or NULL */
    void *meanwhile_arg;
    pid_t owner; /* a child that the kernel forked must not write there too */

    uint32_t n_open; /* this is what is published; the shared open[] is what */
    struct range open[OPEN_RANGES]; /* the launcher reads when we are dead */
    uint64_t published_ns, due_ns; /* the next is due so long after the last */
    uint64_t publish_ns;           /* time spent on it */
    unsigned char *message;        /* room for the largest record */
};

int record_init(struct record *rec, const struct job_shm *job,
                struct executor_shm *shm, struct stage *stage, int event,
                int file, struct ff_error *err);
void record_release(struct record *rec);

/* [OPEN] r stands in the record before it is run. False when there is no
 * place for it, because the run is over. May publish, so all that is open
 * must have been run. */
bool record_open(struct record *rec, struct range r);

/* The last open range ends at hi now; the chunks behind it are given back. */
void record_trim(struct record *rec, uint32_t hi);

/* [WRITE] [CLOSE] Publishes what is open: all of it has been run. Unless
 * forced, leaves it for later when there is no room. */
void record_publish(struct record *rec, bool forced);

/* [WRITE] [CLOSE] the same of all but the last chunk, which still runs and of
 * which nothing was sent: it stays open. */
void record_settle(struct record *rec, uint32_t running);

/* Sends what was emitted and counts, ahead of the record; `running`: and what
 * the running chunk has emitted so far. */
void record_stream(struct record *rec, bool running);

/* Publishes that chunk c failed; kind: RECORD_FAILED or RECORD_DIFFERS. */
void record_publish_failure(struct record *rec, enum record_kind kind,
                            uint32_t c, uint64_t item,
                            const char text[FAIL_TEXT]);

/* The same of a chunk that was cancelled. */
void record_publish_cancelled(struct record *rec, uint32_t c);

/* Waits until the launcher has taken all that was published, or the end. */
void record_wait_taken(struct record *rec);

/* Until the launcher has taken what was published, and decided whether the run
 * is to go on; no longer than a second, for it may wait itself for whoever reads
 * what we print. */
void record_wait_looked(struct record *rec);

/* The launcher looks at us soon. */
void record_notify(const struct record *rec);

/* Every shared word but the claim words has one writer, us: plain stores. */
static inline void shared_store64(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline void shared_store32(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

#endif
