/* SPDX-License-Identifier: Apache-2.0 */
/* Which rank of which parallel job are we: see parallel.h. What each starter
 * sets is recorded in tests/unit/test_parallel.c. */
#include "parallel.h"
#include "number.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Steps of Slurm that are no srun of the user's: the batch script, external
 * processes, salloc's shell (slurm.h: SLURM_INTERACTIVE_STEP and its like). */
#define SLURM_FIRST_SPECIAL_STEP UINT64_C(0xfffffff0)

/* Is the variable there, and a number? */
static bool read_number(const char *name, uint32_t *out)
{
    const char *text = getenv(name);
    uint64_t n;
    if (text == NULL || number_u64(text, &n) != 0 || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

static bool is_set(const char *name)
{
    return getenv(name) != NULL;
}

/* mpirun binds by itself to a core, or for more than two ranks to a socket. It
 * says what it was asked for, in some way or other. */
static bool is_bound_by_default(void)
{
    const char *bound = getenv("OMPI_MCA_orte_bound_at_launch");
    const char *mapping = getenv("OMPI_MCA_rmaps_base_mapping_policy");
    return bound != NULL && strcmp(bound, "1") == 0
           && !is_set("OMPI_MCA_hwloc_base_binding_policy")
           && !is_set("OMPI_MCA_hwloc_base_cpu_set")
           && !is_set("OMPI_MCA_hwloc_base_cpu_list")
           && !is_set("OMPI_MCA_rmaps_base_cpus_per_rank")
           && (mapping == NULL || strcasestr(mapping, "pe=") == NULL);
}

/* ---- Slurm --------------------------------------------------------------- */

/* srun --pty bash: what is started in that shell is no rank. The variables of
 * the shell reach the steps that are started in it, too, but not its
 * terminal. */
static bool is_shell_of_srun(void)
{
    if (!is_set("SLURM_PTY_PORT"))
        return false;
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool is_step_of_slurm(void)
{
    const char *text = getenv("SLURM_STEP_ID");
    uint64_t step;
    if (text == NULL)
        text = getenv("SLURM_STEPID");
    return text != NULL && number_u64(text, &step) == 0
           && step < SLURM_FIRST_SPECIAL_STEP && is_set("SLURM_PROCID");
}

/* How many of "2(x3),1" the node has: 2, 2, 2, 1. 0: it is not there. */
static uint32_t tasks_of_node(const char *text, uint32_t node)
{
    while (text != NULL && isdigit((unsigned char)*text)) {
        char *end;
        const unsigned long tasks = strtoul(text, &end, 10);
        unsigned long nodes = 1;
        if (strncmp(end, "(x", 2) == 0)
            nodes = strtoul(end + 2, &end, 10);
        if (node < nodes)
            return tasks < UINT32_MAX ? (uint32_t)tasks : 0;
        node -= (uint32_t)nodes;
        end += *end == ')';
        text = *end == ',' ? end + 1 : NULL;
    }
    return 0;
}

/* How many there are, and how many here: PMIx and srun leave it to Slurm. */
static void read_slurm(struct parallel *p)
{
    uint32_t node;
    if (!is_step_of_slurm())
        return;
    if (p->size == 0 && !read_number("SLURM_STEP_NUM_TASKS", &p->size))
        read_number("SLURM_NTASKS", &p->size);
    if (p->n_local > 0 || !read_number("SLURM_LOCALID", &p->local)
        || !read_number("SLURM_NODEID", &node))
        return;
    p->n_local = tasks_of_node(getenv("SLURM_STEP_TASKS_PER_NODE"), node);
}

/* ---- all of them --------------------------------------------------------- */

static enum starter find_starter(uint32_t *rank)
{
    if (read_number("OMPI_COMM_WORLD_RANK", rank))
        return STARTED_OPENMPI;
    if (is_shell_of_srun())
        return STARTED_ALONE;
    if (read_number("PMIX_RANK", rank))
        return STARTED_PMIX;
    if (read_number("PMI_RANK", rank))
        return STARTED_PMI;
    if (is_step_of_slurm() && read_number("SLURM_PROCID", rank))
        return STARTED_SLURM;
    return STARTED_ALONE;
}

static void read_sizes(struct parallel *p)
{
    if (p->starter == STARTED_OPENMPI) {
        read_number("OMPI_COMM_WORLD_SIZE", &p->size);
        read_number("OMPI_COMM_WORLD_LOCAL_RANK", &p->local);
        read_number("OMPI_COMM_WORLD_LOCAL_SIZE", &p->n_local);
        p->bound_by_default = is_bound_by_default();
        return;
    }
    if (p->starter == STARTED_PMI) {
        read_number("PMI_SIZE", &p->size);
        read_number("MPI_LOCALRANKID", &p->local);
        read_number("MPI_LOCALNRANKS", &p->n_local);
    }
    read_slurm(p);
}

void parallel_read(struct parallel *p)
{
    *p = (struct parallel){.starter = STARTED_ALONE, .size = 1, .n_local = 1};
    const enum starter starter = find_starter(&p->rank);
    if (starter == STARTED_ALONE)
        return;
    p->starter = starter;
    p->size = p->n_local = 0;
    read_sizes(p);
    if (p->starter == STARTED_SLURM && p->size == 0)
        p->size = 1;
    if (p->rank >= p->size && p->size > 0)
        p->size = 0; /* nonsense: MPI will say */
}

const char *parallel_name(const struct parallel *p)
{
    static const char *const names[] = {
        [STARTED_ALONE] = "nobody", [STARTED_OPENMPI] = "mpirun (Open MPI)",
        [STARTED_PMIX] = "PMIx", [STARTED_PMI] = "mpiexec (PMI)",
        [STARTED_SLURM] = "srun"};
    const bool slurm = p->starter == STARTED_PMIX || p->starter == STARTED_PMI;
    return slurm && is_step_of_slurm() ? "srun" : names[p->starter];
}
