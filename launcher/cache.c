/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of compiled kernels: see cache.h.
 *
 * KEY.deps has the lines
 *     fanfold 1 HASH-OF-OBJECT NAME-OF-OBJECT
 *     s HASH PATH    a file below the source's directory, relative to it
 *     a HASH PATH    any other, absolute
 * A reader takes one version of it and the object it names, whose name is made
 * from the same hashes: so an object never meets another's dependencies. An
 * object that was cut (power lost before its data was on the disk) is noticed
 * by its hash.
 */
#include "cache.h"
#include "hash.h"
#include "trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SCRATCH "tmp."
#define SCRATCH_MAX_AGE_S 86400
#define SAID "said"
#define NEVER "-" /* in place of a hash: matches nothing */

static bool join(char out[CACHE_PATH], const char *dir, const char *name,
                 const char *suffix)
{
    const int n = snprintf(out, CACHE_PATH, "%s/%s%s", dir, name, suffix);
    return n > 0 && n < CACHE_PATH;
}

/* ---- hashing ------------------------------------------------------------- */

void cache_hash(char out[CACHE_HASH], const void *bytes, size_t n)
{
    snprintf(out, CACHE_HASH, "%016" PRIx64 "%016" PRIx64,
             hash_bytes(bytes, n), hash_seeded(bytes, n, 1));
}

/* Reads up to n bytes; how many there were, or -1 with errno. */
static ssize_t read_whole(int fd, char *at, size_t n)
{
    size_t got = 0;
    while (got < n) {
        const ssize_t more = read(fd, at + got, n - got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return -1;
        if (more == 0)
            break;
        got += (size_t)more;
    }
    return (ssize_t)got;
}

int cache_hash_file(char out[CACHE_HASH], const char *path)
{
    struct stat st;
    char *at = NULL;
    int rc = -1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) != 0)
        goto end;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        goto end;
    }
    at = malloc((size_t)st.st_size + 1);
    const ssize_t n = at ? read_whole(fd, at, (size_t)st.st_size) : -1;
    if (n >= 0) {
        cache_hash(out, at, (size_t)n);
        rc = 0;
    }
end:;
    const int cause = errno;
    free(at);
    close(fd);
    errno = cause;
    return rc;
}

/* ---- the directory ------------------------------------------------------- */

static bool is_ours(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode)
           && st.st_uid == geteuid();
}

/* Makes path and what is missing above it. */
static int make_dirs(char *path)
{
    for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = '\0';
        const int rc = mkdir(path, 0700);
        *p = '/';
        if (rc != 0 && errno != EEXIST)
            return -1;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

/* Is the directory ours alone? It may be a link (a big disk) where only we
 * could have made it, but not in a directory that all share. */
static int check_dir(const char *dir, bool shared, struct ff_error *err)
{
    struct stat st;
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC
                             | (shared ? O_NOFOLLOW : 0));
    const int rc = fd < 0 ? -1 : fstat(fd, &st);
    if (fd >= 0)
        close(fd);
    if (rc != 0)
        return ff_error_errno(err, shared ? FF_UNSAFE : FF_USAGE,
                              "cannot open the cache directory '%s' (set "
                              "XDG_CACHE_HOME to another)", dir);
    if (st.st_uid != geteuid())
        return ff_error_set(err, FF_UNSAFE,
                            "the cache directory '%s' belongs to another "
                            "user: set XDG_CACHE_HOME to one of your own",
                            dir);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return ff_error_set(err, FF_UNSAFE,
                            "other users can write the cache directory '%s': "
                            "chmod 700 it after a look inside", dir);
    return trust_input(dir, "cache directory", "set XDG_CACHE_HOME to another",
                       err);
}

static int open_dir(const char *dir, bool shared, struct ff_error *err)
{
    char path[CACHE_PATH];
    snprintf(path, sizeof path, "%s", dir);
    if (access(dir, F_OK) != 0 && make_dirs(path) != 0)
        return ff_error_errno(err, FF_USAGE,
                              "cannot make the cache directory '%s' (set "
                              "XDG_CACHE_HOME to another)", dir);
    return check_dir(dir, shared, err);
}

int cache_open(char dir[CACHE_PATH], struct ff_error *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    const char *tmp = getenv("TMPDIR");
    struct ff_error tried = {0};
    if (xdg != NULL && xdg[0] == '/') {
        if (!join(dir, xdg, "fanfold", ""))
            return ff_error_set(err, FF_USAGE, "XDG_CACHE_HOME is too long");
        return open_dir(dir, false, err);
    }
    if (home != NULL && home[0] == '/' && is_ours(home)
        && join(dir, home, ".cache/fanfold", "")) {
        if (open_dir(dir, false, &tried) == 0)
            return 0;
        if (tried.status == FF_UNSAFE)
            return ff_error_set(err, FF_UNSAFE, "%s", tried.text);
    }
    const char *base = tmp != NULL && tmp[0] == '/' ? tmp : "/tmp";
    const int n = snprintf(dir, CACHE_PATH, "%s/fanfold-%lu", base,
                           (unsigned long)geteuid());
    if (n < 0 || n >= CACHE_PATH)
        return ff_error_set(err, FF_USAGE, "TMPDIR is too long");
    return open_dir(dir, true, err);
}

/* ---- scratch ------------------------------------------------------------- */

void cache_discard(const char *scratch)
{
    const struct dirent *entry;
    DIR *d = opendir(scratch);
    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL)
        unlinkat(dirfd(d), entry->d_name, 0);
    closedir(d);
    rmdir(scratch);
}

/* What launchers left that died between making a scratch directory and
 * telling their guardian of it. */
static void discard_old(const char *dir)
{
    const struct dirent *entry;
    struct stat st;
    char path[CACHE_PATH];
    DIR *d = opendir(dir);
    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL)
        if (strncmp(entry->d_name, SCRATCH, strlen(SCRATCH)) == 0
            && fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
            && st.st_mtime < time(NULL) - SCRATCH_MAX_AGE_S
            && join(path, dir, entry->d_name, ""))
            cache_discard(path);
    closedir(d);
}

int cache_scratch(char out[CACHE_PATH], const char *dir, struct ff_error *err)
{
    discard_old(dir);
    if (!join(out, dir, SCRATCH "XXXXXX", ""))
        return ff_error_set(err, FF_USAGE, "path too long: '%s'", dir);
    if (mkdtemp(out) == NULL)
        return ff_error_errno(err, FF_USAGE,
                              "cannot make a directory in '%s'", dir);
    return 0;
}

/* ---- finding ------------------------------------------------------------- */

/* Does a dependency's line "s HASH PATH" still hold? */
static bool line_holds(const char *line, const char *source_dir)
{
    char hash[CACHE_HASH], path[CACHE_PATH];
    const size_t n = 2 + sizeof hash;
    if (strlen(line) <= n || line[1] != ' ' || line[n - 1] != ' ')
        return false;
    const int length = snprintf(path, sizeof path, "%s%s",
                                line[0] == 's' ? source_dir : "", line + n);
    return length < (int)sizeof path && cache_hash_file(hash, path) == 0
           && memcmp(hash, line + 2, sizeof hash - 1) == 0;
}

static bool lines_hold(FILE *deps, const char *source_dir)
{
    char *line = NULL;
    size_t room = 0;
    bool hold = true;
    ssize_t n;
    while (hold && (n = getline(&line, &room, deps)) > 0) {
        line[n - 1] = '\0';
        hold = line_holds(line, source_dir);
    }
    free(line);
    return hold;
}

bool cache_find(char object[CACHE_PATH], const char *dir, const char *key,
                const char *source_dir)
{
    char path[CACHE_PATH], wanted[CACHE_HASH], name[CACHE_HASH];
    char hash[CACHE_HASH];
    if (!join(path, dir, key, ".deps"))
        return false;
    FILE *deps = fopen(path, "re");
    if (deps == NULL)
        return false;
    const bool found =
        fscanf(deps, "fanfold 1 %32s %32s", wanted, name) == 2
        && fgetc(deps) == '\n' && join(path, dir, name, ".so")
        && cache_hash_file(hash, path) == 0 && strcmp(hash, wanted) == 0
        && lines_hold(deps, source_dir);
    fclose(deps);
    if (found)
        strcpy(object, path);
    return found;
}

char *cache_messages(const char *object)
{
    char path[CACHE_PATH], *text = NULL;
    size_t room = 0;
    const int stem = (int)strlen(object) - (int)strlen(".so");
    const int n = snprintf(path, sizeof path, "%.*s." SAID, stem, object);
    FILE *in = n > 0 && n < (int)sizeof path ? fopen(path, "re") : NULL;
    if (in == NULL)
        return NULL;
    if (getdelim(&text, &room, '\0', in) <= 0) {
        free(text);
        text = NULL;
    }
    fclose(in);
    return text;
}

/* ---- keeping ------------------------------------------------------------- */

/* The next prerequisite of a rule for make, unescaped, at *p. */
static bool next_path(const char **p, char out[CACHE_PATH])
{
    const char *s = *p;
    size_t n = 0;
    while (*s == ' ' || *s == '\n' || (*s == '\\' && s[1] == '\n'))
        s += *s == '\\' ? 2 : 1;
    for (; *s != '\0' && *s != ' ' && *s != '\n'; s++) {
        if (*s == '\\' && s[1] == '\n')
            break;
        if ((*s == '\\' && strchr(" #:\\", s[1]) != NULL && s[1] != '\0')
            || (*s == '$' && s[1] == '$'))
            s++;
        if (n + 1 < CACHE_PATH)
            out[n++] = *s;
    }
    out[n] = '\0';
    *p = s;
    return n > 0;
}

static bool is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* The line for one file that the compiler read. */
static int print_line(FILE *out, const char *path, const char *source_dir,
                      struct timespec started)
{
    char hash[CACHE_HASH] = NEVER, whole[PATH_MAX];
    struct stat st;
    const size_t n = strlen(source_dir);
    const bool below =
        (path[0] != '/' || n > 0) && strncmp(path, source_dir, n) == 0;
    if (!below && realpath(path, whole) == NULL)
        return -1;
    if (stat(path, &st) != 0 || !is_before(st.st_mtim, started)
        || cache_hash_file(hash, path) != 0)
        strcpy(hash, NEVER);
    return fprintf(out, "%c %s %s\n", below ? 's' : 'a', hash,
                   below ? path + n : whole) < 0 ? -1 : 0;
}

/* All dependencies as lines, to be freed; NULL with errno. The first one is
 * the source, which the key stands for. */
static char *deps_lines(const char *file, const char *source_dir,
                        struct timespec started)
{
    char *rule = NULL, *lines = NULL, path[CACHE_PATH];
    size_t n_rule = 0, n_lines = 0;
    FILE *in = fopen(file, "re");
    FILE *out = in != NULL ? open_memstream(&lines, &n_lines) : NULL;
    int rc = out != NULL && getdelim(&rule, &n_rule, '\0', in) > 0 ? 0 : -1;
    const char *p = rc == 0 ? strchr(rule, ':') : NULL;
    if (p == NULL)
        rc = -1;
    else
        p++;
    for (size_t i = 0; rc == 0 && next_path(&p, path); i++)
        if (i > 0)
            rc = print_line(out, path, source_dir, started);
    if (in != NULL)
        fclose(in);
    if (out != NULL && fclose(out) != 0)
        rc = -1;
    free(rule);
    if (rc == 0)
        return lines;
    free(lines);
    return NULL;
}

/* The object's name: a hash of key and lines. */
static void object_name(char out[CACHE_HASH], const char *key,
                        const char *lines)
{
    char parts[2 * CACHE_HASH];
    cache_hash(out, lines, strlen(lines));
    snprintf(parts, sizeof parts, "%s %s", key, out);
    cache_hash(out, parts, strlen(parts));
}

/* A new file for us alone, whatever the umask. */
static FILE *create_private(const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
                              | O_CLOEXEC, 0600);
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static int write_deps(const char *path, const char *object_hash,
                      const char *name, const char *lines)
{
    FILE *f = create_private(path);
    if (f == NULL)
        return -1;
    const bool wrong =
        fprintf(f, "fanfold 1 %s %s\n%s", object_hash, name, lines) < 0;
    return (fclose(f) != 0 || wrong) ? -1 : 0;
}

/* Without the escape sequences that colour it. */
static void write_plain(FILE *out, const char *text)
{
    while (*text != '\0')
        if (text[0] == '\033' && text[1] == '[') {
            text += 2 + strspn(text + 2, "0123456789;");
            text += *text != '\0';
        } else {
            fputc(*text++, out);
        }
}

int cache_add_messages(const char *scratch, const char *text,
                       struct ff_error *err)
{
    char path[CACHE_PATH];
    if (text == NULL || *text == '\0')
        return 0;
    FILE *f = join(path, scratch, SAID, "") ? create_private(path) : NULL;
    if (f != NULL)
        write_plain(f, text);
    const bool wrong = f == NULL || ferror(f);
    if (f == NULL || fclose(f) != 0 || wrong)
        return ff_error_errno(err, FF_USAGE, "cannot keep what the compiler "
                              "said in '%s'", scratch);
    return 0;
}

/* Before the object itself, so that it is there when that is found. */
static int keep_messages(const char *dir, const char *name,
                         const char *scratch)
{
    char from[CACHE_PATH], to[CACHE_PATH];
    errno = ENAMETOOLONG;
    if (!join(from, scratch, SAID, "") || !join(to, dir, name, "." SAID))
        return -1;
    return rename(from, to) == 0 || errno == ENOENT ? 0 : -1;
}

bool cache_full(const char *dir)
{
    struct statvfs disk;
    return statvfs(dir, &disk) == 0 && disk.f_bavail == 0;
}

int cache_keep(char object[CACHE_PATH], const char *dir, const char *key,
               const char *source_dir, const char *scratch,
               struct timespec started, struct ff_error *err)
{
    char made[CACHE_PATH], rule[CACHE_PATH], from[CACHE_PATH], to[CACHE_PATH];
    char name[CACHE_HASH], hash[CACHE_HASH];
    char *lines = NULL;
    int rc = -1;
    errno = ENAMETOOLONG;
    if (join(made, scratch, "object", "") && join(rule, scratch, "deps", "")
        && join(from, scratch, "list", "") && join(to, dir, key, ".deps")
        && (lines = deps_lines(rule, source_dir, started)) != NULL) {
        object_name(name, key, lines);
        if (join(object, dir, name, ".so") && cache_hash_file(hash, made) == 0
            && chmod(made, 0600) == 0
            && write_deps(from, hash, name, lines) == 0
            && keep_messages(dir, name, scratch) == 0
            && rename(made, object) == 0 && rename(from, to) == 0)
            rc = 0;
    }
    if (rc != 0)
        ff_error_errno(err, FF_USAGE, "cannot keep the compiled kernel in "
                       "'%s'", dir);
    free(lines);
    return rc;
}
