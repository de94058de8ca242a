/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of a run from their first word until they can be given chunks: who
 * they are, how many workers each gets, the job and its files, what they have
 * planned, what the kernel declares. See root.h.
 */
#include "root.h"
#include "clock.h"
#include "cluster_plan.h"
#include "job_words.h"
#include "lease.h"
#include "object.h"
#include "plan_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNSENT_BYTES (4u << 20) /* more waits until the stream takes it */

/* ---- the generation ------------------------------------------------------ */

void root_forget_nodes(struct root *root)
{
    for (uint32_t k = 0; root->node != NULL && k < root->n_nodes; k++) {
        free(root->node[k].place);
        free(root->node[k].cpu);
        free(root->node[k].rank);
    }
    free(root->node);
    root->node = NULL;
    root->n_nodes = 0;
}

static void name_nodes(struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes && k < root->hosts.n; k++)
        snprintf(root->node[k].host, WIRE_HOST, "%s",
                 root->hosts.node[k].host);
}

/* The input is not ours. */
void root_forget_files(struct root *root)
{
    for (uint32_t i = root->file_now; i < root->n_files; i++)
        if (root->file[i].which == WIRE_OBJECT)
            close(root->file[i].fd);
    root->n_files = root->file_now = 0;
}

static int make_nodes(struct root *root, uint32_t n, struct ff_error *err)
{
    const uint64_t now_ns = clock_ns();
    root->node = calloc(n, sizeof root->node[0]);
    if (root->node == NULL)
        return ff_error_errno(err, FF_LOST, "cannot run on %u nodes", n);
    root->n_nodes = n;
    root->n_began = root->n_began > 0 ? root->n_began : n;
    for (uint32_t k = 0; k < n; k++)
        root->node[k].heard_ns = now_ns;
    name_nodes(root);
    return 0;
}

int root_begin(struct root *root, struct ff_error *err)
{
    root_forget_nodes(root);
    root_forget_files(root);
    root->begun_ns = clock_ns();
    root->placed = root->open = root->quit = false;
    root->folding = root->has_lanes = root->link_ended = root->ended = false;
    root->ending_ns = root->ended_ns = root->kill_told_ns = 0;
    return root->hosts.n > 0 ? make_nodes(root, (uint32_t)root->hosts.n, err)
                             : 0;
}

const char *root_node_name(const struct root *root, uint32_t k,
                           char out[WIRE_HOST + 32])
{
    const struct root_node *node = &root->node[k];
    if (node->host[0] == '\0')
        snprintf(out, WIRE_HOST + 32, "node %u", k);
    else if (node->hello.n_local > 1)
        snprintf(out, WIRE_HOST + 32, "node %u (on '%.200s')", k, node->host);
    else
        snprintf(out, WIRE_HOST + 32, "node '%s'", node->host);
    return out;
}

int root_damaged(const struct root *root, uint32_t k, const char *what,
                 struct ff_error *err)
{
    char name[WIRE_HOST + 32];
    return ff_error_set(err, FF_LOST, "%s sent %s that cannot be",
                        root_node_name(root, k, name), what);
}

/* ---- who they are -------------------------------------------------------- */

static int check_build(const struct root *root, uint32_t k,
                       struct ff_error *err)
{
    const struct wire_hello *hello = &root->node[k].hello;
    char name[WIRE_HOST + 32];
    if (strcmp(hello->version, PACKAGE_VERSION) != 0)
        return ff_error_set(err, FF_LOST, "%s has fanfold %s, but this is %s: "
                            "install the same everywhere",
                            root_node_name(root, k, name), hello->version,
                            PACKAGE_VERSION);
    if (hello->layout == wire_layout())
        return 0;
    return ff_error_set(err, FF_LOST, "%s has another build of fanfold %s: "
                        "install the same everywhere",
                        root_node_name(root, k, name), hello->version);
}

/* More than a ledger holds is no budget. */
static uint32_t bound_budget(uint32_t n)
{
    return n == 0 ? 1 : n < LEDGER_MAX_EXECUTORS ? n : LEDGER_MAX_EXECUTORS;
}

static void bound_hello(struct wire_hello *h)
{
    h->version[sizeof h->version - 1] = h->why[sizeof h->why - 1] = '\0';
    h->unit[sizeof h->unit - 1] = h->host[sizeof h->host - 1] = '\0';
    h->budget = bound_budget(h->budget);
    h->hwthreads = bound_budget(h->hwthreads);
}

/* What nodes say of themselves, to who gets how many workers. */
static struct node_has what_it_has(const struct root *root, uint32_t k)
{
    const struct root_node *node = &root->node[k];
    return (struct node_has){
        .host = node->host,
        .slots = k < root->hosts.n ? root->hosts.node[k].slots : 0,
        .budget = root->run->job->hwthreads ? node->hello.hwthreads
                                            : node->hello.budget,
        .n_cores = node->hello.n_cores,
        .why = node->hello.why};
}

static int take_places(struct root *root, const struct cluster_plan *cluster,
                       struct ff_error *err)
{
    root->size = cluster->n_workers;
    root->n_executors = cluster->n_executors;
    root->threads = 1;
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        const struct node_plan *plan = &cluster->node[k];
        struct root_node *node = &root->node[k];
        const size_t bytes = plan->n_workers * sizeof node->rank[0];
        node->n_workers = plan->n_workers;
        node->threads = plan->threads;
        node->rank = malloc(bytes + 1);
        if (node->rank == NULL)
            return ff_error_errno(err, FF_LOST, "cannot place workers");
        if (bytes > 0)
            memcpy(node->rank, plan->rank, bytes);
        if (plan->n_workers > 0 && plan->threads > root->threads)
            root->threads = plan->threads;
    }
    return 0;
}

/* Of what was asked for, as much as the nodes that are left can have. */
static struct job job_now(const struct root *root)
{
    struct job job = *root->run->job;
    const uint64_t most = (uint64_t)job.ppn * root->n_nodes;
    if (root->n_gone > 0 && job.ppn > 0 && job.workers > most)
        job.workers = (uint32_t)most;
    return job;
}

static int place(struct root *root, struct ff_error *err)
{
    const struct job now = job_now(root), *job = &now;
    const bool team = job->threads_by_kind
                      && object_is_team(root->kernel->object);
    struct cluster_plan cluster = {0};
    struct node_has *has = calloc(root->n_nodes, sizeof *has);
    int rc = -1;
    if (has == NULL)
        return ff_error_errno(err, FF_LOST, "cannot place workers");
    for (uint32_t k = 0; k < root->n_nodes; k++)
        has[k] = what_it_has(root, k);
    if (cluster_plan_make(&cluster, job, has, root->n_nodes, team, err) == 0)
        rc = take_places(root, &cluster, err);
    if (rc == 0)
        snprintf(root->warning, sizeof root->warning, "%s", cluster.warning);
    cluster_plan_release(&cluster);
    free(has);
    return rc;
}

/* ---- the job and its files ----------------------------------------------- */

static int add_file(struct root *root, uint32_t which, const char *path,
                    int fd, uint64_t bytes, struct ff_error *err)
{
    struct stat st;
    struct root_file *file = &root->file[root->n_files];
    *file = (struct root_file){.which = which, .fd = fd, .bytes = bytes};
    if (path != NULL) {
        file->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (file->fd < 0 || fstat(file->fd, &st) != 0) {
            ff_error_errno(err, FF_USAGE, "cannot read '%s'", path);
            if (file->fd >= 0)
                close(file->fd);
            return -1;
        }
        file->bytes = (uint64_t)st.st_size;
    }
    root->n_files++;
    return 0;
}

static int send_job(struct root *root, struct ff_error *err)
{
    char *words;
    size_t n_bytes;
    uint32_t n_words;
    if (job_words(root->run->job, &root->kernel->python, &words, &n_bytes,
                  &n_words, err) != 0)
        return -1;
    if (!root->link_ended)
        link_send2(root->start.link, WIRE_JOB, WIRE_ALL, &n_words,
                   sizeof n_words, words, n_bytes);
    free(words);
    return 0;
}

static int begin_files(struct root *root, struct ff_error *err)
{
    const struct input *input = root->run->input;
    const struct node_file *work = &crew_job(root->run->crew)->work;
    if (*root->kernel->object != '\0'
        && add_file(root, WIRE_OBJECT, root->kernel->object, -1, 0, err) != 0)
        return -1;
    if (work->fd >= 0
        && add_file(root, WIRE_WORK, NULL, work->fd, work->bytes, err) != 0)
        return -1;
    if (input->fd < 0)
        return 0;
    return add_file(root, WIRE_INPUT, NULL, input->fd, input->bytes, err) != 0
                   || add_file(root, WIRE_INPUT_INDEX, NULL, input->index.fd,
                               input->index.bytes, err) != 0 ? -1 : 0;
}

static void send_places(struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        const struct root_node *node = &root->node[k];
        const struct wire_place place = {
            .n_workers = node->n_workers, .size = root->size,
            .n_executors = root->n_executors, .threads = node->threads,
            .run = lease_run()};
        if (!root->link_ended)
            link_send2(root->start.link, WIRE_PLACE, k, &place, sizeof place,
                       node->rank, node->n_workers * sizeof node->rank[0]);
    }
    root->placed = true;
}

/* One piece: 1 when it was the last. */
static int send_piece(struct root *root, struct root_file *file, char *buffer,
                      struct ff_error *err)
{
    const uint64_t left = file->bytes - file->offset;
    const size_t n = left < WIRE_PIECE ? (size_t)left : WIRE_PIECE;
    const char *object = root->kernel->object;
    const char *slash = strrchr(object, '/');
    struct wire_file head = {.which = file->which, .bytes = file->bytes,
                             .offset = file->offset};
    if (file->which == WIRE_OBJECT)
        snprintf(head.name, sizeof head.name, "%.255s",
                 slash != NULL ? slash + 1 : object);
    for (size_t done = 0; done < n;) {
        const ssize_t got = pread(file->fd, buffer + done, n - done,
                                  (off_t)(file->offset + done));
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return ff_error_set(err, FF_USAGE, "cannot read what is to be "
                                "sent to nodes: did '%s' change?",
                                file->which == WIRE_OBJECT ? object
                                : file->which == WIRE_WORK ? "the command"
                                : root->run->input->name);
        done += got > 0 ? (size_t)got : 0;
    }
    if (!root->link_ended)
        link_send2(root->start.link, WIRE_FILE, WIRE_ALL, &head, sizeof head,
                   buffer, n);
    file->offset += n;
    return file->offset == file->bytes;
}

int root_upload(struct root *root, struct ff_error *err)
{
    char *buffer;
    int rc = 0;
    if (root->placed || root->n_files == 0)
        return 0;
    buffer = malloc(WIRE_PIECE);
    if (buffer == NULL)
        return ff_error_errno(err, FF_LOST, "cannot send files");
    while (rc >= 0 && root->file_now < root->n_files
           && link_unsent(root->start.link) < UNSENT_BYTES) {
        struct root_file *file = &root->file[root->file_now];
        rc = send_piece(root, file, buffer, err);
        if (rc != 0) {
            root->file_now++;
            if (file->which == WIRE_OBJECT)
                close(file->fd);
        }
    }
    free(buffer);
    if (rc >= 0 && root->file_now == root->n_files)
        send_places(root);
    return rc < 0 ? -1 : 0;
}

/* Who starts the nodes need not keep the order of the list (srun has its own);
 * they say where they are. */
static int order_hosts(struct root *root, struct ff_error *err)
{
    const char **name = calloc(root->n_nodes, sizeof name[0]);
    if (name == NULL)
        return ff_error_errno(err, FF_LOST, "cannot list the nodes");
    for (uint32_t k = 0; k < root->n_nodes; k++)
        name[k] = root->node[k].hello.host;
    const int rc = root->hosts.n == root->n_nodes
                   ? nodes_order(&root->hosts, name) : 0;
    free(name);
    if (rc != 0)
        return ff_error_errno(err, FF_LOST, "cannot list the nodes");
    name_nodes(root);
    return 0;
}

int root_hello(struct root *root, const struct wire_message *m,
               struct ff_error *err)
{
    struct wire_hello hello;
    if (m->head.bytes != sizeof hello)
        return ff_error_set(err, FF_LOST, "a node has another build of "
                            "fanfold: install the same everywhere");
    memcpy(&hello, m->body, sizeof hello);
    if (root->n_nodes == 0
        && (hello.n_nodes == 0 || hello.n_nodes > NODES_MAX
            || make_nodes(root, hello.n_nodes, err) != 0))
        return ff_error_set(err, FF_LOST, "cannot run on %u nodes",
                            hello.n_nodes);
    if (m->head.node >= root->n_nodes || root->node[m->head.node].said_hello
        || hello.n_nodes != root->n_nodes)
        return ff_error_set(err, FF_LOST, "node %u of %u says that there are "
                            "%u", m->head.node, root->n_nodes, hello.n_nodes);
    struct root_node *node = &root->node[m->head.node];
    bound_hello(&hello);
    node->hello = hello;
    node->said_hello = true;
    node->heard_ns = clock_ns();
    if (root->hosts.n == 0)
        memcpy(node->host, hello.host, sizeof node->host);
    if (check_build(root, m->head.node, err) != 0)
        return -1;
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (!root->node[k].said_hello)
            return 0;
    return order_hosts(root, err) != 0 || place(root, err) != 0
                   || send_job(root, err) != 0
                   || begin_files(root, err) != 0 ? -1 : root_upload(root, err);
}

/* ---- what they have planned ---------------------------------------------- */

/* One plan of all workers, in the order of ranks. */
static int merge_plans(struct root *root, struct ff_error *err)
{
    struct run *run = root->run;
    struct plan_part *part = calloc(root->n_nodes, sizeof *part);
    free(run->worker);
    run->worker = calloc(root->size, sizeof run->worker[0]);
    int rc = -1;
    if (part == NULL || run->worker == NULL) {
        ff_error_errno(err, FF_LOST, "cannot plan %u workers", root->size);
        goto out;
    }
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        const struct root_node *node = &root->node[k];
        part[k] = (struct plan_part){.hello = &node->hello,
                                     .planned = &node->plan,
                                     .place = node->place, .cpu = node->cpu};
    }
    rc = plan_merge(root->plan, part, root->n_nodes, err);
    if (rc == 0)
        root_tell_plan(root);
out:
    free(part);
    return rc;
}

/* Its workers are those that it was given. */
static bool ranks_are_right(const struct root_node *node)
{
    for (uint32_t w = 0; w < node->n_workers; w++)
        if (node->place[(size_t)w * node->threads].rank != node->rank[w])
            return false;
    return true;
}

int root_planned(struct root *root, const struct wire_message *m,
                 struct ff_error *err)
{
    struct root_node *node = &root->node[m->head.node];
    struct wire_planned plan;
    if (!root->placed || node->planned || m->head.bytes < sizeof plan)
        return root_damaged(root, m->head.node, "a plan", err);
    memcpy(&plan, m->body, sizeof plan);
    const size_t n = (size_t)node->n_workers * node->threads;
    const size_t bytes = n * sizeof node->place[0];
    if (plan.n_workers != node->n_workers
        || (plan.n_workers > 0 && plan.threads != node->threads)
        || plan.n_cpus > LEDGER_MAX_EXECUTORS * LEDGER_MAX_CPUS
        || m->head.bytes != sizeof plan + bytes
                                + plan.n_cpus * sizeof node->cpu[0])
        return root_damaged(root, m->head.node, "a plan", err);
    node->plan = plan;
    node->planned = true;
    node->place = malloc(bytes + 1);
    node->cpu = malloc(plan.n_cpus * sizeof node->cpu[0] + 1);
    if (node->place == NULL || node->cpu == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan %u workers",
                              root->size);
    memcpy(node->place, m->body + sizeof plan, bytes);
    memcpy(node->cpu, m->body + sizeof plan + bytes,
           plan.n_cpus * sizeof node->cpu[0]);
    if (n > 0 && !ranks_are_right(node))
        return root_damaged(root, m->head.node, "a plan", err);
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (!root->node[k].planned)
            return 0;
    /* A node without workers may be the last: it opens nothing. */
    return merge_plans(root, err) != 0 ? -1 : root_open_all(root, err);
}
