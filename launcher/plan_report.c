/* SPDX-License-Identifier: Apache-2.0 */
/* A plan for people and for programs: see plan_report.h. */
#include "plan_report.h"
#include "cpulist.h"
#include "figure.h"
#include "json_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* ---- what a worker has --------------------------------------------------- */

enum field { FIELD_CORE, FIELD_NUMA, FIELD_PACKAGE };

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The cores, NUMA nodes or packages of a worker's threads, ascending, each
 * once; returns how many. out has room for plan->threads. */
static uint32_t list_field(const struct plan *plan, uint32_t worker,
                           enum field field, uint32_t *out)
{
    uint32_t n = 0;
    for (uint32_t t = 0; t < plan->threads; t++) {
        const struct place *p = &plan->place[worker * plan->threads + t];
        out[t] = field == FIELD_CORE ? p->core
                 : field == FIELD_NUMA ? p->numa : p->package;
    }
    qsort(out, plan->threads, sizeof out[0], compare);
    for (uint32_t t = 0; t < plan->threads; t++)
        if (t == 0 || out[t] != out[n - 1])
            out[n++] = out[t];
    return n;
}

/* ---- for people ---------------------------------------------------------- */

#define COLUMN 40

/* How wide the column of CPUs must be. */
static int cpus_width(const struct plan *plan)
{
    size_t width = sizeof "CPUs" - 1;
    for (uint32_t w = 0; w < plan->n_workers; w++) {
        char cpus[COLUMN];
        plan_cpus(plan, w, cpus, sizeof cpus);
        width = strlen(cpus) > width ? strlen(cpus) : width;
    }
    return (int)width;
}

static void print_row(FILE *out, const char *host, const struct plan *plan,
                      uint32_t worker, int width, uint32_t *list)
{
    char cpus[COLUMN], cores[COLUMN], numa[COLUMN], package[COLUMN];
    plan_cpus(plan, worker, cpus, sizeof cpus);
    cpu_list_text(list, list_field(plan, worker, FIELD_CORE, list), cores,
                  sizeof cores);
    cpu_list_text(list, list_field(plan, worker, FIELD_NUMA, list), numa,
                  sizeof numa);
    cpu_list_text(list, list_field(plan, worker, FIELD_PACKAGE, list), package,
                  sizeof package);
    fprintf(out, "%-12s %7" PRIu32 " %7" PRIu32 "  %-*s  %-9s %-8s %s\n",
            host, worker, plan->threads, width, cpus,
            plan->bound ? cores : "any", plan->bound ? numa : "any",
            plan->bound ? package : "any");
}

static void print_table(FILE *out, const char *host, const struct plan *plan)
{
    uint32_t *list = calloc(plan->threads, sizeof list[0]);
    const int width = cpus_width(plan);
    fprintf(out, "%-12s %7s %7s  %-*s  %-9s %-8s %s\n", "host", "worker",
            "threads", width, "CPUs", "cores", "NUMA", "package");
    for (uint32_t w = 0; list != NULL && w < plan->n_workers; w++)
        print_row(out, host, plan, w, width, list);
    free(list);
}

static void print_reasons(FILE *out, const struct plan *plan)
{
    fprintf(out, "%s\n%s\n", plan->why, plan->how);
    if (plan->warning[0] != '\0')
        fprintf(out, "%s\n", plan->warning);
}

void plan_text(FILE *out, const struct machine *machine,
               const struct plan *plan)
{
    print_reasons(out, plan);
    fputc('\n', out);
    print_table(out, machine->host, plan);
}

static void print_nodes(FILE *out, const struct cluster_plan *c)
{
    fprintf(out, "%-24s %8s  %s\n", "host", "workers", "ranks");
    for (size_t i = 0; i < c->n_nodes; i++) {
        char ranks[44] = "-";
        if (c->node[i].n_workers > 0)
            cpu_list_text(c->node[i].rank, c->node[i].n_workers, ranks,
                          sizeof ranks);
        fprintf(out, "%-24s %8" PRIu32 "  %s\n", c->node[i].host,
                c->node[i].n_workers, ranks);
    }
}

/* The first node with so many workers stands for all of them. */
static const char *first_host(const struct cluster_plan *c, size_t n_workers)
{
    size_t i = 0;
    while (c->node[i].n_workers != n_workers)
        i++;
    return c->node[i].host;
}

void cluster_plan_text(FILE *out, const struct machine *machine,
                       const struct cluster_plan *c)
{
    char workers[FIGURE_TEXT], nodes[FIGURE_TEXT];
    if (c->n_nodes == 1) {
        if (c->node[0].plan != NULL)
            print_reasons(out, c->node[0].plan);
        fputc('\n', out);
        print_table(out, c->node[0].host, c->node[0].plan);
        return;
    }
    fprintf(out, "%s workers on %s nodes, each with %s\n",
            figure_count(workers, c->n_workers),
            figure_count(nodes, c->n_nodes), machine->why);
    if (c->warning[0] != '\0')
        fprintf(out, "%s\n", c->warning);
    fputc('\n', out);
    print_nodes(out, c);
    for (size_t n = c->n_plans; n-- > 1;) {
        if (c->plan[n].n_workers == 0)
            continue;
        fprintf(out, "\non a node of %zu worker%s, like %s (worker 0 has its "
                "first rank):\n", n, n == 1 ? "" : "s", first_host(c, n));
        print_reasons(out, &c->plan[n]);
        print_table(out, first_host(c, n), &c->plan[n]);
    }
}

/* ---- for programs -------------------------------------------------------- */

static json_t *field_text(const struct plan *plan, uint32_t worker,
                          enum field field, uint32_t *list)
{
    static char text[16384];
    const uint32_t n = list_field(plan, worker, field, list);
    cpu_list_text(list, n, text, sizeof text);
    return json_string_nocheck(text);
}

/* The same on all nodes that have this plan: what is in it but the rank. */
static json_t *worker_object(const struct plan *plan, uint32_t worker,
                             uint32_t *list)
{
    static char cpus[16384];
    plan_cpus(plan, worker, cpus, sizeof cpus);
    return json_pack("{s:o, s:i, s:o, s:o, s:o}",
                     "cpus", plan->bound ? json_text(cpus) : json_null(),
                     "threads", (int)plan->threads,
                     "cores", field_text(plan, worker, FIELD_CORE, list),
                     "numa", field_text(plan, worker, FIELD_NUMA, list),
                     "package", field_text(plan, worker, FIELD_PACKAGE, list));
}

/* Of a plan, made when it is first wanted: nodes that are alike share it. */
static json_t *workers_of(const struct plan *plan, json_t **made)
{
    uint32_t *list = *made == NULL ? calloc(plan->threads, sizeof list[0])
                                   : NULL;
    if (*made == NULL)
        *made = json_array();
    for (uint32_t w = 0; list != NULL && w < plan->n_workers; w++)
        json_array_append_new(*made, worker_object(plan, w, list));
    free(list);
    return *made;
}

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? json_text(text) : json_null();
}

static json_t *ranked_workers(const struct node_plan *node, json_t **made)
{
    json_t *workers = json_array();
    for (uint32_t w = 0; node->plan != NULL && w < node->n_workers; w++) {
        json_t *worker = json_pack("{s:i}", "rank", (int)node->rank[w]);
        json_object_update(worker,
                           json_array_get(workers_of(node->plan, made), w));
        json_array_append_new(workers, worker);
    }
    return workers;
}

static json_t *node_object(const struct node_plan *node,
                           const struct machine *machine, json_t **made)
{
    const struct plan *plan = node->plan;
    return json_pack("{s:o, s:{s:i, s:i, s:s}, s:o, s:o, s:o, s:o}",
                     "host", json_text(node->host), "budget",
                     "cpus", (int)machine->budget,
                     "of", (int)machine->n_cores_machine,
                     "why", machine->why,
                     "why", text_or_null(plan != NULL ? plan->why : ""),
                     "how", text_or_null(plan != NULL ? plan->how : ""),
                     "warning",
                     text_or_null(plan != NULL ? plan->warning : ""),
                     "workers", ranked_workers(node, made));
}

int cluster_plan_json(const char *path, const struct machine *machine,
                      const struct cluster_plan *c, struct ff_error *err)
{
    json_t *nodes = json_array();
    json_t **made = calloc(c->n_plans, sizeof made[0]);
    for (size_t i = 0; made != NULL && i < c->n_nodes; i++)
        json_array_append_new(nodes,
                              node_object(&c->node[i], machine,
                                          &made[c->node[i].n_workers]));
    for (size_t i = 0; made != NULL && i < c->n_plans; i++)
        json_decref(made[i]);
    json_t *object = json_pack("{s:s, s:i, s:o, s:o}",
                               "fanfold", PACKAGE_VERSION,
                               "workers", (int)c->n_workers,
                               "warning", text_or_null(c->warning),
                               "nodes", nodes);
    if (made == NULL) {
        json_decref(object);
        object = NULL;
    }
    free(made);
    const int rc = json_file_write(path, object, err);
    json_decref(object);
    return rc;
}
