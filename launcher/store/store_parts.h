/* SPDX-License-Identifier: Apache-2.0 */
/* A store that is open, for the parts that make up store.h: store_open.c,
 * store_write.c, store_read.c and store_check.c. */
#ifndef FANFOLD_LAUNCHER_STORE_PARTS_H
#define FANFOLD_LAUNCHER_STORE_PARTS_H

#include "store.h"
#include "store_row.h"
#include "store_sqlite.h"

#include <limits.h>
#include <stdbool.h>

#define STORE_MAGIC 0x46666c64     /* "Ffld": application_id of the file */

struct store {
    char path[PATH_MAX];           /* absolute, without links */
    char shown[PATH_MAX];          /* as it was given, for messages */
    enum store_mode mode;
    bool remote;                   /* a rollback journal, no log */
    bool dead;                     /* a write failed: no more are tried */
    struct sqlite *db;
    int guard;                     /* holds our lock of a file that is read; -1 */
    struct store_bytes row;        /* the one that is looked at */
    struct sqlite_query *put[STORE_N_TABLES], *remove[STORE_N_TABLES];
};

/* store_open, where what store_is_remote() says is known. */
struct store *store_open_as(const char *path, enum store_mode mode,
                            bool remote, struct ff_error *err);

/* ---- store_schema.c -------------------------------------------------------- */

#define STORE_SQL_BYTES 2048

/* The statement that makes the table; the index of it, or "". */
void store_table_sql(enum store_table table, char sql[STORE_SQL_BYTES]);
void store_index_sql(enum store_table table, char sql[STORE_SQL_BYTES]);

/* Are the tables of the file those of a store, and is nothing else there?
 * 1: nothing at all is. */
int store_schema_check(struct store *s, struct ff_error *err);
int store_schema_make(struct store *s, struct ff_error *err);

#endif
