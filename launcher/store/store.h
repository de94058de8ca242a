/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of a run: one SQLite file that says what of it counts. Whoever has
 * the file can go on with the run (keeper.h), look at it (fanfold show) or ask
 * it with sqlite3: fanfold-store(5) describes the tables, and store_tables.c
 * declares them, once, for the schema, for writing, reading and checking.
 *
 * One process writes, with an exclusive lock that it takes before it looks at
 * anything (so the index of the log is in its memory, and a full disk can
 * neither keep it from opening a store nor kill it by a page fault). What is
 * written comes in batches, each of which is there as a whole or not at all,
 * and durable when store_write has returned. A batch may be written twice: rows
 * replace rows of the same key. Log (WAL) on local file systems, rollback
 * journal on those of a network; synchronous=FULL on both.
 *
 * Each row ends in a checksum of its table and its other columns (XXH3), so a
 * bit that has changed is found by whoever reads the row: FF_DAMAGED.
 *
 * The one reader of sqlite3.h is store_sqlite.c, which loads the library when it
 * is needed. All errors name the file. Not for two threads at once; a store may
 * be handed from one to another.
 */
#ifndef FANFOLD_LAUNCHER_STORE_H
#define FANFOLD_LAUNCHER_STORE_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_VERSION 1      /* of the tables: meta 'version' */
#define STORE_MAX_COLUMNS 24

/* ---- the tables ------------------------------------------------------------ */

enum store_table {
    STORE_META,     /* what the run is: key, value */
    STORE_EPOCHS,   /* each start or resume of it: who, where, how it ended */
    STORE_PARTIALS, /* what counts: a cover and the state over it */
    STORE_FAILURES, /* chunks that failed for good */
    STORE_STRIKES,  /* chunks that workers died of, or that are tried again */
    STORE_ITEMS,    /* of a command: what became of each item */
    STORE_PIECES,   /* output that counts and is not written yet */
    STORE_FILES,    /* how much of which file was written */
    STORE_EVENTS,   /* what happened, for people */
    STORE_N_TABLES
};

enum store_type { STORE_NULL, STORE_INT, STORE_REAL, STORE_TEXT, STORE_BLOB };

struct store_column {
    const char *name;
    enum store_type type;
    bool key;               /* part of the primary key */
};

struct store_table_info {
    const char *name;
    size_t n_columns;       /* the keys first; without the checksum */
    struct store_column column[STORE_MAX_COLUMNS];
};

extern const struct store_table_info store_tables[STORE_N_TABLES];

/* The columns, in their order. */
enum { META_KEY, META_VALUE, META_N };
enum { EPOCH_NUMBER, EPOCH_STARTED, EPOCH_ENDED, EPOCH_HOST, EPOCH_PID,
       EPOCH_VERSION, EPOCH_NODES, EPOCH_WORKERS, EPOCH_THREADS, EPOCH_COMMAND,
       EPOCH_PLAN, EPOCH_STATUS, EPOCH_EXIT, EPOCH_WHY, EPOCH_REPORT,
       EPOCH_N };   /* times in seconds since 1970; COMMAND: the command line;
                       PLAN, REPORT: JSON; STATUS: running, complete, failed,
                       interrupted, lost */
enum { PARTIAL_EPOCH, PARTIAL_CHUNKS, PARTIAL_ITEMS, PARTIAL_STATE,
       PARTIAL_N };  /* STATE: node_record.h, which has the cover */
enum { FAILURE_CHUNK, FAILURE_BEGIN, FAILURE_END, FAILURE_ITEM,
       FAILURE_ITEM_END, FAILURE_ATTEMPTS, FAILURE_FATAL, FAILURE_REASON,
       FAILURE_N };  /* ITEM: NULL when it is not known */
enum { STRIKE_CHUNK, STRIKE_OWN, STRIKE_OUTSIDE, STRIKE_FAILED, STRIKE_N };
enum { ITEM_NUMBER, ITEM_CHUNK, ITEM_END, ITEM_EXIT, ITEM_SIGNAL,
       ITEM_ATTEMPTS, ITEM_STARTED, ITEM_WALL, ITEM_USER, ITEM_SYSTEM,
       ITEM_MAX_RSS_KB, ITEM_RANK, ITEM_NODE, ITEM_COMMAND, ITEM_INPUTS,
       ITEM_REASON,
       ITEM_STDOUT_BYTES, ITEM_STDERR_BYTES, ITEM_STDOUT, ITEM_STDERR,
       ITEM_N };     /* of items that have come out (harvest.h); END: one of
                        row_end_name(); INPUTS: its columns, a tab between
                        them; REASON: row_why(), NULL when it ended well; STDOUT,
                        STDERR: as much as is kept */
enum { PIECE_NUMBER, PIECE_OUTPUT, PIECE_LO, PIECE_HI, PIECE_BYTES, PIECE_N };
                     /* ascending NUMBERs are their order within a chunk; those
                        below 0 are of items that are coming out (ordered.h) */
enum { FILE_NAME, FILE_PATH, FILE_BYTES, FILE_FRONTIER, FILE_N };
                     /* NAME: "output hits", "array u", "joblog" ...; BYTES of it
                        belong to the chunks before FRONTIER */
enum { EVENT_NUMBER, EVENT_EPOCH, EVENT_TIME, EVENT_KIND, EVENT_TEXT,
       EVENT_N };

/* A condition (store_each) for items that failed, whose answer does not look at
 * all the others: there is an index of them. */
#define STORE_ITEMS_FAILED "\"end\" <> 'well'"

struct store_value {
    enum store_type type;
    int64_t i;
    double r;
    const void *bytes;      /* TEXT, BLOB; TEXT need not end in a zero byte. NULL
                               only when n is 0 */
    size_t n;
};

static inline struct store_value store_null(void)
{
    return (struct store_value){.type = STORE_NULL};
}

static inline struct store_value store_int(int64_t i)
{
    return (struct store_value){.type = STORE_INT, .i = i};
}

static inline struct store_value store_real(double r)
{
    return (struct store_value){.type = STORE_REAL, .r = r};
}

static inline struct store_value store_blob(const void *bytes, size_t n)
{
    return (struct store_value){.type = STORE_BLOB, .bytes = bytes, .n = n};
}

struct store_value store_text(const char *text);

/* ---- what is to be written ------------------------------------------------- */

/* Rows on their way: copies of the values, in memory. Made by the loop of a run,
 * written by another thread. All zero is an empty one. */
struct store_batch {
    struct store_op *op;
    size_t n, room;
    unsigned char *bytes;    /* of their values */
    size_t n_bytes, bytes_room;
    int *sync;               /* files that are made durable first; ours */
    size_t n_sync;
    bool no_memory;          /* something was not added: do not write it */
};

/* The row is there from then on, in place of one with the same key: value[] has
 * the columns of the table, as many as it has. Without memory `no_memory`. */
void store_batch_put(struct store_batch *b, enum store_table table,
                     const struct store_value *value);

/* No row has this key (value[]: the key columns) from then on. */
void store_batch_remove(struct store_batch *b, enum store_table table,
                        const struct store_value *value);

/* No row of the table. */
void store_batch_clear_table(struct store_batch *b, enum store_table table);

/* What was written to this file is durable before the batch is: a duplicate of
 * the descriptor is kept. Nothing for what is no regular file. */
void store_batch_sync(struct store_batch *b, int fd);

/* Empty again, its memory kept. */
void store_batch_clear(struct store_batch *b);
void store_batch_release(struct store_batch *b);

static inline bool store_batch_is_empty(const struct store_batch *b)
{
    return b->n == 0 && !b->no_memory;
}

/* ---- the file -------------------------------------------------------------- */

struct store;

enum store_mode {
    STORE_CREATE,   /* it must not be there (FF_USAGE) */
    STORE_WRITE,    /* it must */
    STORE_READ      /* nothing of it is changed; it may be written meanwhile */
};

/* The file is made with mode 0600. Refused with FF_UNSAFE: one that another user
 * could write or replace (trust.h), or that is not ours. FF_HELD within a second
 * when another process writes it, naming that process as far as it is known;
 * FF_DAMAGED when it is no store (which then is left as it is), is cut off, or of
 * a later version; FF_UNWRITTEN when it cannot be written ("No space left on
 * device"), FF_USAGE when it is not there or cannot be read.
 *
 * STORE_READ of a store that is written: a copy of the file and its log is
 * opened, of one moment, without a name; where that cannot be (rollback
 * journal) FF_HELD says so.
 *
 * From STORE_CREATE or STORE_WRITE to store_close the process must not open and
 * close the file by other means: that would drop its lock. NULL with *err. */
struct store *store_open(const char *path, enum store_mode mode,
                         struct ff_error *err);

/* All of the batch, durable: 0. -1 with FF_UNWRITTEN, FF_DAMAGED: nothing of it
 * is to be relied on; the store takes no more (an fsync that failed once cannot
 * be made good by another). */
int store_write(struct store *s, const struct store_batch *batch,
                struct ff_error *err);

/* NULL: nothing was opened. After STORE_WRITE the log is in the file and gone.
 * -1 with FF_UNWRITTEN: that was not possible; all that was written is there
 * all the same. */
int store_close(struct store *s, struct ff_error *err);

const char *store_path(const struct store *s);

/* Was it opened to be written? Then nobody else writes it. */
bool store_is_ours(const struct store *s);

/* ---- reading --------------------------------------------------------------- */

/* Called for each row: value[] are the columns, until it returns. Not 0: no more
 * rows; store_each returns it. */
typedef int store_row_fn(void *context, const struct store_value *value,
                         struct ff_error *err);

/* Rows of a table in the order of their keys, `where` being NULL or a condition
 * in SQL with ?1 ... for arg[n_args]: "number = ?1". -1 with *err: FF_DAMAGED when
 * one has another checksum, or values of other types, or whatever SQLite finds. */
int store_each(struct store *s, enum store_table table, const char *where,
               const struct store_value *arg, size_t n_args,
               store_row_fn *row, void *context, struct ff_error *err);

/* How many rows: -1 with *err. No checksum is looked at. */
int64_t store_count(struct store *s, enum store_table table, const char *where,
                    const struct store_value *arg, size_t n_args,
                    struct ff_error *err);

/* A value of `meta`, copied, with a zero byte behind it: 1, and *bytes to be
 * freed; 0: there is none; -1. */
int store_meta(struct store *s, const char *key, char **bytes, size_t *n,
               struct ff_error *err);

/* Everything that SQLite can check, and the checksum of every row: 0, or -1 with
 * what was found first; each(), which may be NULL, is told of all. */
int store_check(struct store *s,
                void (*each)(void *context, const char *finding),
                void *context, struct ff_error *err);

/* Is the file on a file system of a network (NFS, Lustre, GPFS, BeeGFS, CIFS,
 * 9p, FUSE ...)? */
bool store_is_remote(const char *path);

#endif
