/* SPDX-License-Identifier: Apache-2.0 */
/* Which rank are we? Environments as Open MPI 4.1.4, MPICH 4.0.2 (Hydra) and
 * Slurm 22.05 gave them to `env`, without what says nothing about it. */
#include "parallel.h"
#include "rank_env.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct record {
    const char *env[40];
    struct parallel is;
};

#define OPENMPI(rank)                                                          \
    "OMPI_APP_CTX_NUM_PROCS=4", "OMPI_COMMAND=env",                            \
    "OMPI_COMM_WORLD_LOCAL_RANK=1", "OMPI_COMM_WORLD_LOCAL_SIZE=2",            \
    "OMPI_COMM_WORLD_NODE_RANK=1", "OMPI_COMM_WORLD_RANK=" rank,               \
    "OMPI_COMM_WORLD_SIZE=4", "OMPI_FIRST_RANKS=0",                            \
    "OMPI_MCA_ess=^singleton", "OMPI_MCA_ess_base_vpid=" rank,                 \
    "OMPI_MCA_orte_ess_num_procs=4", "OMPI_MCA_pmix=^s1,s2,cray,isolated",     \
    "OMPI_UNIVERSE_SIZE=4", "PMIX_NAMESPACE=29949953", "PMIX_RANK=" rank

#define STEP(step, tasks, rank, local, node, per_node)                         \
    "SLURM_JOB_ID=1", "SLURM_JOB_NODELIST=n[1-2]", "SLURM_JOB_NUM_NODES=2",    \
    "SLURM_STEPID=" step, "SLURM_STEP_ID=" step,                               \
    "SLURM_STEP_NUM_TASKS=" tasks, "SLURM_NTASKS=" tasks,                      \
    "SLURM_STEP_TASKS_PER_NODE=" per_node, "SLURM_PROCID=" rank,               \
    "SLURM_LOCALID=" local, "SLURM_NODEID=" node

static const struct record openmpi_default = {
    {OPENMPI("3"), "OMPI_MCA_orte_bound_at_launch=1"},
    {STARTED_OPENMPI, 3, 4, 1, 2, true}};

/* mpirun --bind-to core, --bind-to none, --cpu-set 0, --map-by
 * ppr:1:node:pe=2: somebody has asked. */
static const struct record openmpi_asked[] = {
    {{OPENMPI("1"), "OMPI_MCA_hwloc_base_binding_policy=core",
      "OMPI_MCA_orte_bound_at_launch=1"}, {STARTED_OPENMPI, 1, 4, 1, 2, false}},
    {{OPENMPI("1"), "OMPI_MCA_hwloc_base_binding_policy=none"},
     {STARTED_OPENMPI, 1, 4, 1, 2, false}},
    {{OPENMPI("1"), "OMPI_MCA_hwloc_base_cpu_set=0",
      "OMPI_MCA_orte_bound_at_launch=1"}, {STARTED_OPENMPI, 1, 4, 1, 2, false}},
    {{OPENMPI("1"), "OMPI_MCA_rmaps_base_mapping_policy=ppr:1:node:pe=2",
      "OMPI_MCA_orte_bound_at_launch=1"}, {STARTED_OPENMPI, 1, 4, 1, 2, false}},
};

/* mpirun --map-by core says nothing about binding. */
static const struct record openmpi_mapped = {
    {OPENMPI("0"), "OMPI_MCA_rmaps_base_mapping_policy=core",
     "OMPI_MCA_orte_bound_at_launch=1"}, {STARTED_OPENMPI, 0, 4, 1, 2, true}};

static const struct record hydra = {
    {"GFORTRAN_UNBUFFERED_PRECONNECTED=y", "HYDI_CONTROL_FD=7",
     "MPIR_CVAR_CH3_INTERFACE_HOSTNAME=vm", "MPI_LOCALNRANKS=2",
     "MPI_LOCALRANKID=1", "PMI_FD=8", "PMI_RANK=1", "PMI_SIZE=2"},
    {STARTED_PMI, 1, 2, 1, 2, false}};

/* srun -N2 -n3 with --mpi=pmix, --mpi=pmi2, and without. */
static const struct record srun_pmix[] = {
    {{STEP("0", "3", "1", "1", "0", "2,1"), "PMIX_NAMESPACE=slurm.pmix.1.0",
      "PMIX_RANK=1"}, {STARTED_PMIX, 1, 3, 1, 2, false}},
    {{STEP("0", "3", "2", "0", "1", "2,1"), "PMIX_NAMESPACE=slurm.pmix.1.0",
      "PMIX_RANK=2"}, {STARTED_PMIX, 2, 3, 0, 1, false}},
    {{STEP("7", "8", "5", "1", "2", "2(x3),1(x2)"), "PMIX_RANK=5"},
     {STARTED_PMIX, 5, 8, 1, 2, false}},
    {{STEP("7", "8", "7", "0", "4", "2(x3),1(x2)"), "PMIX_RANK=7"},
     {STARTED_PMIX, 7, 8, 0, 1, false}},
};
static const struct record srun_pmi2 = {
    {STEP("3", "2", "1", "0", "1", "1(x2)"), "PMI_FD=11", "PMI_JOBID=3.0",
     "PMI_RANK=1", "PMI_SIZE=2"}, {STARTED_PMI, 1, 2, 0, 1, false}};
static const struct record srun_plain = {
    {STEP("0", "2", "1", "0", "1", "1(x2)")},
    {STARTED_SLURM, 1, 2, 0, 1, false}};
static const struct record srun_one = {
    {STEP("0", "1", "0", "0", "0", "1")}, {STARTED_SLURM, 0, 1, 0, 1, false}};

/* sbatch -N2 -n4: a rank of nothing, since there is no step. */
static const struct record batch = {
    {"SLURM_GTIDS=0", "SLURM_JOB_ID=6", "SLURM_JOB_NODELIST=n[1-2]",
     "SLURM_JOB_NUM_NODES=2", "SLURM_LOCALID=0", "SLURM_NODEID=0",
     "SLURM_NTASKS=4", "SLURM_PROCID=0", "SLURM_TASKS_PER_NODE=2(x2)",
     "SLURM_TASK_PID=28054"}, {STARTED_ALONE, 0, 1, 0, 1, false}};

/* salloc -N2 -n2 with use_interactive_step. */
static const struct record interactive = {
    {STEP("4294967290", "1", "0", "0", "0", "1"), "SLURM_PTY_PORT=40323"},
    {STARTED_ALONE, 0, 1, 0, 1, false}};

/* srun -N2 -n2 --pty sh; and --mpi=pmix --pty: alone on its terminal. */
static const struct record pty[] = {
    {{STEP("0", "2", "0", "0", "0", "1(x2)"), "SLURM_PTY_PORT=35649"},
     {STARTED_ALONE, 0, 1, 0, 1, false}},
    {{STEP("0", "2", "0", "0", "0", "1(x2)"), "SLURM_PTY_PORT=35649",
      "PMIX_RANK=0"}, {STARTED_ALONE, 0, 1, 0, 1, false}},
};

/* srun in such a shell: its tasks have no terminal. */
static const struct record below_pty = {
    {STEP("1", "2", "1", "0", "1", "1(x2)"), "SLURM_PTY_PORT=35649",
     "PMIX_RANK=1"}, {STARTED_PMIX, 1, 2, 0, 1, false}};

static const struct record below_shell = {
    {STEP("4294967290", "1", "0", "0", "0", "1"), "SLURM_PTY_PORT=40323",
     OPENMPI("2"), "OMPI_MCA_orte_bound_at_launch=1"},
    {STARTED_OPENMPI, 2, 4, 1, 2, true}};

/* ---- how they are tried -------------------------------------------------- */

static void set_environment(const struct record *r)
{
    clearenv();
    for (size_t i = 0; i < 40 && r->env[i] != NULL; i++)
        putenv((char *)(uintptr_t)r->env[i]);
}

static bool is_as_recorded(const struct record *r)
{
    struct parallel p;
    set_environment(r);
    parallel_read(&p);
    const bool same = p.starter == r->is.starter && p.rank == r->is.rank
                      && p.size == r->is.size && p.local == r->is.local
                      && p.n_local == r->is.n_local
                      && p.bound_by_default == r->is.bound_by_default;
    if (!same)
        fprintf(stderr, "# starter %d, rank %u of %u, local %u of %u, %d\n",
                p.starter, p.rank, p.size, p.local, p.n_local,
                p.bound_by_default);
    return same;
}

/* In a session of its own, with a terminal or none. */
static bool is_as_recorded_in_session(const struct record *r, bool terminal)
{
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        setsid();
        const int fd = terminal ? posix_openpt(O_RDWR | O_NOCTTY) : -1;
        if (terminal && (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0))
            _exit(2);
        const int slave = terminal ? open(ptsname(fd), O_RDWR) : -1;
        if (terminal && ioctl(slave, TIOCSCTTY, 0) != 0)
            _exit(3);
        _exit(!is_as_recorded(r));
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void reads_open_mpi(void)
{
    CU_ASSERT_TRUE(is_as_recorded(&openmpi_default));
    CU_ASSERT_TRUE(is_as_recorded(&openmpi_mapped));
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_TRUE(is_as_recorded(&openmpi_asked[i]));
}

static void reads_hydra(void)
{
    CU_ASSERT_TRUE(is_as_recorded(&hydra));
}

static void reads_srun(void)
{
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_TRUE(is_as_recorded(&srun_pmix[i]));
    CU_ASSERT_TRUE(is_as_recorded(&srun_pmi2));
    CU_ASSERT_TRUE(is_as_recorded(&srun_plain));
    CU_ASSERT_TRUE(is_as_recorded(&srun_one));
}

static void batch_script_is_no_rank(void)
{
    CU_ASSERT_TRUE(is_as_recorded(&batch));
}

static void shell_is_no_rank(void)
{
    CU_ASSERT_TRUE(is_as_recorded_in_session(&interactive, true));
    CU_ASSERT_TRUE(is_as_recorded_in_session(&interactive, false));
    CU_ASSERT_TRUE(is_as_recorded_in_session(&pty[0], true));
    CU_ASSERT_TRUE(is_as_recorded_in_session(&pty[1], true));
}

static void ranks_below_a_shell_are_ranks(void)
{
    CU_ASSERT_TRUE(is_as_recorded_in_session(&below_pty, false));
    CU_ASSERT_TRUE(is_as_recorded_in_session(&below_shell, true));
}

static void nothing_is_alone(void)
{
    const struct record none = {{"PATH=/bin", "OMPI_MCA_btl=self"},
                                {STARTED_ALONE, 0, 1, 0, 1, false}};
    const struct record words = {{"OMPI_COMM_WORLD_RANK=x", "PMI_RANK="},
                                 {STARTED_ALONE, 0, 1, 0, 1, false}};
    CU_ASSERT_TRUE(is_as_recorded(&none));
    CU_ASSERT_TRUE(is_as_recorded(&words));
}

static size_t count_environment(void)
{
    size_t n = 0;
    while (environ[n] != NULL)
        n++;
    return n;
}

/* What is forgotten does not come back; what is the user's or the job's stays.
 */
static void forgets_the_rank(void)
{
    struct parallel p;
    set_environment(&openmpi_default);
    setenv("OMPI_MCA_btl", "self,tcp", 1);
    setenv("HOME", "/root", 1);
    rank_env_forget();
    CU_ASSERT_EQUAL(count_environment(), 2);
    CU_ASSERT_PTR_NOT_NULL(getenv("OMPI_MCA_btl"));

    set_environment(&srun_pmi2);
    rank_env_forget();
    parallel_read(&p);
    CU_ASSERT_EQUAL(p.starter, STARTED_ALONE);
    CU_ASSERT_PTR_NOT_NULL(getenv("SLURM_JOB_ID"));
    CU_ASSERT_PTR_NOT_NULL(getenv("SLURM_JOB_NODELIST"));
    CU_ASSERT_PTR_NULL(getenv("PMI_FD"));
    CU_ASSERT_PTR_NULL(getenv("SLURM_STEP_ID"));

    set_environment(&hydra);
    rank_env_forget();
    parallel_read(&p);
    CU_ASSERT_EQUAL(p.starter, STARTED_ALONE);
    CU_ASSERT_EQUAL(count_environment(), 1);

    /* Without a rank, what is said to Open MPI is the user's. */
    clearenv();
    setenv("OMPI_MCA_orte_tmpdir_base", "/scratch", 1);
    setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 1);
    rank_env_forget();
    CU_ASSERT_EQUAL(count_environment(), 2);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"reads mpirun's (Open MPI)", reads_open_mpi},
        {"reads mpiexec's (Hydra)", reads_hydra},
        {"reads srun's", reads_srun},
        {"a batch script of Slurm is no rank", batch_script_is_no_rank},
        {"a shell of Slurm is no rank", shell_is_no_rank},
        {"what is started in a shell may be one",
         ranks_below_a_shell_are_ranks},
        {"nothing, or no numbers: alone", nothing_is_alone},
        {"forgets the rank, and nothing else", forgets_the_rank},
    };
    return TAP_RUN(tests);
}
