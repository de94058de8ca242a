/* SPDX-License-Identifier: Apache-2.0 */
/* What is there for a lab: see lab_site.h. Needs are looked for once, when a
 * step first has them. */
#include "lab_site.h"
#include "interpreter.h"
#include "program_file.h"
#include "rank_env.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTION_PREFIX "FANFOLD_OPT_"

/* ---- the programs -------------------------------------------------------- */

/* An interpreter that was asked for must be there. The runs of the lab use it,
 * too. */
static int find_python(struct lab_site *site, const char *named,
                       struct ff_error *err)
{
    struct ff_error other;
    if (named != NULL)
        return interpreter_choose(site->python, named, err);
    if (interpreter_choose(site->python, NULL, &other) != 0
        && interpreter_choose(site->python, "python3", &other) != 0)
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
        if (program_file(site->mpicc, names[i][0])
            && program_file(site->mpirun, names[i][1]))
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
static int set_environment(const struct lab_site *site, bool named,
                           struct ff_error *err)
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
    if (named)
        rc |= setenv(OPTION_PREFIX "PYTHON", site->python, 1);
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
    return set_environment(site, python != NULL, err);
}

void lab_site_release(struct lab_site *site)
{
    machine_release(&site->machine);
}

/* ---- needs --------------------------------------------------------------- */

/* Does a command work? What it says when it does not, its first line, goes to
 * `said` (may be NULL). -1 with *err when we are interrupted. */
static int works(struct lab_site *site, char *const *argv,
                 enum lab_found *found, char *said, size_t size,
                 struct ff_error *err)
{
    struct lab_process p;
    struct ff_error why = {0};
    const int rc = lab_process_run(argv, site->folder, site->end_ns,
                                   site->wake_fd, &p, &why);
    *found = rc == 0 && p.status == 0 ? LAB_FOUND : LAB_NOT_FOUND;
    if (said != NULL) {
        const char *text = p.err.n > 0 ? p.err.at : "";
        text += strncmp(text, "fanfold: ", 9) == 0 ? 9 : 0;
        snprintf(said, size, "%.*s", (int)strcspn(text, "\n"), text);
    }
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
    return works(site, argv, &site->numpy, NULL, 0, err);
}

/* A file in the folder of the lab's own. */
static int write_file(const struct lab_site *site, const char *name,
                      const char *text, char path[PATH_MAX],
                      struct ff_error *err)
{
    snprintf(path, PATH_MAX, "%s/%s", site->folder, name);
    FILE *out = fopen(path, "we");
    const bool written = out != NULL && fputs(text, out) >= 0;
    if (out == NULL || fclose(out) != 0 || !written)
        return ff_error_errno(err, FF_LOST, "cannot write '%s'", path);
    return 0;
}

/* This fanfold may be built without, or the interpreter be none that can be a
 * part of another program. */
static int look_for_kernels(struct lab_site *site, struct ff_error *err)
{
    char source[PATH_MAX];
    if (site->kernels != LAB_NOT_ASKED)
        return 0;
    if (write_file(site, "nothing.py", "def nothing(i):\n    return None\n",
                   source, err) != 0)
        return -1;
    char *argv[] = {site->fanfold, (char *)"run", (char *)"--quiet",
                    (char *)"-n", (char *)"1", (char *)"--range",
                    (char *)"0:1", (char *)"nothing.py:nothing", NULL};
    return works(site, argv, &site->kernels, site->no_kernels,
                 sizeof site->no_kernels, err);
}

/* Some systems have its compiler, but cannot run what it makes. */
static int look_for_tsan(struct lab_site *site, struct ff_error *err)
{
    char source[PATH_MAX], path[PATH_MAX];
    const struct lab here = {.folder = (char *)(uintptr_t)site->folder};
    static const struct lab_step step = {.flag = {"-fsanitize=thread"},
                                         .n_flags = 1};
    struct ff_error why = {0};
    if (site->tsan != LAB_NOT_ASKED)
        return 0;
    if (write_file(site, "tsan.c", "int main(void)\n{\n    return 0;\n}\n",
                   source, err) != 0)
        return -1;
    site->tsan = LAB_NOT_FOUND;
    if (lab_site_compile(site, &here, &step, "tsan.c", path, &why) == 0) {
        char *argv[] = {path, NULL};
        return works(site, argv, &site->tsan, NULL, 0, err);
    }
    if (why.status == FF_INTERRUPTED) {
        *err = why;
        return -1;
    }
    return 0;
}

/* Is it there? Looks for it, when nobody has. */
static int look_for(struct lab_site *site, const struct lab_need *need,
                    bool *there, struct ff_error *err)
{
    char path[PATH_MAX];
    int rc = 0;
    switch (need->kind) {
    case LAB_NEED_PYTHON:
        *there = site->python[0] != '\0';
        break;
    case LAB_NEED_NUMPY:
        rc = site->python[0] != '\0' ? look_for_numpy(site, err) : 0;
        *there = site->numpy == LAB_FOUND;
        break;
    case LAB_NEED_KERNELS:
        rc = look_for_kernels(site, err);
        *there = site->kernels == LAB_FOUND;
        break;
    case LAB_NEED_MPI:
        *there = site->mpirun[0] != '\0';
        break;
    case LAB_NEED_TSAN:
        rc = look_for_tsan(site, err);
        *there = site->tsan == LAB_FOUND;
        break;
    case LAB_NEED_CORES:
        *there = site->cores >= need->cores;
        break;
    case LAB_NEED_PROGRAM:
        *there = program_file(path, need->program);
        break;
    }
    return rc;
}

static void tell_missing(const struct lab_site *site,
                         const struct lab_need *need, char *why, size_t size)
{
    switch (need->kind) {
    case LAB_NEED_PYTHON:
        snprintf(why, size, "needs Python, which is not here");
        break;
    case LAB_NEED_NUMPY:
        snprintf(why, size, "needs NumPy, which %s", site->python[0] == '\0'
                 ? "is not here" : site->python);
        if (site->python[0] != '\0' && strlen(why) + 16 < size)
            strcat(why, " does not have");
        break;
    case LAB_NEED_KERNELS:
        snprintf(why, size, "needs kernels in Python, which do not work here: "
                 "%s", site->no_kernels);
        break;
    case LAB_NEED_MPI:
        snprintf(why, size, "needs an MPI, and there are no mpicc and mpirun "
                 "here");
        break;
    case LAB_NEED_TSAN:
        snprintf(why, size, "needs a compiler with the thread sanitizer "
                 "(-fsanitize=thread), which does not work here");
        break;
    case LAB_NEED_CORES:
        snprintf(why, size, "needs %" PRIu32 " cores, and there %s %" PRIu32,
                 need->cores, site->cores == 1 ? "is" : "are", site->cores);
        break;
    case LAB_NEED_PROGRAM:
        snprintf(why, size, "needs the program '%.100s', which is not here",
                 need->program);
        break;
    }
}

int lab_site_check(struct lab_site *site, const struct lab_needs *needs,
                   char *why, size_t size, struct ff_error *err)
{
    for (size_t i = 0; i < needs->n; i++) {
        bool there = false;
        if (look_for(site, &needs->need[i], &there, err) != 0)
            return -1;
        if (there)
            continue;
        tell_missing(site, &needs->need[i], why, size);
        return 1;
    }
    return 0;
}
