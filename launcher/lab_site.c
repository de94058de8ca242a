/* SPDX-License-Identifier: Apache-2.0 */
/* What is there for a lab: see lab_site.h. Needs are looked for once, when a
 * step first has them. */
#include "lab_site.h"
#include "rank_env.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_PYTHON "/usr/bin/python3"
#define OPTION_PREFIX "FANFOLD_OPT_"

bool lab_site_find(const char *name, char out[PATH_MAX])
{
    const char *p = getenv("PATH");
    struct stat st;
    if (strchr(name, '/') != NULL)
        return access(name, X_OK) == 0 && stat(name, &st) == 0
               && S_ISREG(st.st_mode)
               && snprintf(out, PATH_MAX, "%s", name) < PATH_MAX;
    for (p = p != NULL ? p : "/usr/bin:/bin"; ; p++) {
        const size_t n = strcspn(p, ":");
        if (p[0] == '/'
            && snprintf(out, PATH_MAX, "%.*s/%s", (int)n, p, name) < PATH_MAX
            && access(out, X_OK) == 0 && stat(out, &st) == 0
            && S_ISREG(st.st_mode))
            return true;
        p += n;
        if (*p == '\0') {
            out[0] = '\0';
            return false;
        }
    }
}

/* ---- the programs -------------------------------------------------------- */

static bool find_python_of(const char *variable, char out[PATH_MAX])
{
    char path[PATH_MAX];
    const char *dir = getenv(variable);
    return dir != NULL && dir[0] == '/'
           && snprintf(path, sizeof path, "%s/bin/python", dir) < PATH_MAX
           && lab_site_find(path, out);
}

/* Commands run in another folder: the path must be whole. */
static bool find_named_python(const char *name, char out[PATH_MAX])
{
    char path[PATH_MAX], cwd[PATH_MAX];
    if (name[0] == '/' || strchr(name, '/') == NULL)
        return lab_site_find(name, out);
    return getcwd(cwd, sizeof cwd) != NULL
           && snprintf(path, sizeof path, "%s/%s", cwd, name) < PATH_MAX
           && lab_site_find(path, out);
}

static int find_python(struct lab_site *site, const char *name,
                       struct ff_error *err)
{
    snprintf(site->python_name, sizeof site->python_name, "%.199s",
             name != NULL ? name : "python3");
    if (name != NULL)
        return find_named_python(name, site->python) ? 0
               : ff_error_set(err, FF_USAGE, "option '--python': '%s' is no "
                              "program", name);
    if (!find_python_of("VIRTUAL_ENV", site->python)
        && !find_python_of("CONDA_PREFIX", site->python)
        && !lab_site_find(SYSTEM_PYTHON, site->python)
        && !lab_site_find("python3", site->python))
        site->python[0] = '\0';
    return 0;
}

/* Compiler and launcher of one MPI. */
static void find_mpi(struct lab_site *site)
{
    static const char *const names[][2] = {
        {"mpicc.openmpi", "mpirun.openmpi"}, {"mpicc.mpich", "mpirun.mpich"},
        {"mpicc", "mpirun"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (lab_site_find(names[i][0], site->mpicc)
            && lab_site_find(names[i][1], site->mpirun))
            return;
    site->mpicc[0] = site->mpirun[0] = '\0';
}

bool lab_site_is_openmpi(const struct lab_site *site)
{
    char path[PATH_MAX];
    return realpath(site->mpirun, path) != NULL
           && (strstr(path, "openmpi") != NULL
               || strstr(path, "orterun") != NULL
               || strstr(path, "prte") != NULL);
}

/* ---- the environment ----------------------------------------------------- */

/* What changes what a fanfold run does, and is meant for other runs. */
static void forget_options(void)
{
    for (size_t i = 0; environ != NULL && environ[i] != NULL;) {
        char name[256];
        const size_t n = strcspn(environ[i], "=");
        const bool is_option = n < sizeof name
            && strncmp(environ[i], OPTION_PREFIX, strlen(OPTION_PREFIX)) == 0;
        snprintf(name, sizeof name, "%.*s", (int)(n < 255 ? n : 255),
                 environ[i]);
        if (!is_option || unsetenv(name) != 0)
            i++;
    }
}

/* A lab leaves nothing: runs are not kept, nor are bytes of Python. */
static int set_environment(const struct lab_site *site, struct ff_error *err)
{
    static const char *const names[][2] = {
        {"PYTHONDONTWRITEBYTECODE", "1"},
        {"OMPI_ALLOW_RUN_AS_ROOT", "1"},
        {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}};
    rank_env_forget();
    forget_options();
    int rc = unsetenv("OMP_NUM_THREADS") | unsetenv("PYTHONHASHSEED")
             | setenv("TMPDIR", site->folder, 1)
             | setenv("XDG_STATE_HOME", site->folder, 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        rc |= setenv(names[i][0], names[i][1], 1);
    return rc == 0 ? 0 : ff_error_errno(err, FF_LOST, "cannot set the "
                                        "environment of commands");
}

int lab_site_init(struct lab_site *site, uint32_t cores, const char *python,
                  const char *folder, int wake_fd, uint64_t end_ns,
                  struct ff_error *err)
{
    *site = (struct lab_site){.folder = folder, .wake_fd = wake_fd,
                              .end_ns = end_ns};
    if (machine_init(&site->machine, err) != 0
        || paths_self(site->fanfold, err) != 0
        || find_python(site, python, err) != 0)
        return -1;
    site->cores = cores > 0 && cores < site->machine.budget
                  ? cores : site->machine.budget;
    find_mpi(site);
    return set_environment(site, err);
}

void lab_site_release(struct lab_site *site)
{
    machine_release(&site->machine);
}

/* ---- needs --------------------------------------------------------------- */

/* Does a command work? -1 with *err when it was not ended by itself. */
static int works(struct lab_site *site, char *const *argv,
                 enum lab_found *found, struct ff_error *err)
{
    struct lab_process p;
    struct ff_error why = {0};
    const int rc = lab_process_run(argv, site->folder, site->end_ns,
                                   site->wake_fd, &p, &why);
    *found = rc == 0 && p.status == 0 ? LAB_FOUND : LAB_NOT_FOUND;
    lab_process_release(&p);
    if (rc != 0 && why.status == FF_INTERRUPTED) {
        *err = why;
        return -1;
    }
    return 0;
}

static int look_for_numpy(struct lab_site *site, struct ff_error *err)
{
    char *argv[] = {site->python, (char *)"-c", (char *)"import numpy", NULL};
    if (site->numpy != LAB_NOT_ASKED)
        return 0;
    return works(site, argv, &site->numpy, err);
}

/* Some systems have its compiler, but cannot run what it makes. */
static int look_for_tsan(struct lab_site *site, struct ff_error *err)
{
    char source[PATH_MAX], path[PATH_MAX];
    static const char *const flags[] = {"-fsanitize=thread"};
    const struct lab here = {.folder = (char *)(uintptr_t)site->folder};
    static const struct lab_step step = {.flag = {"-fsanitize=thread"},
                                         .n_flags = sizeof flags
                                                    / sizeof flags[0]};
    struct ff_error why = {0};
    if (site->tsan != LAB_NOT_ASKED)
        return 0;
    snprintf(source, sizeof source, "%s/tsan.c", site->folder);
    FILE *out = fopen(source, "we");
    const bool written = out != NULL
        && fputs("int main(void)\n{\n    return 0;\n}\n", out) >= 0;
    if (out == NULL || fclose(out) != 0 || !written)
        return ff_error_errno(err, FF_LOST, "cannot write '%s'", source);
    site->tsan = LAB_NOT_FOUND;
    if (lab_site_compile(site, &here, &step, "tsan.c", path, &why) == 0) {
        char *argv[] = {path, NULL};
        return works(site, argv, &site->tsan, err);
    }
    if (why.status == FF_INTERRUPTED) {
        *err = why;
        return -1;
    }
    return 0;
}

static int check_need(struct lab_site *site, const struct lab_need *need,
                      char *why, size_t size, struct ff_error *err)
{
    char path[PATH_MAX];
    why[0] = '\0';
    switch (need->kind) {
    case LAB_NEED_NUMPY:
    case LAB_NEED_PYTHON:
        if (site->python[0] == '\0')
            snprintf(why, size, "needs Python, and there is no '%s' here",
                     site->python_name);
        else if (need->kind == LAB_NEED_NUMPY) {
            if (look_for_numpy(site, err) != 0)
                return -1;
            if (site->numpy != LAB_FOUND)
                snprintf(why, size, "needs NumPy, which '%s' does not have",
                         site->python);
        }
        break;
    case LAB_NEED_MPI:
        if (site->mpirun[0] == '\0')
            snprintf(why, size, "needs an MPI, and there are no mpicc and "
                     "mpirun here");
        break;
    case LAB_NEED_TSAN:
        if (look_for_tsan(site, err) != 0)
            return -1;
        if (site->tsan != LAB_FOUND)
            snprintf(why, size, "needs a compiler with the thread sanitizer "
                     "(-fsanitize=thread), which does not work here");
        break;
    case LAB_NEED_CORES:
        if (site->cores < need->cores)
            snprintf(why, size, "needs %" PRIu32 " cores, and there %s %"
                     PRIu32, need->cores, site->cores == 1 ? "is" : "are",
                     site->cores);
        break;
    case LAB_NEED_PROGRAM:
        if (!lab_site_find(need->program, path))
            snprintf(why, size, "needs the program '%.100s', which is not "
                     "here", need->program);
        break;
    }
    return why[0] != '\0';
}

int lab_site_check(struct lab_site *site, const struct lab_needs *needs,
                   char *why, size_t size, struct ff_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < needs->n && rc == 0; i++)
        rc = check_need(site, &needs->need[i], why, size, err);
    return rc;
}
