/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes are asked for: options, or the Slurm allocation that we are in.
 * See start.h. */
#include "start.h"

#include "number.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_set(const char *name)
{
    return getenv(name) != NULL;
}

/* Inside of an item the allocation is that of the run outside. */
static bool is_in_item(void)
{
    return is_set("FANFOLD_RUN") && is_set("FANFOLD_RANK");
}

/* More than this node, and we are on it as a script or a shell: not as what
 * srun has started, which has its tasks. */
static const char *find_allocation(const struct parallel *parallel)
{
    const char *list = getenv("SLURM_JOB_NODELIST");
    const char *number = getenv("SLURM_JOB_NUM_NODES");
    uint64_t n = 0;
    if (number == NULL)
        number = getenv("SLURM_NNODES");
    if (parallel->starter != STARTED_ALONE || list == NULL || is_in_item())
        return NULL;
    return number != NULL && number_u64(number, &n) == 0 && n > 1 ? list : NULL;
}

static int check_started(const struct job *job,
                         const struct parallel *parallel, struct ff_error *err)
{
    const char *option = job->host != NULL ? "--host"
                         : job->hostfile != NULL ? "--hostfile"
                         : job->launch != NULL ? "--launch"
                         : job->launch_args != NULL ? "--launch-args" : NULL;
    if (option == NULL || parallel_is_alone(parallel))
        return 0;
    return ff_error_set(err, FF_USAGE, "option '%s': %s has started the nodes "
                        "already", option, parallel_name(parallel));
}

/* ---- this machine -------------------------------------------------------- */

/* Only what is an address here can be bound to. Of loopback addresses mpirun
 * takes one for this machine. */
static bool is_own_address(const char *host)
{
    union {
        struct sockaddr_in in;
        struct sockaddr any;
    } to = {.in = {.sin_family = AF_INET}};
    if (inet_pton(AF_INET, host, &to.in.sin_addr) != 1
        || (strncmp(host, "127.", 4) == 0 && strcmp(host, "127.0.0.1") != 0))
        return false;
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool is = fd >= 0 && bind(fd, &to.any, sizeof to.in) == 0;
    if (fd >= 0)
        close(fd);
    return is;
}

static bool is_this_machine(const char *host)
{
    char name[256] = "";
    const char *slurm = getenv("SLURMD_NODENAME");
    return strcmp(host, "localhost") == 0
           || strcmp(host, "localhost.localdomain") == 0
           || (slurm != NULL && strcmp(host, slurm) == 0)
           || (gethostname(name, sizeof name - 1) == 0 && name[0] != '\0'
               && nodes_is_name(host, name))
           || is_own_address(host);
}

bool start_is_here(const struct nodes *nodes)
{
    return nodes->n == 1 && is_this_machine(nodes->node[0].host);
}

/* As mpirun does: this machine is the first node, and all of its names are the
 * same. */
static int put_here_first(struct nodes *nodes)
{
    size_t n_here = 0;
    for (size_t i = 0; i < nodes->n; i++) {
        struct node node = nodes->node[i];
        if (!is_this_machine(node.host))
            continue;
        if (n_here > 0) {
            char *name = strdup(nodes->node[0].host);
            if (name == NULL)
                return -1;
            free(node.host);
            node.host = name;
        }
        memmove(nodes->node + n_here + 1, nodes->node + n_here,
                (i - n_here) * sizeof node);
        nodes->node[n_here++] = node;
    }
    return 0;
}

/* ---- all of them --------------------------------------------------------- */

int start_find_nodes(struct nodes *nodes, const struct job *job,
                     const struct parallel *parallel, struct ff_error *err)
{
    const char *allocation = NULL;
    *nodes = (struct nodes){0};
    if (check_started(job, parallel, err) != 0)
        return -1;
    int rc = 0;
    if (job->hostfile != NULL)
        rc = nodes_add_file(nodes, job->hostfile, err);
    if (rc == 0 && job->host != NULL)
        rc = nodes_add_list(nodes, job->host, "option '--host'", err);
    if (rc == 0 && job->hostfile == NULL && job->host == NULL)
        allocation = find_allocation(parallel);
    if (allocation != NULL)
        rc = nodes_add_list(nodes, allocation, "SLURM_JOB_NODELIST", err);
    if (rc == 0 && (put_here_first(nodes) != 0 || nodes_merge(nodes) != 0))
        rc = ff_error_errno(err, FF_LOST, "cannot list the nodes");
    if (rc != 0)
        nodes_release(nodes);
    return rc;
}
