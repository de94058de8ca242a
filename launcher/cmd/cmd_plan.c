/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold plan: who would run where, here or on other machines. Runs nothing,
 * and opens no kernel. */
#include "cmd_plan.h"
#include "complain.h"
#include "job_options.h"
#include "job_parse.h"
#include "plan_report.h"
#include "start.h"
#include "wrap.h"

#include <stdio.h>
#include <stdlib.h>

/* Those that a run would be on; else there is one: the machine. */
static int list_nodes(struct nodes *nodes, const struct job *job,
                      const struct machine *machine, struct ff_error *err)
{
    struct parallel parallel;
    parallel_read(&parallel);
    if (start_find_nodes(nodes, job, &parallel, err) != 0)
        return -1;
    return nodes->n > 0 ? 0 : nodes_add(nodes, machine->host, 0, err);
}

static int report(const struct job *job, const struct cluster_plan *cluster,
                  struct ff_error *err)
{
    char *text = NULL;
    size_t n;
    if (job->json != NULL)
        return cluster_plan_json(job->json, cluster, err);
    if (cluster->n_nodes > 1 && job->topology == NULL && !job->quiet)
        wrap_print(stderr, "fanfold: each node is taken to be like this machine; "
                "--topology tells otherwise\n");
    FILE *lines = open_memstream(&text, &n);
    if (lines == NULL)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write the plan");
    cluster_plan_text(lines, cluster);
    const bool good = fclose(lines) == 0 && text != NULL;
    if (good)
        wrap_write(stdout, text);
    free(text);
    return good && fflush(stdout) == 0 && !ferror(stdout)
           ? 0 : ff_error_errno(err, FF_UNWRITTEN, "cannot write the plan");
}

static int plan_job(const struct job *job)
{
    struct machine machine = {0};
    struct nodes nodes = {0};
    struct cluster_plan cluster = {0};
    struct node_has *has = NULL;
    struct ff_error err = {0};
    if (job->warning[0] != '\0' && !job->quiet)
        wrap_print(stderr, "fanfold: %s\n", job->warning);
    if (job->serial) {
        puts("1 worker: --serial\nit is the process that you start, and is not "
             "bound");
        return fflush(stdout) == 0 ? FF_DONE : FF_UNWRITTEN;
    }
    if (plan_read_machine(&machine, job, &err) == 0
        && list_nodes(&nodes, job, &machine, &err) == 0
        && (has = nodes_alike(&nodes, &machine, &err)) != NULL
        && cluster_plan_make(&cluster, job, has, nodes.n, false, &err) == 0)
        report(job, &cluster, &err);
    free(has);
    cluster_plan_release(&cluster);
    nodes_release(&nodes);
    machine_release(&machine);
    return err.status == 0 ? FF_DONE : complain(&err);
}

int cmd_plan(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct job job;
    struct ff_error err = {0};
    int status = FF_DONE;
    (void)all_argv;
    (void)started_ns;
    if (job_parse_plan(&job, argc, argv, &err) != 0)
        return complain(&err);
    if (!job.help)
        status = plan_job(&job);
    else {
        options_help(&plan_options, stdout);
        status = fflush(stdout) == 0 ? FF_DONE : FF_UNWRITTEN;
    }
    job_release(&job);
    return status;
}
