/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch into the file, in one transaction. Nothing is tried twice: what the
 * kernel could not write, it may have forgotten, and a second fsync would
 * succeed without it.
 */
#include "store_parts.h"
#include "store_batch.h"
#include "failpoint.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* The log goes into the file when it has so many pages (4 KiB each). */
#define LOG_PAGES 1024

/* The number of `?`, separated: "?1, ?2". */
static size_t question_marks(char *out, size_t room, size_t n)
{
    size_t at = 0;
    for (size_t i = 1; i <= n && at < room; i++)
        at += (size_t)snprintf(out + at, room - at, "%s?%zu",
                               i > 1 ? ", " : "", i);
    return at;
}

static struct sqlite_query *put_query(struct store *s, enum store_table t,
                                      struct ff_error *err)
{
    char sql[STORE_SQL_BYTES], values[8 * (STORE_MAX_COLUMNS + 1)];
    if (s->put[t] != NULL)
        return s->put[t];
    question_marks(values, sizeof values, store_tables[t].n_columns + 1);
    snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO \"%s\" VALUES (%s)",
             store_tables[t].name, values);
    return s->put[t] = sqlite_prepare(s->db, sql, err);
}

static struct sqlite_query *remove_query(struct store *s, enum store_table t,
                                         struct ff_error *err)
{
    char sql[STORE_SQL_BYTES];
    if (s->remove[t] != NULL)
        return s->remove[t];
    int n = snprintf(sql, sizeof sql, "DELETE FROM \"%s\" WHERE",
                     store_tables[t].name);
    for (size_t i = 0; i < store_n_keys(t); i++)
        n += snprintf(sql + n, sizeof sql - (size_t)n, "%s \"%s\" = ?%zu",
                      i > 0 ? " AND" : "", store_tables[t].column[i].name,
                      i + 1);
    return s->remove[t] = sqlite_prepare(s->db, sql, err);
}

static int clear_table(struct store *s, enum store_table t,
                       struct ff_error *err)
{
    char sql[STORE_SQL_BYTES];
    snprintf(sql, sizeof sql, "DELETE FROM \"%s\"", store_tables[t].name);
    return sqlite_run(s->db, sql, err);
}

static int apply(struct store *s, const struct store_batch *b,
                 const struct store_op *op, struct ff_error *err)
{
    struct store_value value[STORE_MAX_COLUMNS + 1];
    if (op->kind == STORE_CLEAR)
        return clear_table(s, op->table, err);
    const bool is_put = op->kind == STORE_PUT;
    const unsigned char *const row = b->bytes + op->at;
    size_t n = is_put ? store_tables[op->table].n_columns
                      : store_n_keys(op->table);
    if (store_row_decode(row, op->bytes, op->table, value, n) != 0)
        return ff_error_set(err, FF_UNWRITTEN, "cannot write the store '%s': "
                            "a row of '%s' is none", s->shown,
                            store_tables[op->table].name);
    struct sqlite_query *const q = is_put ? put_query(s, op->table, err)
                                          : remove_query(s, op->table, err);
    if (is_put)
        value[n++] = store_int(store_row_sum(row, op->bytes));
    int rc = q == NULL ? -1 : 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = sqlite_bind(q, i + 1, &value[i], err);
    if (rc == 0)
        rc = sqlite_step(q, err);
    if (q != NULL)
        sqlite_reset(q);
    return rc;
}

static int transact(struct store *s, const struct store_batch *b,
                    struct ff_error *err)
{
    if (sqlite_run(s->db, "BEGIN IMMEDIATE", err) != 0)
        return -1;
    int rc = 0;
    for (size_t i = 0; i < b->n && rc == 0; i++)
        rc = apply(s, b, &b->op[i], err);
    if (rc == 0 && sqlite_run(s->db, "COMMIT", err) == 0)
        return 0;
    sqlite_run(s->db, "ROLLBACK", NULL);
    return -1;
}

/* The file that a descriptor is of, for messages. */
static const char *name_of(int fd, char name[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, name, PATH_MAX - 1);
    if (n < 0)
        return "an output";
    name[n] = '\0';
    return name;
}

static int sync_files(const struct store_batch *b, struct ff_error *err)
{
    char name[PATH_MAX];
    for (size_t i = 0; i < b->n_sync; i++)
        if (fdatasync(b->sync[i]) != 0) {
            const int cause = errno;
            const char *const file = name_of(b->sync[i], name);
            errno = cause;
            return ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'",
                                  file);
        }
    return 0;
}

/* A test build can be told to fail there. */
static int fails(const struct store *s, int cause, struct ff_error *err)
{
    if (cause == 0)
        return 0;
    errno = cause;
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write the store '%s'",
                          s->shown);
}

static int write_all(struct store *s, const struct store_batch *b,
                     struct ff_error *err)
{
    if (b->no_memory) {
        errno = ENOMEM;
        return ff_error_errno(err, FF_LOST, "cannot write the store '%s'",
                              s->shown);
    }
    if (fails(s, FAILPOINT_ERRNO("store-write-begin"), err) != 0
        || sync_files(b, err) != 0
        || fails(s, FAILPOINT_ERRNO("store-write-synced"), err) != 0)
        return -1;
    if (b->n > 0 && transact(s, b, err) != 0)
        return -1;
    if (fails(s, FAILPOINT_ERRNO("store-committed"), err) != 0)
        return -1;
    if (!s->remote && sqlite_log_pages(s->db) > LOG_PAGES
        && sqlite_checkpoint(s->db, false, err) != 0)
        return -1;
    return 0;
}

int store_write(struct store *s, const struct store_batch *batch,
                struct ff_error *err)
{
    if (s->dead || s->mode == STORE_READ)
        return ff_error_set(err, FF_UNWRITTEN, "cannot write the store '%s': "
                            "%s", s->shown, s->dead
                            ? "it failed before" : "it is open for reading");
    if (write_all(s, batch, err) == 0)
        return 0;
    s->dead = true;
    return -1;
}
