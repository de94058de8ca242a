/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of mpirun or srun: see launch.h. One rank a host, bound to
 * nothing, since it is a launcher with workers of its own; and what it takes
 * that all of it dies when one end does.
 */
#include "launch.h"
#include "paths.h"
#include "rank_env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLANKS " \t\n"

/* ---- words --------------------------------------------------------------- */

static int add_word(struct launch *l, const char *word, size_t length)
{
    if (l->n + 2 > l->room) {
        const size_t room = l->room == 0 ? 32 : 2 * l->room;
        char **more = realloc(l->argv, room * sizeof more[0]);
        if (more == NULL)
            return -1;
        l->argv = more;
        l->room = room;
    }
    char *copy = strndup(word, length);
    if (copy == NULL)
        return -1;
    l->argv[l->n++] = copy;
    l->argv[l->n] = NULL;
    return 0;
}

static int add_words(struct launch *l, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (add_word(l, words[i], strlen(words[i])) != 0)
            return -1;
    return 0;
}

static int add_split(struct launch *l, const char *text)
{
    for (const char *p = text; p != NULL && *p != '\0';) {
        p += strspn(p, BLANKS);
        const size_t n = strcspn(p, BLANKS);
        if (n > 0 && add_word(l, p, n) != 0)
            return -1;
        p += n;
    }
    return 0;
}

void launch_release(struct launch *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->argv[i]);
    free(l->argv);
    if (l->hosts >= 0)
        close(l->hosts);
    *l = (struct launch){.hosts = -1};
}

/* ---- the program --------------------------------------------------------- */

static bool is_there(char out[PATHS_MAX], const char *dir, size_t n_dir,
                     const char *name)
{
    const int n = snprintf(out, PATHS_MAX, "%.*s/%s", (int)n_dir,
                           n_dir > 0 ? dir : ".", name);
    return n > 0 && n < PATHS_MAX && access(out, X_OK) == 0;
}

/* Open MPI's mpirun looks for the rest of itself beside its folder, and refuses
 * /bin, which as a rule is /usr/bin. */
static bool find_in_path(char out[PATHS_MAX], const char *name)
{
    const char *p = getenv("PATH");
    for (; p != NULL; p = *p == ':' ? p + 1 : NULL) {
        const size_t n = strcspn(p, ":");
        if (n == 4 && memcmp(p, "/bin", n) == 0
            && is_there(out, "/usr/bin", strlen("/usr/bin"), name))
            return true;
        if (is_there(out, p, n, name))
            return true;
        p += n;
    }
    return false;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

enum launcher launch_kind(const char *path)
{
    struct ff_error none;
    char node[PATHS_MAX];
    const char *name = base_of(path);
    if (strncmp(name, "srun", 4) == 0)
        return LAUNCHER_SRUN;
    if (strstr(name, "hydra") != NULL || strstr(name, "mpich") != NULL)
        return LAUNCHER_HYDRA;
    /* A plain name is that of the only MPI there is. */
    return strstr(name, "openmpi") == NULL && paths_node(node, false, &none) != 0
           && paths_node(node, true, &none) == 0
           ? LAUNCHER_HYDRA : LAUNCHER_MPIRUN;
}

static int find_given(char out[PATHS_MAX], const char *name,
                      struct ff_error *err)
{
    const bool path = strchr(name, '/') != NULL;
    if (path && access(name, X_OK) == 0
        && snprintf(out, PATHS_MAX, "%s", name) < PATHS_MAX)
        return 0;
    if (path)
        return ff_error_errno(err, FF_LOST, "cannot start '%s' (--launch)",
                              name);
    if (find_in_path(out, name))
        return 0;
    return ff_error_set(err, FF_LOST, "cannot find '%s' (--launch) in PATH",
                        name);
}

static int find_hydra(char out[PATHS_MAX], struct ff_error *err)
{
    if (find_in_path(out, "mpiexec.hydra") || find_in_path(out, "mpiexec.mpich")
        || find_in_path(out, "mpiexec"))
        return 0;
    return ff_error_set(err, FF_LOST, "cannot start nodes: there is no "
                        "'mpiexec' in PATH: install MPICH (Debian package "
                        "mpich), or name its program: --launch PATH");
}

static int find_program(char out[PATHS_MAX], const struct job *job,
                        struct ff_error *err)
{
    const bool slurm = getenv("SLURM_JOB_ID") != NULL;
    if (job->launch != NULL)
        return find_given(out, job->launch, err);
    if (launch_kind("mpiexec") == LAUNCHER_HYDRA)
        return find_hydra(out, err);
    if (find_in_path(out, "mpirun.openmpi") || find_in_path(out, "mpirun")
        || (slurm && find_in_path(out, "srun")))
        return 0;
    return ff_error_set(err, FF_LOST, "cannot start nodes: there is no "
                        "'mpirun' in PATH: install Open MPI (Debian package "
                        "openmpi-bin), or name its program: --launch PATH");
}

/* ---- what all of them need ----------------------------------------------- */

/* A file, not an option: there may be thousands. Without a name: nothing is
 * left of it, however we end. */
static int write_hosts(struct launch *l, const struct nodes *nodes,
                       const char *behind, char path[64], struct ff_error *err)
{
    l->hosts = memfd_create("hosts", MFD_CLOEXEC);
    const int copy = l->hosts >= 0 ? fcntl(l->hosts, F_DUPFD_CLOEXEC, 0) : -1;
    FILE *file = copy >= 0 ? fdopen(copy, "w") : NULL;
    for (size_t i = 0; file != NULL && i < nodes->n; i++)
        fprintf(file, "%s%s\n", nodes->node[i].host, behind);
    const bool bad = file == NULL || ferror(file);
    if (file == NULL && copy >= 0)
        close(copy);
    if ((file != NULL && fclose(file) != 0) || bad)
        return ff_error_errno(err, FF_LOST, "cannot list the nodes");
    snprintf(path, 64, "/proc/self/fd/%d", l->hosts);
    return 0;
}

/* Not a part of a longer one: btl is none of btl_tcp_if_include. */
static bool mentions(const struct job *job, const char *parameter)
{
    char name[128];
    snprintf(name, sizeof name, "OMPI_MCA_%s", parameter);
    const char *p = job->launch_args;
    const size_t n = strlen(parameter);
    while (p != NULL && *p != '\0') {
        p += strspn(p, BLANKS);
        const size_t length = strcspn(p, BLANKS);
        if (length == n && strncmp(p, parameter, n) == 0)
            return true;
        p += length;
    }
    return getenv(name) != NULL;
}

/* ---- mpirun -------------------------------------------------------------- */

/* A parameter of Open MPI's, unless the user has set it. */
static int add_parameter(struct launch *l, const struct job *job,
                         const char *name, const char *value)
{
    const char *const words[] = {"--mca", name, value};
    return mentions(job, name) ? 0 : add_words(l, words, 3);
}

/* Where others are reached by ssh, nobody is there to be asked for a password;
 * another agent (plm_rsh_agent) would not know these options. */
static int add_agent(struct launch *l, const struct job *job)
{
    char path[PATHS_MAX];
    if (mentions(job, "plm_rsh_agent") || !find_in_path(path, "ssh"))
        return 0;
    return add_parameter(l, job, "plm_rsh_args",
                         "-o BatchMode=yes -o ConnectTimeout=10");
}

/* TCP alone: shared memory would be left behind by who is killed, and fast
 * networks take longer to be looked for than most runs last. A connection that
 * is dead is noticed after 5 + 3 * 2 seconds, not after minutes. */
static int add_parameters(struct launch *l, const struct job *job)
{
    static const char *const parameters[][2] = {
        {"pml", "ob1"}, {"btl", "self,tcp"}, {"oob_tcp_keepalive_time", "5"},
        {"oob_tcp_keepalive_intvl", "2"}, {"oob_tcp_keepalive_probes", "3"},
        {"orte_base_help_aggregate", "0"}, {"mpi_yield_when_idle", "1"}};
    const size_t n = sizeof parameters / sizeof parameters[0];
    for (size_t i = 0; i < n; i++)
        if (add_parameter(l, job, parameters[i][0], parameters[i][1]) != 0)
            return -1;
    return add_agent(l, job);
}

/* mpirun cuts a name at its first dot, unless it is told not to. */
static bool have_domains(const struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->n; i++)
        if (strchr(nodes->node[i].host, '.') != NULL)
            return true;
    return false;
}

static int make_mpirun(struct launch *l, const struct nodes *nodes,
                       const struct job *job, const char *node,
                       struct ff_error *err)
{
    char file[64], n[32];
    snprintf(n, sizeof n, "%zu", nodes->n);
    const char *const words[] = {
        "--allow-run-as-root", "--hostfile", file, "-n", n, "--map-by", "node",
        "--bind-to", "none", "-x", RANK_ENV_MARK};
    const char *const last[] = {node, "--stdio"};
    if (write_hosts(l, nodes, " slots=1", file, err) != 0)
        return -1;
    if (add_words(l, words, sizeof words / sizeof words[0]) == 0
        && add_parameters(l, job) == 0
        && (!have_domains(nodes)
            || add_parameter(l, job, "orte_keep_fqdn_hostnames", "1") == 0)
        && add_split(l, job->launch_args) == 0 && add_words(l, last, 2) == 0)
        return 0;
    return ff_error_errno(err, FF_LOST, "cannot start nodes");
}

/* ---- srun ---------------------------------------------------------------- */

/* --unbuffered is a terminal between srun and the node, else only whole lines
 * would be passed on; the node makes it pass all bytes as they are. */
static int make_srun(struct launch *l, const struct nodes *nodes,
                     const struct job *job, const char *node,
                     struct ff_error *err)
{
    char file[64], n[32];
    snprintf(n, sizeof n, "%zu", nodes->n);
    const char *const words[] = {
        "--mpi=pmix", "-N", n, "-n", n, "--ntasks-per-node=1", "--nodefile",
        file, "--cpu-bind=none", "--input=0", "--output=0", "--unbuffered",
        "--kill-on-bad-exit=0"};
    const char *const last[] = {node, "--stdio"};
    if (write_hosts(l, nodes, "", file, err) != 0)
        return -1;
    if (add_words(l, words, sizeof words / sizeof words[0]) == 0
        && add_split(l, job->launch_args) == 0 && add_words(l, last, 2) == 0)
        return 0;
    return ff_error_errno(err, FF_LOST, "cannot start nodes");
}

/* ---- MPICH's ------------------------------------------------------------- */

static int make_hydra(struct launch *l, const struct nodes *nodes,
                      const struct job *job, const char *node,
                      struct ff_error *err)
{
    char file[64], n[32];
    snprintf(n, sizeof n, "%zu", nodes->n);
    const char *const words[] = {"-f", file, "-n", n, "-ppn", "1",
                                 "-bind-to", "none"};
    const char *const last[] = {node, "--stdio"};
    if (write_hosts(l, nodes, ":1", file, err) != 0)
        return -1;
    if (add_words(l, words, sizeof words / sizeof words[0]) == 0
        && add_split(l, job->launch_args) == 0 && add_words(l, last, 2) == 0)
        return 0;
    return ff_error_errno(err, FF_LOST, "cannot start nodes");
}

int launch_make(struct launch *launch, const struct nodes *nodes,
                const struct job *job, struct ff_error *err)
{
    char program[PATHS_MAX], node[PATHS_MAX];
    *launch = (struct launch){.hosts = -1};
    if (find_program(program, job, err) != 0)
        return -1;
    const enum launcher kind = launch_kind(program);
    if (paths_node(node, kind == LAUNCHER_HYDRA, err) != 0)
        return -1;
    int rc = add_word(launch, program, strlen(program));
    if (rc != 0)
        ff_error_errno(err, FF_LOST, "cannot start nodes");
    else if (kind == LAUNCHER_SRUN)
        rc = make_srun(launch, nodes, job, node, err);
    else if (kind == LAUNCHER_HYDRA)
        rc = make_hydra(launch, nodes, job, node, err);
    else
        rc = make_mpirun(launch, nodes, job, node, err);
    if (rc != 0)
        launch_release(launch);
    return rc;
}

void launch_environment(const struct parallel *parallel)
{
    if (parallel->starter == STARTED_PMI || parallel->size == 0
        || parallel->size != parallel->n_local)
        return;
    setenv("OMPI_MCA_pml", "ob1", 0);
    setenv("OMPI_MCA_btl", "self,tcp", 0);
}
