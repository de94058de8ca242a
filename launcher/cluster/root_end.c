/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a run on several nodes: what became of them and their workers, and
 * how they leave. See root.h. */
#include "root.h"
#include "clock.h"

#include <poll.h>
#include <stdlib.h>

#define HOPE_NS UINT64_C(300000000)
#define LEAVE_MS 3000 /* mpirun, after the report */

/* ---- before the end ------------------------------------------------------ */

static bool any_is_done(const struct root *root)
{
    if (root->run->gather.accepted.n_chunks > 0)
        return true;
    for (uint32_t k = 0; root->granting && k < root->n_nodes; k++)
        if (root->grants.node[k].status.accepted > 0)
            return true;
    return false;
}

static bool looks_hopeless(const struct root *root)
{
    const struct gather *g = &root->run->gather;
    size_t n = 0;
    if (g->n_failures < RUN_HOPELESS || any_is_done(root))
        return false;
    for (size_t i = 0; i < g->n_failures && n < RUN_HOPELESS; i++)
        n += g->failure[i].fatal;
    return n >= RUN_HOPELESS;
}

/* What was done elsewhere meanwhile may be on its way: a few of the times in
 * which nodes tell. */
void root_check_hope(struct root *root)
{
    struct run *run = root->run;
    if (!looks_hopeless(root) || run->stopping) {
        root->hopeless_ns = 0;
    } else if (root->hopeless_ns == 0) {
        root->hopeless_ns = run->now_ns;
    } else if (run->now_ns > root->hopeless_ns + HOPE_NS) {
        run->hopeless = true;
        run_stop(run, FF_ITEMS_FAILED, run->now_ns + run->job->grace_ns);
    }
}

/* ---- for the outcome ----------------------------------------------------- */

/* What the run counts of its own workers, of those of all nodes. */
static void count_deaths(struct root *root)
{
    struct run *run = root->run;
    run->workers_died = root->died_before;
    run->workers_recycled = root->recycled_before;
    run->dispatch.n_returned = root->retried_before;
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        const struct root_node *node = &root->node[k];
        const struct wire_status *s = root->granting
                                      ? &root->grants.node[k].status : NULL;
        run->workers_died += node->done ? node->end.workers_died
                             : s != NULL ? s->workers_died : 0;
        run->workers_recycled += node->done ? node->end.workers_recycled
                                 : s != NULL ? s->workers_recycled : 0;
        run->dispatch.n_returned += node->done ? node->end.chunks_retried
                                    : s != NULL ? s->chunks_retried : 0;
    }
}

/* Those that did not say at their end what their workers did: as they said last
 * of all of them. */
static void estimate_workers(struct root *root)
{
    struct worker_outcome *worker = root->run->worker;
    for (uint32_t k = 0; root->granting && k < root->n_nodes; k++) {
        const struct root_node *node = &root->node[k];
        const struct wire_status *s = &root->grants.node[k].status;
        for (uint32_t w = 0; !node->done && worker != NULL
                             && w < node->n_workers; w++) {
            worker[node->rank[w]].chunks = s->ran / node->n_workers;
            worker[node->rank[w]].busy_ns = s->busy_ns / node->n_workers;
        }
    }
}

void root_add_up(struct root *root)
{
    estimate_workers(root);
    count_deaths(root);
}

/* Of this generation, while chunks could be taken. */
static uint64_t executors_ns(const struct root *root)
{
    const struct run *run = root->run;
    const uint64_t end_ns = run->over ? run->over_ns : run->now_ns;
    const uint32_t n = spec_is_whole(&run->spec) ? root->size
                                                    : root->n_executors;
    return root->open && end_ns > root->open_ns ? (end_ns - root->open_ns) * n
                                                : 0;
}

void root_keep_work(struct root *root)
{
    root->executors_before_ns += executors_ns(root);
    for (uint32_t k = 0; root->granting && k < root->n_nodes; k++) {
        const struct wire_status *s = &root->grants.node[k].status;
        root->died_before += s->workers_died;
        root->recycled_before += s->workers_recycled;
        root->retried_before += s->chunks_retried;
        root->work_before.busy_ns += s->busy_ns;
        root->work_before.chunks += s->ran;
    }
}

void root_fill(struct root *root, struct outcome *o)
{
    o->n_nodes = root->n_began;
    o->lost = root->gone;
    o->nodes_lost = root->n_gone;
    root->gone = NULL;
    o->gone = root->work_before;
    if (root->executors_before_ns > 0)
        o->executors_ns = root->executors_before_ns + executors_ns(root);
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        o->throttle.count += root->node[k].end.throttle_count;
        o->throttle.ns += root->node[k].end.throttle_ns;
    }
}

/* ---- after the report ---------------------------------------------------- */

/* What they print at their end is of no use any more, but they must be able to
 * print it. */
static void wait_for_nodes(struct root *root)
{
    struct start *start = &root->start;
    const uint64_t begin_ns = clock_ns();
    struct wire_message m;
    int status, rc;
    while (start->pid != 0 && !start_has_ended(start, &status)
           && clock_ns() - begin_ns < LEAVE_MS * UINT64_C(1000000)) {
        struct pollfd on[] = {{.fd = start->pidfd, .events = POLLIN},
                              {.fd = start->errors, .events = POLLIN}};
        poll(on, 2, 5);
        start_read_errors(start, false);
        while ((rc = link_receive(start->link, &m)) > 0)
            wire_message_release(&m);
        if (rc == 0)
            link_flush(start->link);
    }
}

/* Did any come? */
static bool has_nodes(const struct root *root)
{
    bool any = false;
    for (uint32_t k = 0; k < root->n_nodes; k++)
        any |= root->node[k].said_hello;
    return any;
}

void root_end(struct root *root)
{
    if (root->start.link != NULL && root->terminated_ns == 0
        && (!root->start.ours || has_nodes(root))) {
        root_quit(root);
        wait_for_nodes(root);
    }
    start_end(&root->start, 0);
    start_release(&root->start);
    root_forget_nodes(root);
    root_forget_files(root);
    grants_release(&root->grants);
    lanes_release(&root->lanes);
    wire_message_release(&root->text);
    nodes_release(&root->hosts);
    free(root->gone);
    *root = (struct root){.start = START_NONE};
}
