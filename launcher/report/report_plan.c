/* SPDX-License-Identifier: Apache-2.0 */
/* Who ran where, in the report for programs: see report_plan.h. One machine is
 * a cluster of one node. */
#include "report_plan.h"
#include "json_file.h"

static json_t *count(uint64_t n)
{
    return json_integer((json_int_t)(n <= INT64_MAX ? n : INT64_MAX));
}

static json_t *seconds(uint64_t ns)
{
    return json_real((double)ns * 1e-9);
}

static json_t *known_text(const char *s)
{
    return *s != '\0' ? json_text(s) : json_null();
}

/* ---- workers ------------------------------------------------------------- */

/* "0,2"; null when the worker is not bound. */
static json_t *cpus_text(const struct plan *plan, uint32_t worker)
{
    static char list[16384];
    if (!plan_is_bound(plan, worker))
        return json_null();
    plan_cpus(plan, worker, list, sizeof list);
    return json_string(list);
}

static json_t *worker_object(const struct plan *plan, const struct outcome *o,
                             uint32_t w)
{
    json_t *object = json_pack("{s:o, s:o, s:o}",
                               "rank", count(plan_rank(plan, w)),
                               "cpus", cpus_text(plan, w),
                               "threads", count(plan_threads(plan, w)));
    if (o->serial || o->worker == NULL)
        return object;
    const struct worker_outcome *x = &o->worker[w];
    json_t *did = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                            "chunks", count(x->chunks),
                            "busy_s", seconds(x->busy_ns),
                            "publish_s", seconds(x->publish_ns),
                            "cpu_s", seconds(x->cpu_ns),
                            "steals", count(x->steals),
                            "max_rss_kb", count(x->max_rss_kb),
                            "deaths", count(x->deaths));
    json_object_update(object, did);
    json_decref(did);
    return object;
}

/* Those of a node, or of the only one. */
static json_t *workers_array(const struct plan *plan, const struct outcome *o,
                             uint32_t node)
{
    json_t *workers = json_array();
    for (uint32_t w = 0; w < plan->n_workers; w++)
        if (plan->worker == NULL || plan->worker[w].node == node)
            json_array_append_new(workers, worker_object(plan, o, w));
    return workers;
}

/* ---- nodes --------------------------------------------------------------- */

static json_t *node_object(const struct plan *plan, const struct outcome *o,
                           uint32_t i)
{
    const struct plan_node *node = &plan->nodes[i];
    return json_pack("{s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o}",
                     "host", json_text(node->host), "budget",
                     "cpus", count(node->budget), "of", count(node->n_cores),
                     "why", json_text(node->budget_why),
                     "why", json_text(node->why), "how", json_text(node->how),
                     "warning", known_text(node->warning),
                     "workers", workers_array(plan, o, i));
}

static json_t *only_node(const struct machine *machine,
                         const struct plan *plan, const struct outcome *o)
{
    return json_pack("{s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o}",
                     "host", json_text(machine->host), "budget",
                     "cpus", count(machine->budget),
                     "of", count(machine->n_cores_machine),
                     "why", json_text(machine->why),
                     "why", json_text(plan->why), "how", json_text(plan->how),
                     "warning", known_text(plan->warning),
                     "workers", workers_array(plan, o, 0));
}

json_t *report_plan(const struct machine *machine, const struct plan *plan,
                    const struct outcome *o)
{
    json_t *nodes = json_array();
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        json_array_append_new(nodes, node_object(plan, o, i));
    if (plan->n_nodes == 0)
        json_array_append_new(nodes, only_node(machine, plan, o));
    return json_pack("{s:o, s:o, s:o, s:b, s:o}",
                     "why", json_text(plan->why), "how", json_text(plan->how),
                     "warning", known_text(plan->warning),
                     "serial", (int)o->serial, "nodes", nodes);
}

json_t *report_lost(const struct outcome *o)
{
    json_t *lost = json_array();
    for (uint32_t i = 0; i < o->nodes_lost; i++)
        json_array_append_new(lost, json_pack("{s:o, s:o}",
                                              "host",
                                              json_text(o->lost[i].host),
                                              "why",
                                              known_text(o->lost[i].why)));
    return lost;
}
