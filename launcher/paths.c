/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where our own files are: see paths.h.
 *
 * The build names four directories: FF_BINDIR, FF_LIBEXECDIR and
 * FF_INCLUDEDIR of the installation, FF_SOURCE_INCLUDEDIR of the source tree.
 * The way from FF_BINDIR to another of them also holds in an installation
 * that was moved. A program of the build tree, known by the worker program
 * beside it, never uses an installed header: that may be an older one.
 */
#include "paths.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The build names the installed directories; this is for compiling by hand. */
#ifndef FF_BINDIR
#define FF_BINDIR "/usr/local/bin"
#endif
#ifndef FF_LIBEXECDIR
#define FF_LIBEXECDIR "/usr/local/libexec/fanfold"
#endif
#ifndef FF_INCLUDEDIR
#define FF_INCLUDEDIR "/usr/local/include"
#endif
#ifndef FF_SOURCE_INCLUDEDIR
#define FF_SOURCE_INCLUDEDIR FF_INCLUDEDIR
#endif

#define WORKER "fanfold-worker"
#define HEADER "fanfold.h"

__attribute__((format(printf, 2, 3)))
static bool print_path(char out[PATHS_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(out, PATHS_MAX, format, args);
    va_end(args);
    return n > 0 && n < PATHS_MAX;
}

static bool has_file(const char *dir, const char *name, int mode)
{
    char path[PATHS_MAX];
    return print_path(path, "%s/%s", dir, name) && access(path, mode) == 0;
}

int paths_self(char out[PATHS_MAX], struct ff_error *err)
{
    char path[PATHS_MAX];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0)
        return ff_error_errno(err, FF_LOST,
                              "cannot find this program in '/proc/self/exe'");
    path[n] = '\0';
    memcpy(out, path, (size_t)n + 1);
    return 0;
}

/* The directory of this program. */
static int self_dir(char out[PATHS_MAX], struct ff_error *err)
{
    if (paths_self(out, err) != 0)
        return -1;
    char *slash = strrchr(out, '/');
    if (slash == NULL)
        return ff_error_set(err, FF_LOST, "cannot use '%s' as a path", out);
    slash[slash == out] = '\0';
    return 0;
}

/* The directory that is to `here` as `to` is to FF_BINDIR. */
static bool relative_dir(char out[PATHS_MAX], const char *here,
                         const char *to)
{
    const char *from = FF_BINDIR;
    size_t same = 0;
    for (size_t i = 0; from[i] == to[i]; i++) {
        if (from[i] == '/')
            same = i;
        if (from[i] == '\0')
            break;
    }
    if (!print_path(out, "%s", here))
        return false;
    for (const char *p = from + same; *p != '\0'; p++) {
        const size_t n = strlen(out);
        if (*p != '/')
            continue;
        if (n + sizeof "/.." > PATHS_MAX)
            return false;
        memcpy(out + n, "/..", sizeof "/..");
    }
    const size_t n = strlen(out);
    if (n + strlen(to + same) + 1 > PATHS_MAX)
        return false;
    strcpy(out + n, to + same);
    return true;
}

/* The directory of the worker program if this is a build tree. */
static bool build_worker_dir(char out[PATHS_MAX], const char *here)
{
    return (print_path(out, "%s", here) && has_file(out, WORKER, X_OK))
           || (print_path(out, "%s/../worker", here)
               && has_file(out, WORKER, X_OK));
}

/* Finds `name` where this program is installed. */
static bool installed_dir(char out[PATHS_MAX], const char *here,
                          const char *dir, const char *name, int mode)
{
    return (relative_dir(out, here, dir) && has_file(out, name, mode))
           || (print_path(out, "%s", dir) && has_file(out, name, mode));
}

int paths_worker(char out[PATHS_MAX], struct ff_error *err)
{
    char here[PATHS_MAX], dir[PATHS_MAX];
    if (self_dir(here, err) != 0)
        return -1;
    if (!build_worker_dir(dir, here)
        && !installed_dir(dir, here, FF_LIBEXECDIR, WORKER, X_OK))
        return ff_error_set(err, FF_LOST,
                            "cannot find the program '%s', neither beside "
                            "'%s' nor in '%s': install fanfold again",
                            WORKER, here, FF_LIBEXECDIR);
    if (!print_path(out, "%s/%s", dir, WORKER))
        return ff_error_set(err, FF_LOST, "path too long: '%s'", dir);
    return 0;
}

int paths_include(char out[PATHS_MAX], struct ff_error *err)
{
    char here[PATHS_MAX], dir[PATHS_MAX];
    if (self_dir(here, err) != 0)
        return -1;
    const bool found =
        build_worker_dir(dir, here)
            ? (print_path(dir, "%s", FF_SOURCE_INCLUDEDIR)
               && has_file(dir, HEADER, R_OK))
                  || (print_path(dir, "%s/../include", here)
                      && has_file(dir, HEADER, R_OK))
            : installed_dir(dir, here, FF_INCLUDEDIR, HEADER, R_OK);
    if (!found)
        return ff_error_set(err, FF_LOST,
                            "cannot find '%s' in '%s': install fanfold again",
                            HEADER, FF_INCLUDEDIR);
    strcpy(out, dir);
    return 0;
}
