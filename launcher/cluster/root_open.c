/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel is open on the nodes: what it declares is compared, outputs are
 * opened, and the nodes get their first chunks. See root.h.
 */
#include "root.h"
#include "clock.h"
#include "owned.h"
#include "plan_merge.h"
#include "plan_report.h"
#include "wrap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the kernel declares -------------------------------------------- */

/* On one node it is told when workers end, here when they begin. */
static void compare_fingerprints(struct root *root, uint32_t k)
{
    struct run *run = root->run;
    const struct fingerprint *f = &root->node[k].fingerprint;
    char first[WIRE_HOST + 40] = "on ", other[WIRE_HOST + 40] = "on ";
    if (f->cpu[0] == '\0' || run->fingerprint.cpu[0] == '\0'
        || run->fingerprint_differs[0] != '\0')
        return;
    root_node_name(root, run->fingerprint_rank, first + 3);
    root_node_name(root, k, other + 3);
    if (!fingerprint_differs(&run->fingerprint, first, f, other,
                             run->fingerprint_differs)
        || run->job->quiet)
        return;
    progress_clear(&run->progress);
    fprintf(stderr, "fanfold: warning: nodes may give different bits: %s\n",
            run->fingerprint_differs);
}

/* What the first node says holds for all nodes and generations. */
static int open_run(struct root *root, struct ff_error *err)
{
    struct run *run = root->run;
    struct job_shm *job = crew_job(run->crew);
    if (run_make_grid(run, root->n_executors, &job->grid, err) != 0
        || gather_init(&run->gather, &job->grid, &run->spec, run->job->seed,
                       err) != 0
        || deliver_open(run, err) != 0)
        return -1;
    run_tell_unused(run);
    job->team = 1;
    job->schedule = run_is_once(run) ? SCHEDULE_ONCE
                    : run->chunks_before + run->chunks_kept > 0
                          ? SCHEDULE_DYNAMIC : run->job->schedule;
    root->items_before = run->items_before;
    run->opened = true;
    run->opened_ns = clock_ns();
    return 0;
}

static int read_spec(struct root *root, const struct wire_message *m,
                     const struct wire_opened *opened, struct ff_error *err)
{
    struct run *run = root->run;
    struct spec *spec;
    if (m->head.bytes != sizeof *opened + sizeof *spec)
        return root_damaged(root, m->head.node, "declarations", err);
    spec = malloc(sizeof *spec);
    if (spec == NULL)
        return ff_error_errno(err, FF_LOST, "cannot open the kernel");
    memcpy(spec, m->body + sizeof *opened, sizeof *spec);
    const bool valid = spec_valid(spec);
    if (valid)
        spec_copy(&run->spec, spec);
    free(spec);
    if (!valid || spec_hash(&run->spec) != opened->spec_hash)
        return ff_error_set(err, FF_USAGE, "'%s' damaged its own declarations "
                            "while it was opened", run->job->kernel);
    run->fingerprint = root->node[m->head.node].fingerprint;
    run->fingerprint_rank = m->head.node;
    crew_job(run->crew)->spec_hash = opened->spec_hash;
    return 0;
}

/* ---- the first chunks ---------------------------------------------------- */

/* How the chunks are dealt that are fixed from the start: in turns, in each
 * of which a unit (an executor, or a team) gets `share` of them. */
struct deal {
    const uint32_t *owner;   /* of each rank: its node */
    uint32_t n_units, units; /* of all; of a worker */
    uint32_t n_chunks;
};

/* A worker's units are neighbours. */
static int assign_blocks(struct root *root, const struct deal *d)
{
    for (uint32_t r = 0; r < root->size; r++) {
        const uint64_t first = (uint64_t)r * d->units;
        const uint64_t last = first + d->units - 1;
        const struct range chunks = {
            owned_block(d->n_chunks, first, d->n_units).lo,
            owned_block(d->n_chunks, last, d->n_units).hi};
        if (grants_assign(&root->grants, d->owner[r], chunks) != 0)
            return -1;
    }
    return 0;
}

/* Those of them that are not settled: of calls (SCHEDULE_ONCE) of a run that goes
 * on some may be. */
static int assign_left(struct root *root, uint32_t node, struct range r)
{
    const struct gather *g = &root->run->gather;
    struct cover left = COVER_EMPTY;
    int rc = cover_add_missing(&left, r, &g->accepted, &g->failed);
    for (size_t i = 0; rc == 0 && i < left.n; i++)
        rc = grants_assign(&root->grants, node, left.range[i]);
    cover_release(&left);
    return rc;
}

/* In ascending order: the pool stays in one piece. */
static int assign_turns(struct root *root, const struct deal *d)
{
    uint32_t r = 0;
    for (uint64_t lo = 0; lo < d->n_chunks; lo += d->units) {
        const uint64_t hi = lo + d->units < d->n_chunks ? lo + d->units
                                                        : d->n_chunks;
        const struct range chunks = {(uint32_t)lo, (uint32_t)hi};
        if (assign_left(root, d->owner[r], chunks) != 0)
            return -1;
        r = (r + 1) % root->size;
    }
    return 0;
}

static int deal_chunks(struct root *root, uint32_t schedule)
{
    const struct run *run = root->run;
    const uint32_t units = spec_is_whole(&run->spec) ? 1 : root->threads;
    uint32_t *owner = calloc(root->size, sizeof *owner);
    const struct deal d = {.owner = owner, .units = units,
                           .n_units = root->size * units,
                           .n_chunks = run->gather.grid.n_chunks};
    int rc = owner == NULL ? -1 : 0;
    for (uint32_t k = 0; rc == 0 && k < root->n_nodes; k++)
        for (uint32_t w = 0; w < root->node[k].n_workers; w++)
            owner[root->node[k].rank[w]] = k;
    if (rc == 0)
        rc = schedule == SCHEDULE_STATIC ? assign_blocks(root, &d)
                                         : assign_turns(root, &d);
    free(owner);
    for (uint32_t k = 0; rc == 0 && k < root->n_nodes; k++) {
        const struct cover *with = &root->grants.node[k].with;
        if (with->n > 0)
            root_send(root, WIRE_GRANT, k, with->range,
                      with->n * sizeof with->range[0]);
    }
    return rc;
}

/* All chunks but those that are settled can be granted. */
static int make_grants(struct root *root)
{
    struct run *run = root->run;
    struct gather *g = &run->gather;
    struct cover settled = COVER_EMPTY;
    const struct range all = {0, g->grid.n_chunks};
    struct cover missing = COVER_EMPTY;
    int rc = cover_add_missing(&missing, all, &g->accepted, &g->failed);
    if (rc == 0)
        rc = cover_add_missing(&settled, all, &missing, NULL);
    if (rc == 0)
        rc = grants_init(&root->grants, root->n_nodes, g->grid.n_chunks,
                         &settled);
    root->granting = rc == 0;
    cover_release(&missing);
    cover_release(&settled);
    for (uint32_t k = 0; rc == 0 && k < root->n_nodes; k++)
        if (root->node[k].n_workers > 0)
            grants_node_here(&root->grants, k,
                             root->node[k].n_workers
                                 * (spec_is_whole(&run->spec)
                                        ? 1 : root->node[k].threads));
    if (rc == 0) {
        root->grants.stopped = run->stopping;
        root->grants.in_order = run->delivery.n_sinks > 0
                                || (run->harvest != NULL
                                    && run->job->keep_order);
    }
    return rc;
}

/* A run that goes on without some of its nodes cannot keep to what was dealt
 * to all of them. (A call stays that of its rank.) */
static uint32_t schedule_now(const struct root *root)
{
    const uint32_t asked = crew_job(root->run->crew)->schedule;
    return !run_is_once(root->run)
           && (root->items_before > 0 || root->restarts > 0)
                   ? SCHEDULE_DYNAMIC : asked;
}

/* A node without workers has not heard what the kernel declares. */
static void send_start(struct root *root, uint32_t k,
                       const struct wire_start *start)
{
    const struct spec *spec = &root->run->spec;
    const bool knows = root->node[k].n_workers > 0;
    if (!root->link_ended)
        link_send2(root->start.link, WIRE_START, k, start, sizeof *start,
                   spec, knows ? 0 : sizeof *spec);
}

static int start_nodes_now(struct root *root, struct ff_error *err)
{
    struct run *run = root->run;
    const uint32_t schedule = schedule_now(root);
    const struct wire_start start = {
        .grid = run->gather.grid, .schedule = schedule,
        .spec_hash = crew_job(run->crew)->spec_hash};
    for (uint32_t k = 0; k < root->n_nodes; k++)
        send_start(root, k, &start);
    root->open = true;
    root->open_ns = clock_ns();
    if (make_grants(root) != 0
        || (schedule != SCHEDULE_DYNAMIC && !run->stopping
            && deal_chunks(root, schedule) != 0))
        return ff_error_errno(err, FF_LOST, "cannot grant chunks");
    if (root_map_open(root, err) != 0)
        return -1;
    if (run->stopping)
        root_send(root, WIRE_STOP, WIRE_ALL, NULL, 0);
    return 0;
}

/* ---- OPENED -------------------------------------------------------------- */

static bool all_have_opened(const struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (!root->node[k].planned
            || (root->node[k].n_workers > 0 && !root->node[k].opened))
            return false;
    return true;
}

int root_open_all(struct root *root, struct ff_error *err)
{
    struct run *run = root->run;
    char name[WIRE_HOST + 32];
    if (root->open || !all_have_opened(root))
        return 0;
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        if (root->node[k].n_workers > 0
            && root->node[k].spec_hash != crew_job(run->crew)->spec_hash)
            return ff_error_set(err, FF_USAGE, "'%s' does not declare the "
                                "same on %s as on the first node: what it "
                                "declares must not depend on where it runs",
                                run->job->kernel,
                                root_node_name(root, k, name));
        compare_fingerprints(root, k);
    }
    if (!run->opened && open_run(root, err) != 0)
        return -1;
    return start_nodes_now(root, err);
}

int root_opened(struct root *root, const struct wire_message *m,
                struct ff_error *err)
{
    struct root_node *node = &root->node[m->head.node];
    struct wire_opened opened;
    if (m->head.bytes < sizeof opened || node->opened || !node->planned)
        return root_damaged(root, m->head.node, "declarations", err);
    memcpy(&opened, m->body, sizeof opened);
    node->opened = true;
    node->spec_hash = opened.spec_hash;
    node->fingerprint = fingerprint_valid(&opened.fingerprint)
                            ? opened.fingerprint : (struct fingerprint){0};
    if (opened.has_spec && !root->run->opened
        && read_spec(root, m, &opened, err) != 0)
        return -1;
    return root_open_all(root, err);
}

/* ---- the plan, in words -------------------------------------------------- */

void root_tell_plan(const struct root *root)
{
    const struct job *job = root->run->job;
    const struct plan *plan = root->plan;
    const bool limited = job->workers == 0 && plan_is_limited(plan);
    if (!job->quiet && root->warning[0] != '\0')
        wrap_print(stderr, "fanfold: %s\n", root->warning);
    if (!job->quiet && plan->warning[0] != '\0')
        wrap_print(stderr, "fanfold: %s\n", plan->warning);
    if (!job->quiet && (limited || job->verbose))
        wrap_print(stderr, "fanfold: %s\n", plan->why);
    if (!job->verbose)
        return;
    wrap_print(stderr, "fanfold: %s\n", plan->how);
    plan_tell_nodes(stderr, plan);
}
