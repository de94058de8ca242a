/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of a rank: see rank_env.h. */
#include "rank_env.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_NAME 256

/* Those that begin so. */
static const char *const prefixes[] = {
    "OMPI_COMM_WORLD_", "PMIX_", "PMI_", "PMI2_", "HYDI_", "HYDRA_",
    "MPI_LOCAL", "SLURM_STEP", "SLURM_PMI", "SLURM_CPU_BIND",
    "SLURM_SRUN_COMM_"};

static const char *const names[] = {
    "OMPI_APP_CTX_NUM_PROCS", "OMPI_ARGV", "OMPI_COMMAND",
    "OMPI_FILE_LOCATION", "OMPI_FIRST_RANKS", "OMPI_NUM_APP_CTX",
    "OMPI_UNIVERSE_SIZE", "MPIR_CVAR_CH3_INTERFACE_HOSTNAME", "SLURM_PROCID",
    "SLURM_LOCALID", "SLURM_NODEID", "SLURM_TASK_PID", "SLURM_GTIDS",
    "SLURM_LAUNCH_NODE_IPADDR", "SLURM_PTY_PORT", RANK_ENV_MARK};

/* Open MPI's parameters are most often the user's. Below its mpirun these are
 * not: they describe this one start. */
static const char *const parameters[] = {
    "OMPI_MCA_ess", "OMPI_MCA_orte_", "OMPI_MCA_rmaps_base_", "OMPI_MCA_pmix",
    "OMPI_MCA_initial_wdir", "OMPI_MCA_mpi_oversubscribe",
    "OMPI_MCA_shmem_RUNTIME_QUERY_hint", "OMPI_MCA_hwloc_base_"};

static bool begins_with_one(const char *name, const char *const *words,
                            size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(name, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

static bool is_of_rank(const char *name, bool below_mpirun)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return begins_with_one(name, prefixes,
                           sizeof prefixes / sizeof prefixes[0])
           || (below_mpirun
               && begins_with_one(name, parameters, sizeof parameters
                                                    / sizeof parameters[0]));
}

void rank_env_forget(void)
{
    const bool below_mpirun = getenv("OMPI_COMM_WORLD_RANK") != NULL;
    for (size_t i = 0; environ != NULL && environ[i] != NULL;) {
        char name[MAX_NAME];
        const size_t n = strcspn(environ[i], "=");
        if (n < sizeof name) {
            memcpy(name, environ[i], n);
            name[n] = '\0';
        }
        /* The rest moves down to this place. */
        if (n >= sizeof name || !is_of_rank(name, below_mpirun)
            || unsetenv(name) != 0)
            i++;
    }
}
