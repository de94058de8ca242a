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

#define MAX_TOLD 256 /* workers of a cluster */

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

/* Do all nodes have the same budget, for the same reason? */
static bool all_alike(const struct cluster_plan *c)
{
    for (size_t i = 1; i < c->n_nodes; i++)
        if (strcmp(c->node[i].has->why, c->node[0].has->why) != 0)
            return false;
    return true;
}

static void print_nodes(FILE *out, const struct cluster_plan *c, bool alike)
{
    fprintf(out, "%-24s %8s  %s\n", "host", "workers",
            alike ? "ranks" : "ranks                 may use");
    for (size_t i = 0; i < c->n_nodes; i++) {
        const struct node_plan *node = &c->node[i];
        char ranks[44] = "-";
        if (node->n_workers > 0)
            cpu_list_text(node->rank, node->n_workers, ranks, sizeof ranks);
        fprintf(out, "%-24s %8" PRIu32 "  ", node->has->host, node->n_workers);
        if (alike)
            fprintf(out, "%s\n", ranks);
        else
            fprintf(out, "%-20s  %s\n", ranks, node->has->why);
    }
}

void cluster_plan_text(FILE *out, const struct cluster_plan *c)
{
    char workers[FIGURE_TEXT], nodes[FIGURE_TEXT];
    const bool alike = all_alike(c);
    if (c->n_nodes == 1) {
        print_reasons(out, cluster_plan_of(c, 0));
        fputc('\n', out);
        print_table(out, c->node[0].has->host, cluster_plan_of(c, 0));
        return;
    }
    fprintf(out, "%s worker%s on %s nodes%s%s\n",
            figure_count(workers, c->n_workers), c->n_workers == 1 ? "" : "s",
            figure_count(nodes, c->n_nodes), alike ? ", each with " : "",
            alike ? c->node[0].has->why : "");
    if (c->warning[0] != '\0')
        fprintf(out, "%s\n", c->warning);
    fputc('\n', out);
    print_nodes(out, c, alike);
    for (size_t i = 0; i < c->n_plans; i++) {
        const uint32_t n = c->plan[i].n_workers;
        fprintf(out, "\non a node of %" PRIu32 " worker%s, like %s (worker 0 "
                "has its first rank):\n", n, n == 1 ? "" : "s",
                c->like[i]->host);
        print_reasons(out, &c->plan[i]);
        print_table(out, c->like[i]->host, &c->plan[i]);
    }
}

void plan_tell_nodes(FILE *out, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        fprintf(out, "fanfold: node %" PRIu32 " on %s: %s\n", i,
                plan->nodes[i].host, plan->nodes[i].why);
    for (uint32_t w = 0; w < plan->n_workers && w < MAX_TOLD; w++) {
        char cpus[200];
        plan_cpus(plan, w, cpus, sizeof cpus);
        fprintf(out, "fanfold: worker %" PRIu32 " on %s, CPUs %s\n", w,
                plan_host(plan, w), cpus);
    }
    if (plan->n_workers > MAX_TOLD)
        fprintf(out, "fanfold: and %" PRIu32 " more workers\n",
                plan->n_workers - MAX_TOLD);
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

static json_t *ranked_workers(const struct cluster_plan *c, size_t i,
                              json_t **made)
{
    const struct node_plan *node = &c->node[i];
    json_t *workers = json_array();
    for (uint32_t w = 0; node->plan != NO_PLAN && w < node->n_workers; w++) {
        json_t *worker = json_pack("{s:i}", "rank", (int)node->rank[w]);
        json_t *like = workers_of(&c->plan[node->plan], &made[node->plan]);
        json_object_update(worker, json_array_get(like, w));
        json_array_append_new(workers, worker);
    }
    return workers;
}

static json_t *node_object(const struct cluster_plan *c, size_t i,
                           json_t **made)
{
    const struct node_has *has = c->node[i].has;
    const struct plan *plan = cluster_plan_of(c, i);
    return json_pack("{s:o, s:{s:i, s:i, s:s}, s:o, s:o, s:o, s:o}",
                     "host", json_text(has->host), "budget",
                     "cpus", (int)has->budget, "of", (int)has->n_cores,
                     "why", has->why,
                     "why", text_or_null(plan != NULL ? plan->why : ""),
                     "how", text_or_null(plan != NULL ? plan->how : ""),
                     "warning",
                     text_or_null(plan != NULL ? plan->warning : ""),
                     "workers", ranked_workers(c, i, made));
}

int cluster_plan_json(const char *path, const struct cluster_plan *c,
                      struct ff_error *err)
{
    json_t *nodes = json_array();
    json_t **made = calloc(c->n_plans + 1, sizeof made[0]);
    for (size_t i = 0; made != NULL && i < c->n_nodes; i++)
        json_array_append_new(nodes, node_object(c, i, made));
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
