/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a store in SQL, made from store_tables, and compared with what
 * a file has: a column, a trigger or a view that is not ours is damage. */
#include "store_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MOST_CHECKED (INT64_C(32) << 20) /* bytes */

static const char *const type_names[] = {
    [STORE_NULL] = "", [STORE_INT] = "INTEGER", [STORE_REAL] = "REAL",
    [STORE_TEXT] = "TEXT", [STORE_BLOB] = "BLOB"};

/* A number as key is the number of the row for SQLite, so that a table is one
 * tree, in the order of its keys, and so it is without these numbers. */
void store_table_sql(enum store_table table, char sql[STORE_SQL_BYTES])
{
    const struct store_table_info *const t = &store_tables[table];
    const bool is_number = t->column[0].type == STORE_INT;
    int n = snprintf(sql, STORE_SQL_BYTES, "CREATE TABLE %s (\n", t->name);
    for (size_t i = 0; i < t->n_columns; i++)
        n += snprintf(sql + n, STORE_SQL_BYTES - (size_t)n,
                      "    \"%s\" %s%s,\n", t->column[i].name,
                      type_names[t->column[i].type],
                      t->column[i].key ? " NOT NULL PRIMARY KEY" : "");
    snprintf(sql + n, STORE_SQL_BYTES - (size_t)n, "    \"sum\" INTEGER\n)%s",
             is_number ? "" : " WITHOUT ROWID");
}

void store_index_sql(enum store_table table, char sql[STORE_SQL_BYTES])
{
    sql[0] = '\0';
    if (table == STORE_ITEMS)
        snprintf(sql, STORE_SQL_BYTES, "CREATE INDEX items_failed ON items "
                 "(\"number\") WHERE " STORE_ITEMS_FAILED);
}

static int not_ours(struct store *s, const char *what, struct ff_error *err)
{
    return ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged, or is no "
                        "store of a run: %s", s->shown, what);
}

/* Is this statement in the file, as it is? */
static int has(struct store *s, struct sqlite_query *q, const char *sql,
               struct ff_error *err)
{
    const struct store_value text = store_text(sql);
    int rc = sqlite_bind(q, 1, &text, err);
    if (rc == 0)
        rc = sqlite_step(q, err);
    sqlite_reset(q);
    if (rc == 0)
        return not_ours(s, "its tables are others", err);
    return rc < 0 ? -1 : 0;
}

static int compare(struct store *s, int64_t n_there, struct ff_error *err)
{
    char sql[STORE_SQL_BYTES];
    int64_t n = 0;
    int rc = 0;
    struct sqlite_query *const q = sqlite_prepare(
        s->db, "SELECT 1 FROM sqlite_master WHERE sql = ?1", err);
    if (q == NULL)
        return -1;
    for (enum store_table t = 0; t < STORE_N_TABLES && rc == 0; t++) {
        store_table_sql(t, sql);
        n++;
        rc = has(s, q, sql, err);
        store_index_sql(t, sql);
        if (rc == 0 && sql[0] != '\0') {
            n++;
            rc = has(s, q, sql, err);
        }
    }
    sqlite_finalize(q);
    if (rc == 0 && n != n_there)
        return not_ours(s, "there is more in it than its tables", err);
    return rc;
}

/* A page that is damaged may hide a row, whose checksum then nobody sees. What
 * SQLite can find of that without reading values takes a millisecond for most
 * stores; a large one is left to fsck. */
static int check_pages(struct store *s, struct ff_error *err)
{
    int64_t pages, bytes;
    char found[200];
    if (sqlite_ask(s->db, "PRAGMA page_count", &pages, err) < 0
        || sqlite_ask(s->db, "PRAGMA page_size", &bytes, err) < 0)
        return -1;
    if (pages * bytes > MOST_CHECKED)
        return 0;
    if (sqlite_ask_text(s->db, "PRAGMA quick_check(1)", found, sizeof found,
                        err) < 0)
        return -1;
    return strcmp(found, "ok") == 0 ? 0
           : ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged: %s",
                          s->shown, found);
}

int store_schema_check(struct store *s, struct ff_error *err)
{
    int64_t magic, version, n;
    if (sqlite_ask(s->db, "PRAGMA application_id", &magic, err) < 0
        || sqlite_ask(s->db, "PRAGMA user_version", &version, err) < 0
        || sqlite_ask(s->db, "SELECT count(*) FROM sqlite_master", &n, err)
               < 0)
        return -1;
    if (magic == 0 && version == 0 && n == 0)
        return 1;
    if (check_pages(s, err) != 0)
        return -1;
    if (magic != STORE_MAGIC)
        return not_ours(s, "it is another kind of file", err);
    if (version != STORE_VERSION)
        return ff_error_set(err, FF_DAMAGED, "cannot use the store '%s': it "
                            "is of version %" PRId64 ", this fanfold knows "
                            "version %d", s->shown, version, STORE_VERSION);
    return compare(s, n, err);
}

int store_schema_make(struct store *s, struct ff_error *err)
{
    char sql[STORE_SQL_BYTES];
    int rc = sqlite_run(s->db, "BEGIN EXCLUSIVE", err);
    for (enum store_table t = 0; t < STORE_N_TABLES && rc == 0; t++) {
        store_table_sql(t, sql);
        rc = sqlite_run(s->db, sql, err);
        store_index_sql(t, sql);
        if (rc == 0 && sql[0] != '\0')
            rc = sqlite_run(s->db, sql, err);
    }
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d", STORE_MAGIC);
    if (rc == 0)
        rc = sqlite_run(s->db, sql, err);
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d", STORE_VERSION);
    if (rc == 0)
        rc = sqlite_run(s->db, sql, err);
    return rc == 0 ? sqlite_run(s->db, "COMMIT", err) : rc;
}
