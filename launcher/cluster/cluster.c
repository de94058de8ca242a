/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run on several nodes, from the start of the nodes to the report: see
 * cluster.h. Nodes take their time to start, so that comes first; the input is
 * read and the kernel compiled meanwhile.
 */
#include "cluster.h"
#include "before.h"
#include "complain.h"
#include "job_parse.h"
#include "keeper.h"
#include "report.h"
#include "root.h"
#include "signals.h"
#include "subject.h"
#include "wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All that a run on several nodes has. */
struct cluster {
    const struct job *job;
    struct root root;
    struct crew crew;        /* compiles; combines in the end */
    struct subject subject;
    struct machine machine;  /* this one, which need not be a node */
    struct plan plan;        /* of all nodes */
    struct outcome outcome;
};

/* For the crew here: one worker, bound to nothing. */
static int prepare_crew(struct crew *crew, struct ff_error *err)
{
    struct place place = {.share = 1};
    uint32_t none = 0;
    const struct plan plan = {.n_workers = 1, .threads = 1, .size = 1,
                              .place = &place, .cpu = &none,
                              .bind_to = BIND_NONE};
    return crew_prepare(crew, &plan, err);
}

static int begin(struct cluster *c, struct ff_error *err)
{
    struct root *root = &c->root;
    return root->hosts.n > 0
           ? start_nodes(&root->start, &root->hosts, c->job, err)
           : start_own_node(&root->start, c->job, &root->parallel, err);
}

static int prepare(struct cluster *c, struct ff_error *err)
{
    const struct job *job = c->job;
    if (before_check_paths(job, err) != 0
        || before_check_keep_order(job, job->threads, err) != 0
        || begin(c, err) != 0
        || crew_start_server(&c->crew, err) != 0
        || subject_open(&c->subject, job, false, err) != 0
        || machine_init(&c->machine, err) != 0
        || subject_compile(&c->subject, job, &c->crew, err) != 0
        || prepare_crew(&c->crew, err) != 0
        || subject_prepare(&c->subject, job, crew_job(&c->crew), err) != 0)
        return -1;
    if (!job->quiet && job->warning[0] != '\0')
        wrap_print(stderr, "fanfold: %s\n", job->warning);
    if (job->verbose && !task_is_command(&job->task))
        before_tell_object(&c->subject.compiled);
    return 0;
}

static void release(struct cluster *c)
{
    crew_end(&c->crew);
    crew_release(&c->crew);
    outcome_release(&c->outcome);
    subject_release(&c->subject);
    plan_release(&c->plan);
    machine_release(&c->machine);
}

int cluster_run(const struct job *job, struct nodes *nodes,
                const struct parallel *parallel, uint64_t started_ns)
{
    static struct cluster c; /* most of it is never touched */
    struct ff_error err = {0};
    char id[32];
    int status;
    c.job = job;
    c.root = (struct root){.hosts = *nodes, .parallel = *parallel,
                           .start = START_NONE};
    *nodes = (struct nodes){0};
    c.crew = (struct crew){
        .socket = -1, .job.fd = -1, .node.fd = -1,
        .kernel_stdout = job_owns_stdout(job) ? stderr : stdout};
    c.subject = SUBJECT_NONE;
    before_make_id(id);
    struct keeper *keeper = keeper_open(job, id, &err);
    keeper_about(keeper, &c.subject, &c.machine, &c.plan);
    int rc = err.status != 0 ? -1 : prepare(&c, &err);
    if (rc == 0)
        rc = root_run(job, &c.plan, &c.subject.input, &c.subject.work, &c.crew,
                      &c.subject.compiled, &c.root, keeper, started_ns,
                      &c.outcome, &err);
    c.outcome.compile_ns = c.subject.compiled.took_ns;
    c.outcome.items = subject_items(&c.subject);
    c.outcome.python = subject_python(&c.subject);
    memcpy(c.outcome.run_id, id, sizeof id);
    keeper_end(keeper, &c.outcome, rc != 0 ? &err : NULL);
    if (rc != 0)
        job_place(job, &err);
    status = rc != 0 ? complain(&err)
                     : report_all(job, &c.machine, &c.plan, &c.outcome);
    keeper_tell(keeper, &c.outcome, status);
    keeper_free(keeper);
    fflush(NULL);
    /* One more Ctrl-C while the nodes leave must not take the exit status. */
    signals_watch(-1);
    root_end(&c.root);
    signals_unwatch();
    release(&c);
    return status;
}
