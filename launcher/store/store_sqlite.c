/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one reader of sqlite3.h: see store_sqlite.h. Numbers of errors become a
 * status and a text that names the cause as the system calls it: SQLite itself
 * says "disk I/O error" for all.
 */
#include "store_sqlite.h"

#include <dlfcn.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libsqlite3.so.0"
#define BUSY_MS 400

/* Those of its functions that we call. */
struct library {
    int (*open)(const char *, sqlite3 **, int, const char *);
    int (*close)(sqlite3 *);
    int (*configure)(sqlite3 *, int, ...);
    int (*busy_timeout)(sqlite3 *, int);
    int (*extended)(sqlite3 *);
    int (*system_errno)(sqlite3 *);
    const char *(*message)(sqlite3 *);
    int (*prepare)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **,
                   const char **);
    int (*finalize)(sqlite3_stmt *);
    int (*bind_null)(sqlite3_stmt *, int);
    int (*bind_int)(sqlite3_stmt *, int, sqlite3_int64);
    int (*bind_real)(sqlite3_stmt *, int, double);
    int (*bind_text)(sqlite3_stmt *, int, const char *, sqlite3_uint64,
                     void (*)(void *), unsigned char);
    int (*bind_blob)(sqlite3_stmt *, int, const void *, sqlite3_uint64,
                     void (*)(void *));
    int (*step)(sqlite3_stmt *);
    int (*reset)(sqlite3_stmt *);
    int (*clear)(sqlite3_stmt *);
    int (*n_columns)(sqlite3_stmt *);
    int (*type)(sqlite3_stmt *, int);
    sqlite3_int64 (*column_int)(sqlite3_stmt *, int);
    double (*column_real)(sqlite3_stmt *, int);
    const void *(*column_blob)(sqlite3_stmt *, int);
    const unsigned char *(*column_text)(sqlite3_stmt *, int);
    int (*column_bytes)(sqlite3_stmt *, int);
    void *(*wal_hook)(sqlite3 *, int (*)(void *, sqlite3 *, const char *, int),
                      void *);
    int (*checkpoint)(sqlite3 *, const char *, int, int *, int *);
};

struct sqlite {
    struct library library;
    void *handle;
    sqlite3 *db;
    enum sqlite_use use;
    char *shown;
    int log_pages;
};

struct sqlite_query {
    struct sqlite *db;
    sqlite3_stmt *statement;
};

static int load(struct sqlite *s, struct ff_error *err)
{
    struct library *const l = &s->library;
    const struct { const char *name; void *at; } symbols[] = {
        {"sqlite3_open_v2", &l->open}, {"sqlite3_close_v2", &l->close},
        {"sqlite3_db_config", &l->configure},
        {"sqlite3_busy_timeout", &l->busy_timeout},
        {"sqlite3_extended_errcode", &l->extended},
        {"sqlite3_system_errno", &l->system_errno},
        {"sqlite3_errmsg", &l->message}, {"sqlite3_prepare_v3", &l->prepare},
        {"sqlite3_finalize", &l->finalize},
        {"sqlite3_bind_null", &l->bind_null},
        {"sqlite3_bind_int64", &l->bind_int},
        {"sqlite3_bind_double", &l->bind_real},
        {"sqlite3_bind_text64", &l->bind_text},
        {"sqlite3_bind_blob64", &l->bind_blob},
        {"sqlite3_step", &l->step}, {"sqlite3_reset", &l->reset},
        {"sqlite3_clear_bindings", &l->clear},
        {"sqlite3_column_count", &l->n_columns},
        {"sqlite3_column_type", &l->type},
        {"sqlite3_column_int64", &l->column_int},
        {"sqlite3_column_double", &l->column_real},
        {"sqlite3_column_blob", &l->column_blob},
        {"sqlite3_column_text", &l->column_text},
        {"sqlite3_column_bytes", &l->column_bytes},
        {"sqlite3_wal_hook", &l->wal_hook},
        {"sqlite3_wal_checkpoint_v2", &l->checkpoint}};
    s->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        void *symbol = s->handle ? dlsym(s->handle, symbols[i].name) : NULL;
        if (symbol == NULL)
            return ff_error_set(err, FF_LOST, "cannot open the store '%s': "
                                "stores need SQLite (%s)", s->shown,
                                dlerror());
        memcpy(symbols[i].at, &symbol, sizeof symbol);
    }
    return 0;
}

/* ---- what went wrong ------------------------------------------------------- */

static int no_memory(const struct sqlite *s, struct ff_error *err)
{
    errno = ENOMEM;
    return ff_error_errno(err, FF_LOST, "cannot use the store '%s'",
                          s->shown);
}

/* A system call failed. */
static int call_failed(const struct sqlite *s, int cause, struct ff_error *err)
{
    errno = cause;
    if (s->use == SQLITE_WRITE)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write the store '%s'",
                              s->shown);
    return ff_error_errno(err, FF_DAMAGED, "cannot read the store '%s'",
                          s->shown);
}

static int failed(const struct sqlite *s, struct ff_error *err)
{
    const struct library *const l = &s->library;
    const int code = l->extended(s->db), cause = l->system_errno(s->db);
    if (code == SQLITE_IOERR_NOMEM || (code & 0xff) == SQLITE_NOMEM)
        return no_memory(s, err);
    if (code == SQLITE_IOERR_SHORT_READ)
        return ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged: it "
                            "is cut off", s->shown);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ff_error_set(err, FF_HELD, "the store '%s' is in use by "
                            "another process", s->shown);
    case SQLITE_FULL:
        return call_failed(s, ENOSPC, err);
    case SQLITE_IOERR:
        return call_failed(s, cause != 0 ? cause : EIO, err);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return call_failed(s, cause != 0 ? cause : EACCES, err);
    case SQLITE_TOOBIG:
        return call_failed(s, EFBIG, err);
    case SQLITE_NOTADB:
        return ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged, or is "
                            "no store of a run: it is another kind of file",
                            s->shown);
    default:
        return ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged: %s",
                            s->shown, l->message(s->db));
    }
}

/* ---- connections ----------------------------------------------------------- */

/* So many pages are in the log. (A checkpoint here would hide its errors.) */
static int noted_pages(void *context, sqlite3 *db, const char *name, int pages)
{
    struct sqlite *const s = context;
    (void)db;
    (void)name;
    s->log_pages = pages;
    return SQLITE_OK;
}

/* file:PATH?immutable=1, with what has a meaning in it encoded. */
static char *uri_of(const char *file)
{
    static const char hex[] = "0123456789abcdef", head[] = "file:",
        tail[] = "?immutable=1";
    char *const uri = malloc(sizeof head + 3 * strlen(file) + sizeof tail);
    if (uri == NULL)
        return NULL;
    char *to = stpcpy(uri, head);
    for (const unsigned char *c = (const unsigned char *)file; *c; c++)
        if (strchr("%?#", *c) != NULL) {
            *to++ = '%';
            *to++ = hex[*c >> 4];
            *to++ = hex[*c & 15];
        } else {
            *to++ = (char)*c;
        }
    strcpy(to, tail);
    return uri;
}

static int connect(struct sqlite *s, const char *file, struct ff_error *err)
{
    const struct library *const l = &s->library;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    char *const uri = s->use == SQLITE_STATIC_FILE ? uri_of(file) : NULL;
    if (s->use != SQLITE_STATIC_FILE)
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW;
    else if (uri == NULL)
        return no_memory(s, err);
    else
        flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    const int rc = l->open(uri != NULL ? uri : file, &s->db, flags, NULL);
    free(uri);
    if (s->db == NULL)
        return no_memory(s, err);
    if (rc != SQLITE_OK)
        return failed(s, err);
    l->busy_timeout(s->db, BUSY_MS);
    l->wal_hook(s->db, noted_pages, s);
    l->configure(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    l->configure(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    return 0;
}

/* Before the first look at the file: it is ours alone, so that nothing of it is
 * shared memory; and nothing of it is believed that need not be. Then how: what
 * waits for a sort is no file. */
static int set_up(struct sqlite *s, struct ff_error *err)
{
    static const char *const first[] = {
        "PRAGMA locking_mode=EXCLUSIVE", "PRAGMA mmap_size=0",
        "PRAGMA cell_size_check=ON", "PRAGMA trusted_schema=OFF",
        "PRAGMA temp_store=MEMORY", "PRAGMA cache_size=-8192",
        "PRAGMA synchronous=FULL"};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        if (sqlite_run(s, first[i], err) != 0)
            return -1;
    return 0;
}

struct sqlite *sqlite_open(const char *file, const char *shown,
                           enum sqlite_use use, struct ff_error *err)
{
    struct sqlite *const s = calloc(1, sizeof *s);
    if (s == NULL || (s->shown = strdup(shown)) == NULL) {
        ff_error_errno(err, FF_LOST, "cannot open the store '%s'", shown);
        free(s);
        return NULL;
    }
    s->use = use;
    if (load(s, err) == 0 && connect(s, file, err) == 0
        && set_up(s, err) == 0)
        return s;
    sqlite_close(s, NULL);
    return NULL;
}

int sqlite_close(struct sqlite *s, struct ff_error *err)
{
    int rc = 0;
    if (s == NULL)
        return 0;
    if (s->db != NULL && s->library.close(s->db) != SQLITE_OK)
        rc = ff_error_set(err, FF_UNWRITTEN, "cannot close the store '%s'",
                          s->shown);
    if (s->handle != NULL)
        dlclose(s->handle);
    free(s->shown);
    free(s);
    return rc;
}

void sqlite_leave_log(struct sqlite *s)
{
    s->library.configure(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* ---- statements ------------------------------------------------------------ */

struct sqlite_query *sqlite_prepare(struct sqlite *s, const char *sql,
                                    struct ff_error *err)
{
    struct sqlite_query *const q = calloc(1, sizeof *q);
    if (q == NULL) {
        no_memory(s, err);
        return NULL;
    }
    q->db = s;
    if (s->library.prepare(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &q->statement, NULL) == SQLITE_OK)
        return q;
    failed(s, err);
    free(q);
    return NULL;
}

void sqlite_finalize(struct sqlite_query *q)
{
    if (q == NULL)
        return;
    q->db->library.finalize(q->statement);
    free(q);
}

int sqlite_bind(struct sqlite_query *q, size_t i, const struct store_value *v,
                struct ff_error *err)
{
    const struct library *const l = &q->db->library;
    const void *const bytes = v->bytes != NULL ? v->bytes : "";
    const int at = (int)i;
    int rc = SQLITE_OK;
    switch (v->type) {
    case STORE_NULL:
        rc = l->bind_null(q->statement, at);
        break;
    case STORE_INT:
        rc = l->bind_int(q->statement, at, v->i);
        break;
    case STORE_REAL:
        rc = l->bind_real(q->statement, at, v->r);
        break;
    case STORE_TEXT:
        rc = l->bind_text(q->statement, at, bytes, v->n, SQLITE_STATIC,
                          SQLITE_UTF8);
        break;
    case STORE_BLOB:
        rc = l->bind_blob(q->statement, at, bytes, v->n, SQLITE_STATIC);
        break;
    }
    return rc == SQLITE_OK ? 0 : failed(q->db, err);
}

int sqlite_step(struct sqlite_query *q, struct ff_error *err)
{
    const int rc = q->db->library.step(q->statement);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : failed(q->db, err);
}

size_t sqlite_n_columns(const struct sqlite_query *q)
{
    return (size_t)q->db->library.n_columns(q->statement);
}

int sqlite_column(struct sqlite_query *q, size_t i, struct store_value *v,
                  struct ff_error *err)
{
    const struct library *const l = &q->db->library;
    const int at = (int)i;
    switch (l->type(q->statement, at)) {
    case SQLITE_INTEGER:
        *v = store_int(l->column_int(q->statement, at));
        return 0;
    case SQLITE_FLOAT:
        *v = store_real(l->column_real(q->statement, at));
        return 0;
    case SQLITE_TEXT:
        *v = store_blob(l->column_text(q->statement, at), 0);
        v->type = STORE_TEXT;
        break;
    case SQLITE_BLOB:
        *v = store_blob(l->column_blob(q->statement, at), 0);
        break;
    default:
        *v = store_null();
        return 0;
    }
    v->n = (size_t)l->column_bytes(q->statement, at);
    if (v->bytes == NULL && (v->n > 0 || v->type == STORE_TEXT))
        return no_memory(q->db, err);
    return 0;
}

void sqlite_reset(struct sqlite_query *q)
{
    q->db->library.reset(q->statement);
    q->db->library.clear(q->statement);
}

int sqlite_run(struct sqlite *s, const char *sql, struct ff_error *err)
{
    struct sqlite_query *const q = sqlite_prepare(s, sql, err);
    int rc = q == NULL ? -1 : 1;
    while (rc > 0)
        rc = sqlite_step(q, err);
    sqlite_finalize(q);
    return rc;
}

int sqlite_ask(struct sqlite *s, const char *sql, int64_t *number,
               struct ff_error *err)
{
    struct store_value value = store_null();
    struct sqlite_query *const q = sqlite_prepare(s, sql, err);
    int rc = q == NULL ? -1 : sqlite_step(q, err);
    if (rc > 0)
        rc = sqlite_column(q, 0, &value, err);
    *number = value.type == STORE_INT ? value.i : 0;
    sqlite_finalize(q);
    return rc;
}

int sqlite_ask_text(struct sqlite *s, const char *sql, char *out, size_t room,
                    struct ff_error *err)
{
    struct store_value value = store_null();
    struct sqlite_query *const q = sqlite_prepare(s, sql, err);
    int rc = q == NULL ? -1 : sqlite_step(q, err);
    if (rc > 0)
        rc = sqlite_column(q, 0, &value, err);
    snprintf(out, room, "%.*s", (int)value.n,
             value.type == STORE_TEXT ? (const char *)value.bytes : "");
    /* Behind its last row it commits, which may fail. */
    while (rc == 0 && (rc = sqlite_step(q, err)) > 0)
        rc = 0;
    sqlite_finalize(q);
    return rc;
}

/* ---- the log --------------------------------------------------------------- */

int sqlite_log_pages(const struct sqlite *s)
{
    return s->log_pages;
}

int sqlite_checkpoint(struct sqlite *s, bool cut, struct ff_error *err)
{
    const int how = cut ? SQLITE_CHECKPOINT_TRUNCATE
                        : SQLITE_CHECKPOINT_PASSIVE;
    const int rc = s->library.checkpoint(s->db, NULL, how, NULL, NULL);
    if (rc != SQLITE_OK) {
        failed(s, err);
        return (rc & 0xff) == SQLITE_FULL ? 1 : -1;
    }
    s->log_pages = 0;
    return 0;
}
