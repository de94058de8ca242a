/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where our own files are: see paths.h.
 *
 * The build names directories: FF_BINDIR, FF_LIBEXECDIR, FF_INCLUDEDIR and
 * FF_LABSDIR of the installation, FF_SOURCE_INCLUDEDIR and FF_SOURCE_LABSDIR of
 * the source tree.
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
#ifndef FF_LABSDIR
#define FF_LABSDIR "/usr/local/share/fanfold/labs"
#endif
#ifndef FF_SOURCE_LABSDIR
#define FF_SOURCE_LABSDIR FF_LABSDIR
#endif
#ifndef FF_MPI_KIND
#define FF_MPI_KIND "other"
#endif
#ifndef FF_PYTHON
#define FF_PYTHON ""
#define FF_PYTHON_LIBRARY ""
#define FF_PYTHON_VERSION ""
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

/* Where a file is looked for, in this order. */
struct places {
    char dir[4][PATHS_MAX];
    size_t n;
};

static void add(struct places *p, const char *first, const char *second)
{
    if (print_path(p->dir[p->n], "%s%s", first, second))
        p->n++;
}

/* Where this program is installed: by the way from here, and as built. */
static void add_installed(struct places *p, const char *here, const char *dir)
{
    if (relative_dir(p->dir[p->n], here, dir))
        p->n++;
    add(p, dir, "");
}

/* The first place that has the file; NULL: none. */
static const char *search(const struct places *p, const char *name, int mode)
{
    for (size_t i = 0; i < p->n; i++)
        if (has_file(p->dir[i], name, mode))
            return p->dir[i];
    return NULL;
}

static int nowhere(const struct places *p, const char *name,
                   struct ff_error *err)
{
    char text[sizeof err->text] = "";
    size_t at = 0;
    for (size_t i = 0; i < p->n && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s'%s/%s'",
                               i > 0 ? ", " : "", p->dir[i], name);
    return ff_error_set(err, FF_LOST, "cannot find '%s': install fanfold again "
                        "(looked for %s)", name, text);
}

/* Those of the worker program in a build tree. */
static void add_build(struct places *p, const char *here)
{
    add(p, here, "");
    add(p, here, "/../worker");
}

/* The worker program, or what stands beside it. */
static int find_beside(char out[PATHS_MAX], const char *name,
                       struct ff_error *err)
{
    char here[PATHS_MAX];
    struct places places = {.n = 0};
    if (self_dir(here, err) != 0)
        return -1;
    add_build(&places, here);
    add_installed(&places, here, FF_LIBEXECDIR);
    const char *dir = search(&places, name, X_OK);
    if (dir == NULL)
        return nowhere(&places, name, err);
    if (!print_path(out, "%s/%s", dir, name))
        return ff_error_set(err, FF_LOST, "path too long: '%s'", dir);
    return 0;
}

int paths_worker(char out[PATHS_MAX], struct ff_error *err)
{
    return find_beside(out, WORKER, err);
}

int paths_python(char out[PATHS_MAX], struct ff_error *err)
{
    return find_beside(out, "fanfold-python.so", err);
}

struct paths_interpreter paths_interpreter(void)
{
    return (struct paths_interpreter){.program = FF_PYTHON,
                                      .library = FF_PYTHON_LIBRARY,
                                      .version = FF_PYTHON_VERSION};
}

int paths_node(char out[PATHS_MAX], bool mpich, struct ff_error *err)
{
    /* Where MPICH is the only MPI there is, fanfold-mpi is linked with it. */
    if (!mpich && strcmp(FF_MPI_KIND, "mpich") == 0)
        return ff_error_set(err, FF_LOST, "this fanfold was built with MPICH: "
                            "for nodes it needs MPICH's mpiexec, not Open "
                            "MPI's or PMIx");
    const char *name = mpich && strcmp(FF_MPI_KIND, "openmpi") == 0
                       ? "fanfold-mpich" : "fanfold-mpi";
    char here[PATHS_MAX];
    struct places places = {.n = 0};
    if (self_dir(here, err) != 0)
        return -1;
    add(&places, here, "");
    add_installed(&places, here, FF_LIBEXECDIR);
    const char *dir = search(&places, name, X_OK);
    if (dir == NULL)
        return ff_error_set(err, FF_LOST, "this fanfold was built without "
                            "%s, so it cannot run on several nodes, or as one "
                            "of several processes: there is no '%s' beside it "
                            "or in '%s' (configure --with-mpi makes it, with "
                            "the Debian package %s)",
                            mpich ? "MPICH" : "Open MPI", name, FF_LIBEXECDIR,
                            mpich ? "libmpich-dev" : "libopenmpi-dev");
    if (!print_path(out, "%s/%s", dir, name))
        return ff_error_set(err, FF_LOST, "path too long: '%s'", dir);
    return 0;
}

int paths_include(char out[PATHS_MAX], struct ff_error *err)
{
    char here[PATHS_MAX];
    struct places build = {.n = 0}, places = {.n = 0};
    if (self_dir(here, err) != 0)
        return -1;
    add_build(&build, here);
    if (search(&build, WORKER, X_OK) != NULL) {
        add(&places, FF_SOURCE_INCLUDEDIR, "");
        add(&places, here, "/../include");
    } else {
        add_installed(&places, here, FF_INCLUDEDIR);
    }
    const char *dir = search(&places, HEADER, R_OK);
    if (dir == NULL)
        return nowhere(&places, HEADER, err);
    strcpy(out, dir);
    return 0;
}

int paths_labs(char out[PATHS_MAX], struct ff_error *err)
{
    char here[PATHS_MAX];
    struct places build = {.n = 0}, places = {.n = 0};
    if (self_dir(here, err) != 0)
        return -1;
    add_build(&build, here);
    if (search(&build, WORKER, X_OK) != NULL)
        add(&places, FF_SOURCE_LABSDIR, "");
    else
        add_installed(&places, here, FF_LABSDIR);
    const char *dir = search(&places, "", R_OK);
    if (dir == NULL)
        return ff_error_set(err, FF_LOST, "cannot find the labs in '%s': "
                            "install fanfold again", FF_LABSDIR);
    strcpy(out, dir);
    return 0;
}
