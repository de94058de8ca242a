/* SPDX-License-Identifier: Apache-2.0 */
/* Rows out of a store: each is compared with its checksum before anybody sees
 * it. */
#include "store_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int damaged(struct store *s, enum store_table table, const char *what,
                   struct ff_error *err)
{
    return ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged: a row of "
                        "its table '%s' %s", s->shown,
                        store_tables[table].name, what);
}

/* The row that the query stands at: its columns, which are what was written. */
static int take_row(struct store *s, enum store_table table,
                    struct sqlite_query *q,
                    struct store_value value[STORE_MAX_COLUMNS + 1],
                    struct ff_error *err)
{
    const struct store_table_info *const t = &store_tables[table];
    const size_t n = t->n_columns;
    if (sqlite_n_columns(q) != n + 1)
        return damaged(s, table, "has not its columns", err);
    for (size_t i = 0; i <= n; i++) {
        if (sqlite_column(q, i, &value[i], err) != 0)
            return -1;
        if (i < n && !store_type_fits(&t->column[i], value[i].type))
            return damaged(s, table, "has a value of another type", err);
    }
    s->row.n = 0;
    if (store_row_encode(&s->row, table, value, n) != 0)
        return ff_error_set(err, FF_LOST, "cannot read the store '%s': no "
                            "memory", s->shown);
    if (value[n].type != STORE_INT
        || value[n].i != store_row_sum(s->row.at, s->row.n))
        return damaged(s, table, "has another checksum", err);
    return 0;
}

/* SELECT what FROM table WHERE where ORDER BY its keys. */
static struct sqlite_query *ask(struct store *s, const char *what,
                                enum store_table table, const char *where,
                                const struct store_value *arg, size_t n_args,
                                struct ff_error *err)
{
    char sql[STORE_SQL_BYTES];
    const struct store_table_info *const t = &store_tables[table];
    const int n = snprintf(sql, sizeof sql, "SELECT %s FROM \"%s\"%s%s%s%s%s",
                           what, t->name, where != NULL ? " WHERE " : "",
                           where != NULL ? where : "",
                           *what == '*' ? " ORDER BY \"" : "",
                           *what == '*' ? t->column[0].name : "",
                           *what == '*' ? "\"" : "");
    if (n < 0 || (size_t)n >= sizeof sql) {
        ff_error_set(err, FF_USAGE, "a question to the store '%s' is too long",
                     s->shown);
        return NULL;
    }
    struct sqlite_query *const q = sqlite_prepare(s->db, sql, err);
    for (size_t i = 0; q != NULL && i < n_args; i++)
        if (sqlite_bind(q, i + 1, &arg[i], err) != 0) {
            sqlite_finalize(q);
            return NULL;
        }
    return q;
}

int store_each(struct store *s, enum store_table table, const char *where,
               const struct store_value *arg, size_t n_args,
               store_row_fn *row, void *context, struct ff_error *err)
{
    struct store_value value[STORE_MAX_COLUMNS + 1];
    struct sqlite_query *const q = ask(s, "*", table, where, arg, n_args, err);
    if (q == NULL)
        return -1;
    int rc;
    while ((rc = sqlite_step(q, err)) > 0) {
        rc = take_row(s, table, q, value, err);
        if (rc == 0)
            rc = row(context, value, err);
        if (rc != 0)
            break;
    }
    sqlite_finalize(q);
    return rc;
}

int64_t store_count(struct store *s, enum store_table table, const char *where,
                    const struct store_value *arg, size_t n_args,
                    struct ff_error *err)
{
    struct store_value value = store_null();
    struct sqlite_query *const q = ask(s, "count(*)", table, where, arg,
                                       n_args, err);
    if (q == NULL)
        return -1;
    int rc = sqlite_step(q, err);
    if (rc > 0)
        rc = sqlite_column(q, 0, &value, err);
    sqlite_finalize(q);
    return rc < 0 ? -1 : value.i;
}

struct copied {
    char *bytes;
    size_t n;
    const char *shown;
};

static int copy_value(void *context, const struct store_value *value,
                      struct ff_error *err)
{
    struct copied *const c = context;
    const struct store_value *const v = &value[META_VALUE];
    c->bytes = malloc(v->n + 1);
    if (c->bytes == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read the store '%s'",
                              c->shown);
    if (v->n > 0)
        memcpy(c->bytes, v->bytes, v->n);
    c->bytes[v->n] = '\0';
    c->n = v->n;
    return 0;
}

int store_meta(struct store *s, const char *key, char **bytes, size_t *n,
               struct ff_error *err)
{
    const struct store_value arg = store_text(key);
    struct copied c = {.shown = s->shown};
    if (store_each(s, STORE_META, "\"key\" = ?1", &arg, 1, copy_value, &c, err)
        != 0) {
        free(c.bytes);
        return -1;
    }
    if (c.bytes == NULL)
        return 0;
    *bytes = c.bytes;
    *n = c.n;
    return 1;
}
