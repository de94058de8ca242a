/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a run: all that a report needs, and nothing that runs. */
#ifndef FANFOLD_LAUNCHER_OUTCOME_H
#define FANFOLD_LAUNCHER_OUTCOME_H

#include "cgroup.h"
#include "fingerprint.h"
#include "grid.h"
#include "items.h"
#include "job.h"
#include "machine.h"
#include "map.h"
#include "partial.h"
#include "plan.h"
#include "spec.h"

#include <stdbool.h>
#include <stdint.h>

struct backtrace;
struct interpreter;

/* A chunk that failed for good. */
struct failure {
    uint32_t chunk;
    uint64_t begin, end;   /* its items; none of them is counted */
    bool has_item;         /* the culprit is known */
    uint64_t item;
    uint64_t item_end;     /* diagnosis got as far as [item, item_end) */
    uint32_t attempts;
    bool fatal;            /* it killed its worker each time */
    bool kept;             /* in the store, as it stands here */
    char *reason;          /* "killed by SIGSEGV at address 0x0"; may have
                              several lines; owned */
    bool is_command;       /* of one item, whose command failed: its ... */
    char *text;            /* ... columns, for people; or NULL; owned */
    int exit, signal;      /* -1: none; 0: none */
    struct backtrace *backtrace; /* of the last attempt: where it crashed, or
                                    where all threads were; or NULL; owned */
};

/* What one worker did, over all its lives. */
struct worker_outcome {
    uint64_t chunks;    /* run to their end */
    uint64_t busy_ns;   /* inside batches, all executors together */
    uint64_t publish_ns;
    uint64_t steals;
    uint64_t cpu_ns;
    uint64_t wait_ns;   /* ready to run, but not running; 0: not known */
    uint64_t max_rss_kb;
    uint32_t deaths;
};

/* What became of an output or an array. */
struct delivered {
    char name[SPEC_NAME];
    char file[400];         /* "-": standard output */
    uint64_t bytes;         /* written */
    uint64_t bytes_left;    /* not written: an item before them is missing */
    bool unread;            /* not written: nobody read */
    bool is_kept;           /* what lacks comes when the run is gone on with: an
                               array has not got its name before */
    bool is_array, has_nan; /* has_nan: rows without values are NaN, else 0 */
    uint64_t items;         /* rows of an array, ... */
    uint64_t items_missing; /* ... of these without values */
};

/* A node of a cluster that was lost. */
struct lost_node {
    char host[256];
    char why[256];          /* "its launcher was killed by SIGKILL" */
};

/* What only the report of a run can say that is over (past.h). */
struct remembered {
    const char *advice;      /* "" or a line */
    struct remembered_item {
        uint64_t item;
        const char *input;
    } *item;                 /* of those that reports name, in their order */
    size_t n_items;
};

enum run_end { RUN_COMPLETE, RUN_FAILED, RUN_INTERRUPTED };

struct outcome {
    char run_id[32];
    enum run_end end;
    int status;              /* the exit status, enum ff_status */
    uint64_t spec_hash;
    struct spec spec;
    struct grid grid;
    uint64_t items_done;     /* counted, exactly once */
    uint64_t chunks_done;
    uint64_t chunks_retried; /* begun in vain, and so run again, after deaths */
    uint64_t chunks_verified; /* --verify: run twice, with the same bits */
    struct value value[SPEC_MAX_RESULTS];
    int64_t *partial, *state; /* what values are made of */
    struct delivered *delivered;
    size_t n_delivered;
    bool stdout_taken;       /* by an output: results go to the notes */
    struct ff_error unwritten; /* status 0: none; of an output or array */
    struct ff_error uncombined; /* status 0: none; of the kernel's own
                                   operations, one a line */
    struct failure *failure; /* in order of chunks */
    size_t n_failures;
    uint64_t failures_more;  /* of commands, that are not listed */
    const struct items *items; /* the subject's; NULL: items are numbers, or
                                  lines of the job's -a */
    const struct interpreter *python; /* the subject's, of a Python kernel; NULL:
                                         it is none, or not known */
    const struct remembered *remembered; /* NULL: the run is our own */
    bool is_command;         /* the work is a command: failures are of items */
    uint64_t items_before;   /* done in the run that is resumed */
    uint32_t workers_died;
    uint32_t workers_recycled; /* --recycle: replaced; 0 with the others */
    struct worker_outcome *worker; /* plan->n_workers */
    uint32_t n_nodes;        /* of a cluster, as it was started first; 0: one
                                machine without others */
    struct lost_node *lost;
    uint32_t nodes_lost;
    struct worker_outcome gone; /* what workers did of which `worker` says
                                   nothing, before nodes were started again */
    uint64_t executors_ns;   /* of all executors, while chunks could be taken;
                                0: compute_ns each */
    struct map *map;         /* --schedule-map, or NULL */
    bool halted;             /* --halt: not all was run */
    bool reached;            /* as many as --halt wanted are done: a success,
                                even if others failed or were not run */
    bool hopeless;           /* given up: chunks failed and none was done */
    uint64_t wall_ns;        /* from main to the last result */
    uint64_t startup_ns;     /* of it, until chunks could be taken */
    uint64_t compile_ns;     /* of that, in the compiler */
    uint64_t compute_ns;     /* of it, while chunks could be taken */
    uint64_t slept_ns;       /* of it, while the launcher itself was stopped */
    uint64_t longest_ns;     /* of the chunks, the one that took longest ... */
    uint32_t longest_chunk;  /* ... as far as it was seen; ns 0: none was */
    struct cgroup_throttle throttle; /* by the CPU quota, during the run */
    struct fingerprint fingerprint; /* of the first worker */
    char fingerprint_differs[FINGERPRINT_DIFFERS]; /* in another; or "" */
    bool goes_on;            /* shown while it runs: so far */
    bool serial;             /* ran in this process: no times of workers */
};

/* Gives it another reason, of n bytes. -1, and nothing changed, without
 * memory. */
int failure_set_reason(struct failure *f, const char *text, size_t n);

/* Frees failures and what they hold. */
void failures_release(struct failure *failure, size_t n);

/* Frees what the outcome holds. */
void outcome_release(struct outcome *o);

/* Threads that take chunks: of a team only one. */
uint32_t outcome_executors(const struct outcome *o, const struct plan *plan);

/* What all workers did together. */
struct worker_outcome outcome_sum(const struct outcome *o,
                                  const struct plan *plan);

/* Were times measured? */
bool outcome_measured(const struct outcome *o);

/* Share of the executors' time between start and end that was spent in
 * batches: 0 .. 1. */
double outcome_efficiency(const struct outcome *o, const struct plan *plan);

/* Busiest worker over the mean, less one: 0 is even. */
double outcome_imbalance(const struct outcome *o, const struct plan *plan);

/* Time between the first and the last chunk in which executors idled, all
 * together. */
uint64_t outcome_idle_ns(const struct outcome *o, const struct plan *plan);

#endif
