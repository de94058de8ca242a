/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs where: see plan.h. Which core an executor takes is the business of
 * seat.c; what it is bound to follows from its core. */
#include "plan.h"
#include "cpulist.h"
#include "figure.h"
#include "seat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where so many threads come from. */
static const char *threads_option(const struct job *job)
{
    return job->openmp_threads ? "OMP_NUM_THREADS" : "--threads";
}

int plan_check_size(const struct job *job, uint32_t workers,
                    struct ff_error *err)
{
    const uint64_t n = (uint64_t)workers * job->threads;
    char most[FIGURE_TEXT], w[FIGURE_TEXT], t[FIGURE_TEXT], all[FIGURE_TEXT];
    if (n <= LEDGER_MAX_EXECUTORS)
        return 0;
    figure_count(most, LEDGER_MAX_EXECUTORS);
    figure_count(w, workers);
    figure_count(t, job->threads);
    figure_count(all, n);
    if (job->threads == 1)
        return ff_error_set(err, FF_USAGE, "option '-n': %s workers are more "
                            "than the %s that one node can have", w, most);
    if (workers == 1)
        return ff_error_set(err, FF_USAGE, "'%s': %s threads are more than "
                            "the %s that one node can have",
                            threads_option(job), t, most);
    return ff_error_set(err, FF_USAGE, "'-n' and '%s': %s workers of %s "
                        "threads are %s threads, more than the %s that one "
                        "node can have", threads_option(job), w, t, all, most);
}

static void say_why(struct plan *plan, const struct job *job,
                    const struct machine *machine)
{
    const uint32_t n = plan->n_workers * plan->threads;
    const char *const unit = machine_unit(machine);
    char threads[64] = "", from[32] = "", count[FIGURE_TEXT];
    if (plan->threads > 1)
        snprintf(threads, sizeof threads, " x %s threads",
                 figure_count(count, plan->threads));
    snprintf(plan->why, sizeof plan->why, "%s worker%s%s: %s%s",
             figure_count(count, plan->n_workers),
             plan->n_workers == 1 ? "" : "s", threads,
             job->workers > 0 ? "as asked for; " : "", machine->why);
    if (n <= machine->budget || job->oversubscribe)
        return;
    if (job->openmp_threads)
        snprintf(from, sizeof from, "OMP_NUM_THREADS=%u; ", plan->threads);
    snprintf(plan->warning, sizeof plan->warning, "%s %s share %u %s%s "
             "(%s%s): slower than one a %s, same results",
             figure_count(count, n), plan->threads > 1 ? "threads" : "workers",
             machine->budget, unit, machine->budget == 1 ? "" : "s", from,
             machine->why, unit);
}

/* ---- what places are bound to -------------------------------------------- */

/* Executors with the same key are bound to the same set. */
static uint32_t key_of(const struct core *core, enum bind_to bind_to)
{
    return bind_to == BIND_HWTHREAD ? core->pu
           : bind_to == BIND_NUMA   ? core->numa
           : bind_to == BIND_SOCKET ? core->package
                                    : core->number;
}

static int compare_cpus(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Adds the set of CPUs for a key; returns of how many cores it is made. */
static uint32_t add_set(struct plan *plan, const struct machine *machine,
                        uint32_t key, struct place *place)
{
    uint32_t n_cores = 0;
    place->cpus = plan->n_cpus;
    for (uint32_t i = 0; i < machine->n_cores; i++) {
        const struct core *core = &machine->core[i];
        const bool one = plan->bind_to == BIND_HWTHREAD;
        if (key_of(core, plan->bind_to) != key)
            continue;
        n_cores++;
        for (uint32_t k = 0; k < (one ? 1 : core->n_pus); k++)
            plan->cpu[plan->n_cpus++] = machine->pu[core->first + k];
    }
    place->n_cpus = plan->n_cpus - place->cpus;
    qsort(plan->cpu + place->cpus, place->n_cpus, sizeof plan->cpu[0],
          compare_cpus);
    return n_cores;
}

/* A set that was added already, by the place that has it, and who uses it. */
struct set {
    uint32_t place, n_cores, n_users;
};

/* Gives each place the set of its core; each set is added once. */
static void bind_places(struct plan *plan, const struct machine *machine,
                        const uint32_t *core, struct set *set)
{
    const uint32_t n = plan->n_workers * plan->threads;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t key = key_of(&machine->core[core[i]], plan->bind_to);
        struct set *s = &set[key];
        if (s->n_users++ == 0) {
            s->place = i;
            s->n_cores = add_set(plan, machine, key, &plan->place[i]);
        }
        plan->place[i].cpus = plan->place[s->place].cpus;
        plan->place[i].n_cpus = plan->place[s->place].n_cpus;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct set *s =
            &set[key_of(&machine->core[core[i]], plan->bind_to)];
        const uint32_t most = machine->budget / n, share =
            s->n_cores / s->n_users;
        plan->place[i].share = share < most ? share : most;
        if (plan->place[i].share == 0)
            plan->place[i].share = 1;
    }
}

static uint32_t n_keys(const struct machine *machine, enum bind_to bind_to)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < machine->n_cores; i++) {
        const uint32_t key = key_of(&machine->core[i], bind_to);
        most = key > most ? key : most;
    }
    return most + 1;
}

static uint32_t n_usable_pus(const struct machine *machine)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < machine->n_cores; i++)
        n += machine->core[i].n_pus;
    return n;
}

static int place_executors(struct plan *plan, const struct job *job,
                           const struct machine *machine)
{
    const uint32_t n = plan->n_workers * plan->threads;
    uint32_t *core = calloc(n, sizeof core[0]);
    struct set *set = calloc(n_keys(machine, plan->bind_to), sizeof set[0]);
    int rc = -1;
    if (core == NULL || set == NULL
        || seat_executors(core, plan->n_workers, plan->threads, job->map_by,
                          machine) != 0)
        goto out;
    for (uint32_t i = 0; i < n; i++) {
        const struct core *c = &machine->core[core[i]];
        plan->place[i] = (struct place){
            .rank = i / plan->threads,
            .core = c->number, .l2 = c->l2, .l3 = c->l3, .numa = c->numa,
            .package = c->package,
            .share = machine->budget > n ? machine->budget / n : 1};
    }
    if (plan->bound)
        bind_places(plan, machine, core, set);
    rc = 0;
out:
    free(core);
    free(set);
    return rc;
}

/* ---- the plan ------------------------------------------------------------ */

/* A core each when there is one for each; the system decides otherwise. */
static enum bind_to choose_binding(const struct job *job,
                                   const struct machine *machine, uint32_t n)
{
    if (job->bind_to != BIND_DEFAULT)
        return job->bind_to;
    return n > machine->n_cores ? BIND_NONE
           : machine->hwthreads ? BIND_HWTHREAD : BIND_CORE;
}

static void say_how(struct plan *plan, const struct job *job,
                    const struct machine *machine)
{
    static const char *const to[] = {
        [BIND_CORE] = "to the hardware threads of its core",
        [BIND_HWTHREAD] = "to one hardware thread",
        [BIND_NUMA] = "to its NUMA node", [BIND_SOCKET] = "to its package"};
    static const char *const map[] = {
        [MAP_CORE] = "neighbours together", [MAP_NODE] = "neighbours together",
        [MAP_HWTHREAD] = "neighbours together",
        [MAP_NUMA] = "NUMA nodes in turn", [MAP_SOCKET] = "packages in turn"};
    const char *kinds = machine->n_kinds > 1 ? ", performance cores first"
                                             : "";
    if (plan->bound)
        snprintf(plan->how, sizeof plan->how, "each thread is bound %s; %s%s",
                 to[plan->bind_to], map[job->map_by], kinds);
    else
        snprintf(plan->how, sizeof plan->how, "threads are not bound: %s",
                 job->bind_to == BIND_NONE ? "--bind-to none"
                                           : "there is no core for each");
}

int plan_read_machine(struct machine *machine, const struct job *job,
                      struct ff_error *err)
{
    const struct machine_source source = {
        .topology = job->topology, .hwthreads = job->hwthreads};
    return machine_read(machine, &source, err);
}

uint32_t plan_workers(const struct job *job, const struct machine *machine)
{
    const uint32_t n = machine->budget / job->threads;
    return n > 0 ? n : 1;
}

int plan_make(struct plan *plan, const struct job *job,
              const struct machine *machine, struct ff_error *err)
{
    const uint32_t workers =
        job->workers > 0 ? job->workers : plan_workers(job, machine);
    if (plan_check_size(job, workers, err) != 0)
        return -1;
    const uint32_t n = workers * job->threads;
    struct plan new = {
        .n_workers = workers, .threads = job->threads, .size = workers,
        .bind_to = choose_binding(job, machine, n),
        .place = calloc(n, sizeof new.place[0]),
        .cpu = calloc(n_usable_pus(machine) + 1, sizeof new.cpu[0])};
    new.bound = new.bind_to != BIND_NONE;
    snprintf(new.host, sizeof new.host, "%s", machine->host);
    if (new.place == NULL || new.cpu == NULL
        || place_executors(&new, job, machine) != 0) {
        plan_release(&new);
        return ff_error_errno(err, FF_LOST, "cannot plan %u workers", workers);
    }
    say_why(&new, job, machine);
    say_how(&new, job, machine);
    *plan = new;
    return 0;
}

int plan_make_team(struct plan *plan, const struct job *job,
                   const struct machine *machine, struct ff_error *err)
{
    struct job team = *job;
    const uint32_t workers = job->workers > 0 ? job->workers : 1;
    team.threads = machine->budget / workers;
    if (team.threads == 0)
        team.threads = 1;
    plan_release(plan);
    return plan_make(plan, &team, machine, err);
}

/* A node more than there are workers. */
static int plan_nobody(struct plan *plan, const struct machine *machine,
                       struct ff_error *err)
{
    *plan = (struct plan){.bind_to = BIND_NONE,
                          .place = calloc(1, sizeof plan->place[0]),
                          .cpu = calloc(1, sizeof plan->cpu[0])};
    if (plan->place == NULL || plan->cpu == NULL) {
        plan_release(plan);
        return ff_error_errno(err, FF_LOST, "cannot plan for a node");
    }
    snprintf(plan->host, sizeof plan->host, "%s", machine->host);
    snprintf(plan->why, sizeof plan->why, "0 workers: as asked for; %s",
             machine->why);
    snprintf(plan->how, sizeof plan->how, "nobody runs here");
    return 0;
}

int plan_make_node(struct plan *plan, const struct job *job,
                   const struct machine *machine,
                   const struct node_share *share, struct ff_error *err)
{
    const bool own = job->workers == 0 && job->ppn == 0;
    struct job on_node = *job;
    on_node.threads = share->threads;
    /* The plan says whether somebody asked for so many. */
    on_node.workers = own && share->n_workers == plan_workers(&on_node, machine)
                      ? 0 : share->n_workers;
    if ((share->n_workers == 0 ? plan_nobody(plan, machine, err)
                               : plan_make(plan, &on_node, machine, err)) != 0)
        return -1;
    plan->node = share->node;
    plan->size = share->size;
    plan->threads = share->threads;
    for (uint32_t i = 0; i < share->n_workers * share->threads; i++)
        plan->place[i].rank = share->rank[i / share->threads];
    return 0;
}

void plan_release(struct plan *plan)
{
    free(plan->place);
    free(plan->cpu);
    free(plan->nodes);
    free(plan->worker);
    plan->place = NULL;
    plan->cpu = NULL;
    plan->n_cpus = 0;
    plan->nodes = NULL;
    plan->worker = NULL;
    plan->n_nodes = 0;
}

/* ---- questions ----------------------------------------------------------- */

uint32_t plan_executors(const struct plan *plan)
{
    uint32_t n = 0;
    for (uint32_t w = 0; w < plan->n_workers; w++)
        n += plan_threads(plan, w);
    return n;
}

bool plan_is_bound(const struct plan *plan, uint32_t worker)
{
    return plan->worker != NULL ? plan->nodes[plan->worker[worker].node].bound
                                : plan->bound;
}

const char *plan_host(const struct plan *plan, uint32_t worker)
{
    return plan->worker != NULL ? plan->nodes[plan->worker[worker].node].host
                                : plan->host;
}

const char *plan_at(const struct plan *plan, char out[PLAN_AT])
{
    const bool alone = plan->size <= plan->n_workers;
    snprintf(out, PLAN_AT, "%s%s", alone ? "" : " on ",
             alone ? "" : plan->host);
    return out;
}

/* ---- sets of CPUs as text ------------------------------------------------ */

void plan_cpus(const struct plan *plan, uint32_t worker, char *out,
               size_t size)
{
    const uint32_t threads = plan_threads(plan, worker);
    const struct place *place = plan_places(plan, worker);
    uint32_t *cpu = NULL;
    size_t n = 0;
    for (uint32_t t = 0; t < threads; t++)
        n += place[t].n_cpus;
    if (plan_is_bound(plan, worker))
        cpu = calloc(n + 1, sizeof cpu[0]);
    n = 0;
    if (cpu == NULL) {
        snprintf(out, size, "any");
        return;
    }
    for (uint32_t t = 0; t < threads; t++) {
        if (t > 0 && place[t].cpus == place[t - 1].cpus)
            continue;
        memcpy(cpu + n, plan->cpu + place[t].cpus,
               place[t].n_cpus * sizeof cpu[0]);
        n += place[t].n_cpus;
    }
    qsort(cpu, n, sizeof cpu[0], compare_cpus);
    cpu_list_text(cpu, n, out, size);
    free(cpu);
}
