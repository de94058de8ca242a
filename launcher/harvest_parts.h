/* SPDX-License-Identifier: Apache-2.0 */
/* Between harvest.c, which is begin and end, harvest_files.c, harvest_rows.c,
 * which takes rows in, and harvest_print.c, from which everything comes out. */
#ifndef FANFOLD_LAUNCHER_HARVEST_PARTS_H
#define FANFOLD_LAUNCHER_HARVEST_PARTS_H

#include "failed_rows.h"
#include "harvest_counts.h"
#include "joblog.h"
#include "job.h"
#include "label.h"
#include "ordered.h"
#include "plan.h"
#include "printer.h"
#include "results_csv.h"
#include "results_tree.h"
#include "row.h"
#include "text.h"

/* What of an item comes when: texts stand before, between and behind what it
 * printed (results_csv.h). */
enum stage { STAGE_BEFORE, STAGE_STDOUT, STAGE_BETWEEN, STAGE_STDERR,
             STAGE_BEHIND, N_STAGES };

/* An item on its way out. */
struct yield {
    size_t row;                              /* where it is in rows.text */
    struct pieces printed[PRINTER_N_STREAMS]; /* whole until it is settled */
    size_t at;                               /* of these pieces, ... */
    uint32_t used;                           /* ... and of this one so much */
};

/* Rows that were taken, and their items. */
struct yields {
    struct text text;
    struct yield *yield;
    size_t n, room;
    size_t first;        /* is coming out now */
    size_t settled;      /* those before it are out, and written */
};

/* Of a run that is kept, and gone on with: harvest_kept.c. */
struct harvest_kept {
    struct store_batch *batch;   /* NULL: nothing is kept */
    struct text bytes[PRINTER_N_STREAMS]; /* of an item */
    int64_t n_pieces;            /* rows of STORE_PIECES, below 0 */
    uint64_t log_bytes, csv_bytes; /* that the store knows of */
    bool restored;               /* goes on with an earlier run: */
    uint64_t n_waiting;          /* chunks whose rows were loaded, */
    uint64_t next;               /* of a chunk that was coming out: the item */
    bool has_next;
    struct cover again;          /* --retry-failed: chunks to be run again, */
    struct cover dropped;        /* and of them those whose rows were loaded */
};

struct harvest {
    const struct job *job;
    const struct grid *grid;
    struct ordered *ordered;
    const struct plan *plan;

    struct harvest_counts counts;
    struct failed_rows failed;
    uint64_t chunks_before;  /* done before, so without rows */
    struct cover taken;      /* chunks whose rows are taken */
    uint64_t next, end;      /* items of the chunk that is taken now */
    struct pieces pieces;    /* of rows */
    struct yields yields;

    struct printer printer;
    enum stage stage;        /* of the item that is coming out */
    bool begun;              /* that stage */
    struct row row;          /* the item's */
    struct text around;      /* the text of this stage, and how much of it ... */
    size_t around_at;        /* ... came out */
    struct label label;
    struct text prefix;      /* of lines */
    uint64_t printed_bytes;  /* in this turn */
    bool more;

    struct joblog log;
    struct results_tree *tree;   /* --results DIR, or NULL */
    bool is_csv;                 /* --results FILE.csv */
    struct results_csv csv;
    uint64_t csv_put, csv_out;   /* bytes of the table: put; of whole items */
    uint64_t csv_settled;        /* ... that are written */
    uint64_t printed_ever;       /* for harvest_printed */
    struct harvest_kept kept;
};

int harvest_no_memory(struct ff_error *err);
int harvest_damaged(uint32_t chunk, const char *what, struct ff_error *err);

/* FF_USAGE when two of the files are one, or one of them is read. */
int harvest_check_files(const struct job *job, struct ff_error *err);

/* Counts the rows that came since the last time, wherever they stand. */
int harvest_count(struct harvest *h, struct ff_error *err);

/* Takes rows from the front, before the frontier, up to the end of a chunk: 1;
 * 0: there is none; -1. All that was taken must have come out. */
int harvest_take(struct harvest *h, uint32_t frontier, struct ff_error *err);

/* What was taken comes out: 1 when all did; 0: later; -1. */
int harvest_print(struct harvest *h, struct ff_error *err);

/* Items that came out are settled, since all of them is written: what they
 * printed is not needed any more; their rows go into the batch. */
int harvest_settle(struct harvest *h, struct ff_error *err);

/* harvest_kept.c: of an item that is settled, whose bytes are still there. */
int harvest_keep_item(struct harvest *h, const struct yield *y,
                      struct ff_error *err);

/* How long the files are, into the batch. */
void harvest_save_files(struct harvest *h);

/* How long which file was, by its name in the store: 1; 0: it was not, or is
 * another one now; -1. */
int harvest_kept_file(struct store *kept, const char *name, const char *path,
                      uint64_t *bytes, struct ff_error *err);

/* Counts and failures go on from there. What ordered_load brought is there. */
int harvest_restore(struct harvest *h, struct store *kept,
                    struct ff_error *err);

/* Is the row one that --retry-failed drops? Then it is of no chunk any more. */
bool harvest_drops(struct harvest *h, uint32_t chunk);

#endif
