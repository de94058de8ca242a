/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Python of this run: see interpreter.h. Links of its path are not
 * followed: that one is asked for by the name of a link into it is how a
 * virtual environment is known. Of what is used all is checked here, so that a
 * worker which loads the library can hardly fail.
 */
#include "interpreter.h"
#include "interpreter_ask.h"
#include "object.h"
#include "program_file.h"
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLDEST_MINOR 11 /* of the stable ABI that the plug-in is compiled for */

/* ---- which one ----------------------------------------------------------- */

struct choice {
    char path[PATHS_MAX];  /* of the program, absolute */
    const char *by;        /* who chose it, for messages */
};

static int too_long(const char *path, struct ff_error *err)
{
    return ff_error_set(err, FF_USAGE, "path too long: '%s'", path);
}

static bool join(char out[PATHS_MAX], const char *dir, const char *name)
{
    return snprintf(out, PATHS_MAX, "%s/%s", dir, name) < PATHS_MAX;
}

/* From here on a change of directory means nothing. */
static int make_absolute(char out[PATHS_MAX], const char *path,
                         struct ff_error *err)
{
    char cwd[PATHS_MAX];
    if (path[0] == '/')
        return snprintf(out, PATHS_MAX, "%s", path) < PATHS_MAX
                   ? 0 : too_long(path, err);
    if (getcwd(cwd, sizeof cwd) == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot tell where '%s' is",
                              path);
    return join(out, cwd, path) ? 0 : too_long(path, err);
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A link to what is gone, a virtual environment of a Python that was removed
 * or moved, is told as that. */
static int check_program(const struct choice *c, struct ff_error *err)
{
    char to[PATHS_MAX];
    if (access(c->path, X_OK) == 0 && !is_directory(c->path))
        return 0;
    const int cause = errno;
    const ssize_t n = readlink(c->path, to, sizeof to - 1);
    if (cause == ENOENT && n > 0) {
        to[n] = '\0';
        return ff_error_set(err, FF_USAGE, "cannot run Python '%s' (%s): it "
                            "is a link to '%s', and the Python that this leads "
                            "to is gone: make the virtual environment again, "
                            "or name another with --python", c->path, c->by,
                            to);
    }
    errno = is_directory(c->path) ? EISDIR : cause;
    return ff_error_errno(err, FF_USAGE, "cannot run Python '%s' (%s%s)",
                          c->path, c->by, strcmp(c->by, "--python") == 0
                              ? "" : "; --python names another");
}

/* A program, by its path or found in PATH, or a folder with one. */
static int choose_named(struct choice *c, const char *named,
                        struct ff_error *err)
{
    char path[PATHS_MAX];
    struct stat st;
    if (strchr(named, '/') == NULL && !is_directory(named)) {
        if (!program_file(path, named))
            return ff_error_set(err, FF_USAGE, "cannot find Python '%s' (%s) "
                                "in PATH", named, c->by);
    } else if (is_directory(named)) {
        if (!join(path, named, "bin/python"))
            return too_long(named, err);
        if (lstat(path, &st) != 0)
            return ff_error_set(err, FF_USAGE, "'%s' (%s) is a folder without "
                                "bin/python: name the program, or the folder "
                                "of a virtual environment", named, c->by);
    } else if (snprintf(path, sizeof path, "%s", named) >= PATHS_MAX) {
        return too_long(named, err);
    }
    return make_absolute(c->path, path, err) != 0 ? -1 : check_program(c, err);
}

/* Environments of conda can be without Python. */
static const char *active_environment(const char **by)
{
    const char *venv = getenv("VIRTUAL_ENV");
    const char *conda = getenv("CONDA_PREFIX");
    char path[PATHS_MAX];
    *by = "VIRTUAL_ENV";
    if (venv != NULL && *venv != '\0')
        return venv;
    *by = "CONDA_PREFIX";
    return conda != NULL && *conda != '\0' && join(path, conda, "bin/python")
           && access(path, X_OK) == 0 ? conda : NULL;
}

/* A node is told by the root. */
static int choose(struct choice *c, const struct job *job,
                  struct ff_error *err)
{
    *c = (struct choice){.by = job->python_file != NULL ? "as the root of the "
                               "run has it" : "--python"};
    const char *named = job->python;
    if (named == NULL && job->python_file == NULL)
        named = active_environment(&c->by);
    if (named != NULL)
        return choose_named(c, named, err);
    c->by = "which fanfold was built with";
    return choose_named(c, paths_interpreter().program, err);
}

int interpreter_choose(char out[PATHS_MAX], const char *named,
                       struct ff_error *err)
{
    const struct job job = {.python = named};
    struct choice c;
    if (choose(&c, &job, err) != 0)
        return -1;
    memcpy(out, c.path, sizeof c.path);
    return 0;
}

/* ---- what it is ---------------------------------------------------------- */

/* Its library says so itself: Py_Version is 0x030b02f0 in 3.11.2. */
static bool read_version(char out[32], const char *library)
{
    unsigned long v;
    char last[16] = "";
    if (strchr(library, '/') == NULL
        || !object_number(library, "Py_Version", &v))
        return false;
    const unsigned level = (v >> 4) & 15, serial = v & 15;
    if (level != 15)
        snprintf(last, sizeof last, "%s%u", level == 10 ? "a"
                                            : level == 11 ? "b" : "rc",
                 serial);
    snprintf(out, 32, "%lu.%lu.%lu%s", (v >> 24) & 255, (v >> 16) & 255,
             (v >> 8) & 255, last);
    return true;
}

/* The one that configure found, or a virtual environment of it. */
static bool is_configured(const struct choice *c)
{
    char one[PATH_MAX], other[PATH_MAX];
    return realpath(c->path, one) != NULL
           && realpath(paths_interpreter().program, other) != NULL
           && strcmp(one, other) == 0;
}

static int take_configured(struct interpreter *out, const struct choice *c,
                           struct ff_error *err)
{
    const struct paths_interpreter found = paths_interpreter();
    if (strchr(found.library, '/') != NULL
        && access(found.library, R_OK) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot load Python '%s': its "
                              "library '%s'", c->path, found.library);
    snprintf(out->program, sizeof out->program, "%s", c->path);
    snprintf(out->library, sizeof out->library, "%s", found.library);
    if (!read_version(out->version, found.library))
        snprintf(out->version, sizeof out->version, "%s", found.version);
    return 0;
}

/* What cannot be a library of workers: why, or NULL. */
static const char *unusable(const struct interpreter_answer *a, char *why,
                            size_t size)
{
    if (strcmp(a->implementation, "cpython") != 0)
        snprintf(why, size, "is %s %s, and only CPython can be a part of "
                 "another program", a->implementation, a->version);
    else if (a->major != 3 || a->minor < OLDEST_MINOR)
        snprintf(why, size, "is Python %s, and kernels need 3.%d or later",
                 a->version, OLDEST_MINOR);
    else if (a->free_threaded)
        snprintf(why, size, "is Python %s without its global lock, "
                 "free-threaded, for which there is no stable interface yet",
                 a->version);
    else if (*a->library == '\0' && *a->wanted == '\0')
        snprintf(why, size, "is Python %s, but was built without a shared "
                 "library (configure --enable-shared makes one)", a->version);
    else if (*a->library == '\0')
        snprintf(why, size, "is Python %s, but its library '%.1000s' is not "
                 "there (on Debian the package libpython%d.%d has one)",
                 a->version, a->wanted, a->major, a->minor);
    else
        return NULL;
    return why;
}

static int ask(struct interpreter *out, const struct choice *c,
               command_runner *run, void *arg, struct ff_error *err)
{
    struct interpreter_answer *a = malloc(sizeof *a);
    char why[1200];
    int rc = -1;
    if (a == NULL)
        return ff_error_errno(err, FF_LOST, "cannot run '%s'", c->path);
    if (interpreter_ask(a, c->path, run, arg, err) != 0)
        goto end;
    if (unusable(a, why, sizeof why) != NULL) {
        ff_error_set(err, FF_USAGE, "cannot run kernels by '%s' (%s): it %s; "
                     "--python names another", c->path, c->by, why);
        goto end;
    }
    memcpy(out->program, a->program, sizeof out->program);
    memcpy(out->library, a->library, sizeof out->library);
    memcpy(out->version, a->version, sizeof out->version);
    rc = 0;
end:
    free(a);
    return rc;
}

void interpreter_minor(char out[16], const char *version)
{
    const size_t major = strcspn(version, ".");
    const size_t n = major + (version[major] == '.'
                              ? 1 + strspn(version + major + 1, "0123456789")
                              : 0);
    snprintf(out, 16, "%.*s", (int)n, version);
}

/* ---- paths --------------------------------------------------------------- */

/* One directory of --python-path. The root has looked for a node. */
static int add_directory(struct interpreter *out, const char *dir, bool looked,
                         struct ff_error *err)
{
    char path[PATHS_MAX];
    const size_t n = strlen(out->path);
    if (!looked && !is_directory(dir)) {
        if (access(dir, F_OK) == 0)
            errno = ENOTDIR;
        return ff_error_errno(err, FF_USAGE, "cannot import from '%s' "
                              "(--python-path)", dir);
    }
    if (make_absolute(path, dir, err) != 0)
        return -1;
    if (n + strlen(path) + 2 > sizeof out->path)
        return too_long(dir, err);
    snprintf(out->path + n, sizeof out->path - n, "%s%s", n > 0 ? ":" : "",
             path);
    return 0;
}

static int take_path(struct interpreter *out, const struct job *job,
                     struct ff_error *err)
{
    char *dirs = strdup(job->python_path != NULL ? job->python_path : "");
    char *rest = NULL;
    int rc = 0;
    if (dirs == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read --python-path");
    out->path[0] = '\0';
    for (char *dir = strtok_r(dirs, ":", &rest); rc == 0 && dir != NULL;
         dir = strtok_r(NULL, ":", &rest))
        rc = add_directory(out, dir, job->python_file != NULL, err);
    free(dirs);
    return rc;
}

/* Its folder is where the kernel imports from, so links are followed. */
static int take_file(struct interpreter *out, const struct job *job,
                     struct ff_error *err)
{
    char file[SOURCE_PATH];
    if (job->python_file != NULL)
        return make_absolute(out->file, job->python_file, err);
    source_file(file, job->kernel);
    return realpath(file, out->file) != NULL
               ? 0 : ff_error_errno(err, FF_USAGE, "cannot open '%s'", file);
}

int interpreter_find(struct interpreter *out, const struct job *job,
                     command_runner *run, void *arg, struct ff_error *err)
{
    struct choice c;
    if (*paths_interpreter().library == '\0')
        return ff_error_set(err, FF_USAGE, "cannot run '%s': this fanfold was "
                            "built without Python (it needs the Debian package "
                            "libpython3-dev when it is configured)",
                            job->kernel);
    if (choose(&c, job, err) != 0 || take_file(out, job, err) != 0
        || take_path(out, job, err) != 0 || paths_python(out->plugin, err) != 0)
        return -1;
    return is_configured(&c) ? take_configured(out, &c, err)
                             : ask(out, &c, run, arg, err);
}
