/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node is told before the run: the job in words, the files that it
 * needs, and how many workers are its own. Then it plans for its machine and
 * makes the memory of its crew, as cmd_run.c does on one machine.
 */
#include "job_words.h"
#include "member.h"
#include "prepare.h"

#include <stdlib.h>
#include <string.h>

static int not_now(const char *what, struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "%s came that makes no sense: are the "
                        "nodes of one version of fanfold?", what);
}

static int take_words(struct member *m, const struct wire_message *message,
                      struct ff_error *err)
{
    uint32_t n;
    if (m->has_job || message->head.bytes < sizeof n)
        return not_now("a job", err);
    memcpy(&n, message->body, sizeof n);
    if (job_from_words(&m->job, (const char *)message->body + sizeof n,
                       message->head.bytes - sizeof n, n, err) != 0)
        return -1;
    m->has_job = true;
    m->timeout_ns = m->job.node_timeout_ns;
    m->crew->tag_output = m->job.tag_output;
    m->crew->timestamp_output = m->job.timestamp_output;
    return 0;
}

static int take_place(struct member *m, const struct wire_message *message,
                      struct ff_error *err)
{
    struct wire_place *p = &m->place;
    if (!m->has_job || m->has_place || message->head.bytes < sizeof *p)
        return not_now("a place", err);
    memcpy(p, message->body, sizeof *p);
    const size_t left = message->head.bytes - sizeof *p;
    if (p->n_workers != left / sizeof *m->rank || p->threads == 0
        || (uint64_t)p->n_workers * p->threads > LEDGER_MAX_EXECUTORS)
        return not_now("a place", err);
    m->rank = malloc(left + 1);
    if (m->rank == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for a node");
    memcpy(m->rank, message->body + sizeof *p, left);
    m->has_place = true;
    return 0;
}

/* ---- the plan ------------------------------------------------------------ */

/* The job may count cores in another way than we did. */
static int read_machine(struct member *m, struct ff_error *err)
{
    if (m->job.hwthreads == m->machine.hwthreads)
        return 0;
    machine_release(&m->machine);
    if (plan_read_machine(&m->machine, &m->job, err) != 0)
        return -1;
    share_limit(&m->share, &m->machine);
    return 0;
}

/* On cores that are ours until the run ends. */
static int plan_on_leased(struct member *m, struct ff_error *err)
{
    const struct node_share share = {
        .node = carrier_node(m->carrier), .size = m->place.size,
        .n_workers = m->place.n_workers, .threads = m->place.threads,
        .rank = m->rank};
    const bool due = lease_is_due() && share.n_workers > 0;
    if (due)
        lease_begin(&m->lease, &m->machine, &m->job, share.n_workers,
                    share.threads, m->place.run);
    if (plan_make_node(&m->plan, &m->job, &m->machine, &share, err) != 0)
        return -1;
    if (due)
        lease_take(&m->lease, &m->machine, &m->plan);
    lease_tell(&m->lease, &m->plan);
    return 0;
}

/* What a function gives may depend on it. */
static int compare_python(const struct member *m, struct ff_error *err)
{
    const char *roots = m->job.python_version;
    char ours[16], theirs[16];
    interpreter_minor(ours, m->python.version);
    interpreter_minor(theirs, roots != NULL ? roots : "");
    if (strcmp(ours, theirs) == 0)
        return 0;
    return ff_error_set(err, FF_LOST, "'%s' is Python %s here, and %s where "
                        "the run was begun: name one that is the same "
                        "everywhere with --python", m->python.program,
                        m->python.version, roots != NULL ? roots : "another");
}

/* That it is not here is no fault of the job: the error names the node. */
static int find_python(struct member *m, struct ff_error *err)
{
    if (m->job.python_file == NULL || m->place.n_workers == 0)
        return 0;
    if (interpreter_find(&m->python, &m->job, crew_command, m->crew, err) == 0)
        return compare_python(m, err);
    err->status = FF_LOST;
    return -1;
}

static int make_plan(struct member *m, struct ff_error *err)
{
    if (find_python(m, err) != 0 || read_machine(m, err) != 0
        || plan_on_leased(m, err) != 0
        || crew_prepare(m->crew, &m->plan, err) != 0
        || prepare_text(crew_job(m->crew), &m->job, m->object, &m->python,
                        err) != 0)
        return -1;
    if (m->input.fd >= 0 && input_made(&m->input, err) != 0)
        return -1;
    if (m->job.task.comes) {
        prepare_work(crew_job(m->crew), &m->job, &m->work, &m->input);
        return 0;
    }
    return m->job.arg_file != NULL
                   && prepare_input(crew_job(m->crew), &m->job, &m->input,
                                    err) != 0 ? -1 : 0;
}

static int tell_plan(struct member *m, struct ff_error *err)
{
    const struct plan *p = &m->plan;
    struct wire_planned planned = {
        .n_workers = p->n_workers, .threads = p->threads, .n_cpus = p->n_cpus,
        .bind_to = p->bind_to, .bound = p->bound};
    const size_t places = p->n_workers * p->threads * sizeof p->place[0];
    const size_t cpus = p->n_cpus * sizeof p->cpu[0];
    unsigned char *body = malloc(places + cpus + 1);
    memcpy(planned.why, p->why, sizeof planned.why);
    memcpy(planned.how, p->how, sizeof planned.how);
    memcpy(planned.warning, p->warning, sizeof planned.warning);
    if (body == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for a node");
    memcpy(body, p->place, places);
    memcpy(body + places, p->cpu, cpus);
    carrier_send2(m->carrier, WIRE_PLANNED, &planned, sizeof planned, body,
                  places + cpus);
    free(body);
    return 0;
}

int member_take_job(struct member *m, const struct wire_message *message,
                    bool *ready, struct ff_error *err)
{
    int rc = 0;
    if (message->head.kind == WIRE_JOB)
        rc = take_words(m, message, err);
    else if (message->head.kind == WIRE_FILE)
        rc = member_take_file(m, message, err);
    else if (message->head.kind == WIRE_PLACE)
        rc = take_place(m, message, err);
    *ready = rc == 0 && m->has_place && member_has_files(m);
    if (!*ready)
        return rc;
    return make_plan(m, err) != 0 ? -1 : tell_plan(m, err);
}

void member_job_release(struct member *m)
{
    plan_release(&m->plan);
    machine_release(&m->machine);
    input_release(&m->input);
    work_file_release(&m->work);
    shm_release(&m->work_shm);
    free(m->rank);
    free(m->bytes);
    if (m->has_job)
        job_release(&m->job);
}
