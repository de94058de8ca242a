/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing a store: see store.h. What is checked of the file is
 * checked before SQLite opens it, which then has it alone.
 */
#include "store_parts.h"
#include "store_copy.h"
#include "store_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST_BYTES 512 /* the smallest page */

/* From here on no other process can write, nor read it by SQLite. */
static int take_lock(struct store *s, struct ff_error *err)
{
    if (sqlite_run(s->db, "BEGIN EXCLUSIVE", err) != 0)
        return -1;
    return sqlite_run(s->db, "COMMIT", err);
}

static int set_journal(struct store *s, struct ff_error *err)
{
    const char *const wanted = s->remote ? "delete" : "wal";
    char sql[64], mode[16];
    snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s", wanted);
    if (sqlite_ask_text(s->db, sql, mode, sizeof mode, err) < 0)
        return -1;
    if (strcmp(mode, wanted) == 0)
        return 0;
    return ff_error_set(err, FF_UNWRITTEN, "cannot write the store '%s': its "
                        "journal is of another kind (%s)", s->shown, mode);
}

/* A log that another writer left goes into the file before ours begins: what of
 * it could not be made durable must not stand before what can. (A disk that is
 * full prevents that and nothing else.) */
static int empty_log(struct store *s, struct ff_error *err)
{
    struct ff_error cause = {0};
    if (s->remote || sqlite_checkpoint(s->db, true, &cause) >= 0)
        return 0;
    *err = cause;
    return -1;
}

/* SQLite would take a file of some bytes for an empty one. */
static int check_length(const struct store *s, struct ff_error *err)
{
    struct stat st;
    if (stat(s->path, &st) != 0 || st.st_size == 0
        || st.st_size >= LEAST_BYTES)
        return 0;
    return ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged, or is no "
                        "store of a run: it is too short", s->shown);
}

/* An empty file is one whose maker was killed before its tables were there. */
static int open_written(struct store *s, struct ff_error *err)
{
    if (check_length(s, err) != 0)
        return -1;
    s->db = sqlite_open(s->path, s->shown, SQLITE_WRITE, err);
    if (s->db == NULL || take_lock(s, err) != 0)
        return -1;
    /* First of all: what is no store of ours is left as it is. */
    const int rc = store_schema_check(s, err);
    if (rc < 0 || set_journal(s, err) != 0 || empty_log(s, err) != 0)
        return -1;
    if (rc == 0)
        return 0;
    if (chmod(s->path, 0600) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write the store '%s'",
                              s->shown);
    if (store_schema_make(s, err) != 0)
        return -1;
    if (store_file_sync_folder(s->path) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write the store '%s'",
                              s->shown);
    return 0;
}

static int open_static(struct store *s, struct ff_error *err)
{
    s->db = sqlite_open(s->path, s->shown, SQLITE_STATIC_FILE, err);
    return s->db == NULL ? -1 : store_schema_check(s, err);
}

/* The names of the copy are needed until SQLite has looked at it. */
static int open_copy(struct store *s, struct ff_error *err)
{
    char folder[PATH_MAX], file[PATH_MAX + 32];
    if (store_copy(s->path, s->shown, folder, err) != 0)
        return -1;
    snprintf(file, sizeof file, "%s/store", folder);
    s->db = sqlite_open(file, s->shown, SQLITE_PRIVATE, err);
    const int rc = s->db == NULL ? -1 : store_schema_check(s, err);
    if (s->db != NULL)
        sqlite_leave_log(s->db);
    store_copy_forget(folder);
    return rc;
}

/* What nobody writes, and nobody left in the middle of it, is read where it is;
 * our lock keeps writers off meanwhile. Of all else a copy is read. */
static int open_read(struct store *s, struct ff_error *err)
{
    const enum store_file_state state = store_file_lock(s->path, &s->guard);
    int rc;
    if (state == STORE_FILE_ERROR)
        return ff_error_errno(err, FF_USAGE, "cannot read the store '%s'",
                              s->shown);
    if (state == STORE_FILE_HELD_JOURNAL)
        return ff_error_set(err, FF_HELD, "the store '%s' is being written, "
                            "and has no log (it is on a network): it can be "
                            "read when that has ended", s->shown);
    if (state == STORE_FILE_QUIET)
        rc = open_static(s, err);
    else
        rc = open_copy(s, err);
    if (state != STORE_FILE_QUIET && s->guard >= 0) {
        close(s->guard);
        s->guard = -1;
    }
    if (rc > 0)
        return ff_error_set(err, FF_DAMAGED, "the store '%s' is empty",
                            s->shown);
    return rc;
}

struct holder {
    int64_t pid;
    char host[256];
};

static int last_holder(void *context, const struct store_value *value,
                       struct ff_error *err)
{
    struct holder *const h = context;
    const struct store_value *const host = &value[EPOCH_HOST];
    (void)err;
    h->pid = value[EPOCH_PID].i;
    snprintf(h->host, sizeof h->host, "%.*s", (int)host->n,
             host->n > 0 ? (const char *)host->bytes : "");
    return 0;
}

/* Who has it, for people: the kernel knows processes that it can show us, the
 * store itself the others. SQLite has closed the file again. */
static void name_holder(const char *shown, const char *path,
                        struct ff_error *err)
{
    struct holder h = {0};
    const long pid = store_file_holder(path);
    if (pid != 0) {
        ff_error_set(err, FF_HELD, "the store '%s' is in use by process %ld",
                     shown, pid);
        return;
    }
    struct store *const s = store_open(path, STORE_READ, NULL);
    if (s != NULL && store_each(s, STORE_EPOCHS, NULL, NULL, 0, last_holder,
                                &h, NULL) == 0 && h.pid > 0)
        ff_error_set(err, FF_HELD, "the store '%s' is in use, as it seems by "
                     "process %" PRId64 " on '%s'", shown, h.pid, h.host);
    store_close(s, NULL);
}

static int find(struct store *s, const char *path, struct ff_error *err)
{
    if (strlen(path) >= sizeof s->shown) {
        errno = ENAMETOOLONG;
        return ff_error_errno(err, FF_USAGE, "cannot open the store '%.100s'",
                              path);
    }
    strcpy(s->shown, path);
    if (s->mode == STORE_CREATE)
        return store_file_make(path, s->path, err);
    return store_file_find(path, s->mode == STORE_WRITE, s->path, err);
}

/* Nothing was opened: as if it had not been tried. */
static void give_up(struct store *s, bool made, struct ff_error *cause)
{
    char path[PATH_MAX], shown[PATH_MAX];
    strcpy(path, s->path);
    strcpy(shown, s->shown);
    const enum store_mode mode = s->mode;
    s->dead = true;
    store_close(s, NULL);
    if (cause->status == FF_HELD && mode != STORE_READ)
        name_holder(shown, path, cause);
    if (made)
        store_file_remove(path);
}

struct store *store_open_as(const char *path, enum store_mode mode,
                            bool remote, struct ff_error *err)
{
    struct ff_error cause = {0};
    struct store *const s = calloc(1, sizeof *s);
    if (s == NULL) {
        ff_error_errno(err, FF_LOST, "cannot open the store '%s'", path);
        return NULL;
    }
    s->guard = -1;
    s->mode = mode;
    s->remote = remote;
    const bool found = find(s, path, &cause) == 0;
    if (found && (mode == STORE_READ ? open_read
                                     : open_written)(s, &cause) == 0)
        return s;
    give_up(s, found && mode == STORE_CREATE, &cause);
    if (err != NULL)
        *err = cause;
    return NULL;
}

struct store *store_open(const char *path, enum store_mode mode,
                         struct ff_error *err)
{
    return store_open_as(path, mode, store_is_remote(path), err);
}

const char *store_path(const struct store *s)
{
    return s->path;
}

bool store_is_ours(const struct store *s)
{
    return s->mode != STORE_READ;
}

int store_close(struct store *s, struct ff_error *err)
{
    int rc = 0;
    if (s == NULL)
        return 0;
    for (size_t t = 0; t < STORE_N_TABLES; t++) {
        sqlite_finalize(s->put[t]);
        sqlite_finalize(s->remove[t]);
    }
    if (s->db != NULL && s->mode != STORE_READ && !s->remote) {
        if (!s->dead && sqlite_checkpoint(s->db, true, err) != 0) {
            s->dead = true;
            rc = -1;
        }
        if (s->dead)
            sqlite_leave_log(s->db);
    }
    if (sqlite_close(s->db, rc == 0 ? err : NULL) != 0)
        rc = -1;
    if (s->guard >= 0)
        close(s->guard);
    free(s->row.at);
    free(s);
    return rc;
}
