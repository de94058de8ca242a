/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite, so much of it as a store (store.h) needs; the library is loaded when
 * it is asked for first. What it says is put into the words of ff_error here,
 * and nowhere else.
 */
#ifndef FANFOLD_LAUNCHER_STORE_SQLITE_H
#define FANFOLD_LAUNCHER_STORE_SQLITE_H

#include "error.h"
#include "store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite;       /* a connection */
struct sqlite_query; /* a statement, prepared */

enum sqlite_use {
    SQLITE_WRITE,    /* the file is changed */
    SQLITE_PRIVATE,  /* so it is, but nobody else will ever see it */
    SQLITE_STATIC_FILE /* it is read, and cannot change meanwhile */
};

/* file: an absolute path without links; shown: the store, for messages. Nothing
 * of the file is looked at yet. NULL with *err; close it. */
struct sqlite *sqlite_open(const char *file, const char *shown,
                           enum sqlite_use use, struct ff_error *err);

/* All its queries must be gone. -1: not all could be done that closing does. */
int sqlite_close(struct sqlite *db, struct ff_error *err);

/* The log is left as it is when the connection is closed. */
void sqlite_leave_log(struct sqlite *db);

/* Runs one statement, what it answers is dropped. All these: -1 with *err,
 * FF_HELD when another process has the file. */
int sqlite_run(struct sqlite *db, const char *sql, struct ff_error *err);

/* The first value that it answers, as a number or as text that is cut. */
int sqlite_ask(struct sqlite *db, const char *sql, int64_t *number,
               struct ff_error *err);
int sqlite_ask_text(struct sqlite *db, const char *sql, char *out,
                    size_t room, struct ff_error *err);

struct sqlite_query *sqlite_prepare(struct sqlite *db, const char *sql,
                                    struct ff_error *err);
void sqlite_finalize(struct sqlite_query *q); /* may be NULL */

/* ?i; what a text or blob points to must stay until the query is reset. */
int sqlite_bind(struct sqlite_query *q, size_t i,
                const struct store_value *value, struct ff_error *err);

/* 1: there is a row; 0: no more; -1. */
int sqlite_step(struct sqlite_query *q, struct ff_error *err);
size_t sqlite_n_columns(const struct sqlite_query *q);

/* Of the row, from 0; it points into it until the next step. -1: no memory. */
int sqlite_column(struct sqlite_query *q, size_t i, struct store_value *value,
                  struct ff_error *err);
void sqlite_reset(struct sqlite_query *q);

/* Of the log: its pages since it was begun; into the file with all of it, and
 * `cut`: it is empty then. 1 with *err when the disk is full. */
int sqlite_log_pages(const struct sqlite *db);
int sqlite_checkpoint(struct sqlite *db, bool cut, struct ff_error *err);

#endif
