/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where stores are, and which one is meant: see runs_dir.h. Nothing here opens
 * one as a database; whether it is being written is told by its lock, which
 * SQLite takes on these bytes of the file (sqlite.org/fileformat2.html, 1.3.1,
 * and os.h of its source).
 */
#include "runs_dir.h"
#include "nearest.h"
#include "trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".sqlite"
#define LOCK_BEGIN 0x40000000 /* PENDING_BYTE, with those behind it */
#define LOCK_BYTES 512
#define MAX_NAMED 5           /* runs in a message */

static const char *const log_suffix[] = {"-wal", "-journal", "-shm"};
#define N_LOGS (sizeof log_suffix / sizeof log_suffix[0])

/* ---- the directory --------------------------------------------------------- */

/* What is relative is ignored, as the XDG base directory specification says. */
static const char *absolute(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] == '/' ? value : NULL;
}

static int find_dir(char dir[PATH_MAX], struct ff_error *err)
{
    const char *state = absolute("XDG_STATE_HOME"), *home = absolute("HOME");
    if (state == NULL && home == NULL)
        return ff_error_set(err, FF_USAGE, "no directory for the stores of "
                            "runs: neither HOME nor XDG_STATE_HOME is set (set "
                            "one to a full path, or name a file with --store)");
    const int n = state != NULL
                  ? snprintf(dir, PATH_MAX, "%s/fanfold/runs", state)
                  : snprintf(dir, PATH_MAX, "%s/.local/state/fanfold/runs",
                             home);
    return n > 0 && n < PATH_MAX - 80
           ? 0 : ff_error_set(err, FF_USAGE, "the name of the directory of runs "
                              "is too long: set XDG_STATE_HOME to a shorter one");
}

static int make_dirs(const char *dir)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", dir);
    for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST && errno != EROFS)
            return -1;
        *p = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

/* Ours, and nobody else can put a file there. */
static int check_dir(const char *dir, struct ff_error *err)
{
    struct stat st;
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
        errno = errno != 0 ? errno : ENOTDIR;
        return ff_error_errno(err, FF_UNWRITTEN, "cannot use the directory of "
                              "runs '%s'", dir);
    }
    if (st.st_uid != geteuid())
        return ff_error_set(err, FF_UNSAFE, "the directory of runs '%s' belongs "
                            "to another user: set XDG_STATE_HOME to one of your "
                            "own, or name a file with --store", dir);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return ff_error_set(err, FF_UNSAFE, "other users can write the directory "
                            "of runs '%s': chmod 700 it after a look inside",
                            dir);
    return trust_input(dir, "directory of runs",
                       "set XDG_STATE_HOME to another", err);
}

int runs_dir_path(char path[PATH_MAX], const char *id, bool make,
                  struct ff_error *err)
{
    char dir[PATH_MAX];
    if (find_dir(dir, err) != 0)
        return -1;
    errno = 0;
    if (make && make_dirs(dir) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot make the directory of "
                              "runs '%s' (XDG_STATE_HOME names another)",
                              dir);
    if (make && check_dir(dir, err) != 0)
        return -1;
    if (*id == '\0' || *id == '.' || strchr(id, '/') != NULL
        || strlen(id) >= sizeof ((struct runs_dir_entry *)0)->id)
        return ff_error_set(err, FF_USAGE, "'%s' cannot be the id of a run", id);
    const int n = snprintf(path, PATH_MAX, "%s/%s" SUFFIX, dir, id);
    return n > 0 && n < PATH_MAX
           ? 0 : ff_error_set(err, FF_USAGE, "the name of the store of run '%s' "
                              "is too long", id);
}

/* ---- what is there --------------------------------------------------------- */

static int64_t modified_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static void add_log(struct runs_dir_entry *entry, const char *suffix)
{
    char path[PATH_MAX + 16];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", entry->path, suffix);
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    entry->bytes += (uint64_t)st.st_size;
    if (st.st_size > 0 && modified_ns(&st) > entry->modified_ns)
        entry->modified_ns = modified_ns(&st);
}

int runs_dir_look(struct runs_dir_entry *entry, const char *path)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const size_t n = strlen(name), suffix = sizeof SUFFIX - 1;
    if (stat(path, &st) != 0 || strlen(path) >= PATH_MAX)
        return -1;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    *entry = (struct runs_dir_entry){.modified_ns = modified_ns(&st),
                                     .bytes = (uint64_t)st.st_size};
    snprintf(entry->path, sizeof entry->path, "%s", path);
    snprintf(entry->id, sizeof entry->id, "%.*s",
             (int)(n > suffix && strcmp(name + n - suffix, SUFFIX) == 0
                   ? n - suffix : n), name);
    for (size_t i = 0; i < N_LOGS; i++)
        add_log(entry, log_suffix[i]);
    return 0;
}

static bool is_store_name(const char *name)
{
    const size_t n = strlen(name), suffix = sizeof SUFFIX - 1;
    return name[0] != '.' && n > suffix
           && n - suffix < sizeof ((struct runs_dir_entry *)0)->id
           && strcmp(name + n - suffix, SUFFIX) == 0;
}

static int later_first(const void *a, const void *b)
{
    const struct runs_dir_entry *x = a, *y = b;
    return x->modified_ns != y->modified_ns
           ? (x->modified_ns < y->modified_ns) - (x->modified_ns > y->modified_ns)
           : strcmp(y->id, x->id);
}

static int add_entry(struct runs_dir_entry **entry, size_t *n, size_t *room,
                     const char *path)
{
    struct runs_dir_entry e;
    if (runs_dir_look(&e, path) != 0)
        return 0; /* gone meanwhile, or no file */
    if (*n == *room) {
        const size_t more = *room * 2 + 16;
        struct runs_dir_entry *at = realloc(*entry, more * sizeof *at);
        if (at == NULL)
            return -1;
        *entry = at;
        *room = more;
    }
    (*entry)[(*n)++] = e;
    return 0;
}

int runs_dir_list(struct runs_dir_entry **entry, size_t *n,
                  struct ff_error *err)
{
    char dir[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
    struct runs_dir_entry *list = NULL;
    size_t n_list = 0, room = 0;
    int rc = 0;
    *entry = NULL;
    *n = 0;
    if (find_dir(dir, err) != 0)
        return -1;
    DIR *d = opendir(dir);
    if (d == NULL && errno == ENOENT)
        return 0;
    if (d == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot read the directory of runs "
                              "'%s'", dir);
    errno = 0;
    for (struct dirent *e; rc == 0 && (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (is_store_name(e->d_name))
            rc = add_entry(&list, &n_list, &room, path);
        errno = rc == 0 ? 0 : errno;
    }
    if (errno != 0)
        rc = ff_error_errno(err, FF_USAGE, "cannot read the directory of runs "
                            "'%s'", dir);
    closedir(d);
    if (rc != 0) {
        free(list);
        return -1;
    }
    if (n_list > 1)
        qsort(list, n_list, sizeof *list, later_first);
    *entry = list;
    *n = n_list;
    return 0;
}

/* ---- the one that is meant ------------------------------------------------- */

static int refuse_several(const char *run, const struct runs_dir_entry *entry,
                          size_t n, struct ff_error *err)
{
    char names[MAX_NAMED * 70 + 40];
    size_t at = 0, found = 0;
    for (size_t i = 0; i < n; i++)
        if (strncmp(entry[i].id, run, strlen(run)) == 0
            && found++ < MAX_NAMED)
            at += (size_t)snprintf(names + at, sizeof names - at, "%s%s",
                                   found > 1 ? ", " : "", entry[i].id);
    if (found > MAX_NAMED)
        snprintf(names + at, sizeof names - at, " and %zu more",
                 found - MAX_NAMED);
    return ff_error_set(err, FF_USAGE, "'%s' is the beginning of several runs: "
                        "%s", run, names);
}

static int refuse_unknown(const char *run, const struct runs_dir_entry *entry,
                          size_t n, struct ff_error *err)
{
    const char **name = calloc(n + 1, sizeof *name);
    const char *near = NULL;
    char dir[PATH_MAX] = "";
    for (size_t i = 0; name != NULL && i < n; i++)
        name[i] = entry[i].id;
    if (name != NULL)
        near = nearest(run, strlen(run), name, n);
    free(name);
    if (near != NULL)
        return ff_error_set(err, FF_USAGE, "there is no run '%s'; did you mean "
                            "'%s'? ('fanfold runs' lists all)", run, near);
    find_dir(dir, NULL);
    return ff_error_set(err, FF_USAGE, "there is no run '%s' in '%s', and no "
                        "such file ('fanfold runs' lists all)", run, dir);
}

static int find_among(char path[PATH_MAX], const char *run,
                      const struct runs_dir_entry *entry, size_t n,
                      struct ff_error *err)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const bool same = strcmp(entry[i].id, run) == 0;
        if (!same && strncmp(entry[i].id, run, strlen(run)) != 0)
            continue;
        snprintf(path, PATH_MAX, "%s", entry[i].path);
        if (same)
            return 0;
        found++;
    }
    return found == 1 ? 0 : found > 1 ? refuse_several(run, entry, n, err)
                                      : refuse_unknown(run, entry, n, err);
}

static int find_last(char path[PATH_MAX], const struct runs_dir_entry *entry,
                     size_t n, struct ff_error *err)
{
    char dir[PATH_MAX] = "";
    size_t last = 0;
    while (last + 1 < n && entry[last].bytes == 0)
        last++; /* its launcher was killed before it could say anything */
    if (n > 0) {
        snprintf(path, PATH_MAX, "%s", entry[last].path);
        return 0;
    }
    find_dir(dir, NULL);
    return ff_error_set(err, FF_USAGE, "no run is kept in '%s' ('fanfold run' "
                        "keeps one that lasts longer than its --checkpoint, and "
                        "one with --store FILE in that file)", dir);
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int runs_dir_find(char path[PATH_MAX], const char *run, struct ff_error *err)
{
    struct runs_dir_entry *entry = NULL;
    struct ff_error none = {0};
    size_t n = 0;
    if (run != NULL && *run == '\0')
        return ff_error_set(err, FF_USAGE, "the name of a run is empty");
    if (run != NULL && strlen(run) >= PATH_MAX)
        return ff_error_set(err, FF_USAGE, "the name of a run is too long");
    if (run != NULL && strchr(run, '/') != NULL) {
        snprintf(path, PATH_MAX, "%s", run);
        return 0;
    }
    /* Of a file here and a run that is kept of the same name the run is meant. */
    const bool here = run != NULL && is_file(run);
    int rc = runs_dir_list(&entry, &n, here ? NULL : err);
    if (run == NULL && rc == 0)
        rc = find_last(path, entry, n, err);
    else if (here && (rc != 0 || find_among(path, run, entry, n, &none) != 0))
        rc = snprintf(path, PATH_MAX, "%s", run) > 0 ? 0 : -1;
    else if (!here && rc == 0)
        rc = find_among(path, run, entry, n, err);
    free(entry);
    return rc;
}

/* ---- locks ----------------------------------------------------------------- */

/* As a reader takes it: who writes has another, which excludes it. */
static struct flock reader_lock(void)
{
    return (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET,
                          .l_start = LOCK_BEGIN, .l_len = LOCK_BYTES};
}

int runs_dir_is_held(const char *path)
{
    struct flock lock = reader_lock();
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    const int rc = fcntl(fd, F_OFD_GETLK, &lock);
    close(fd);
    return rc != 0 ? -1 : lock.l_type != F_UNLCK;
}

/* The file first: a log without its file is nothing, but the other way round
 * what is left would look like a whole store. */
static int unlink_all(const char *path, struct ff_error *err)
{
    char log[PATH_MAX + 16];
    if (unlink(path) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot remove '%s'", path);
    for (size_t i = 0; i < N_LOGS; i++) {
        snprintf(log, sizeof log, "%s%s", path, log_suffix[i]);
        if (unlink(log) != 0 && errno != ENOENT)
            return ff_error_errno(err, FF_UNWRITTEN, "cannot remove '%s'", log);
    }
    return 0;
}

int runs_dir_remove(const char *path, struct ff_error *err)
{
    struct flock lock = reader_lock();
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ff_error_errno(err, FF_USAGE, "cannot open '%s'", path);
    /* Held until it is gone, so that nobody goes on with it meanwhile. A file
     * system without locks cannot say. */
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0
        && (errno == EAGAIN || errno == EACCES)) {
        close(fd);
        return ff_error_set(err, FF_HELD, "'%s' is not removed: a run is "
                            "writing it", path);
    }
    const int rc = unlink_all(path, err);
    close(fd);
    return rc;
}
