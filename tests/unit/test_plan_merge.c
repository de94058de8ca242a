/* SPDX-License-Identifier: Apache-2.0 */
/* One plan out of those of several nodes: workers in the order of ranks, their
 * CPUs those of their node; and nonsense is refused. */
#include "plan_merge.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NODES = 8 };

static struct machine machine[MAX_NODES];
static struct plan own[MAX_NODES], plan;
static struct wire_hello hello[MAX_NODES];
static struct wire_planned planned[MAX_NODES];
static struct plan_part part[MAX_NODES];

/* Node i of so many cores has these workers. */
static void add_node(uint32_t i, const char *topology, uint32_t size,
                     uint32_t threads, const uint32_t *rank, uint32_t n)
{
    const struct job job = {.topology = topology, .threads = threads};
    const struct node_share share = {i, size, n, threads, rank};
    struct ff_error err = {0};
    machine_release(&machine[i]);
    plan_release(&own[i]);
    CU_ASSERT_EQUAL_FATAL(plan_read_machine(&machine[i], &job, &err), 0);
    CU_ASSERT_EQUAL_FATAL(plan_make_node(&own[i], &job, &machine[i], &share,
                                         &err), 0);
    hello[i] = (struct wire_hello){.budget = machine[i].budget,
                                   .n_cores = machine[i].n_cores_machine};
    snprintf(hello[i].host, sizeof hello[i].host, "n%u", i);
    snprintf(hello[i].why, sizeof hello[i].why, "%s", machine[i].why);
    planned[i] = (struct wire_planned){
        .n_workers = own[i].n_workers, .threads = own[i].threads,
        .n_cpus = own[i].n_cpus, .bind_to = own[i].bind_to,
        .bound = own[i].bound};
    snprintf(planned[i].why, sizeof planned[i].why, "%s", own[i].why);
    snprintf(planned[i].how, sizeof planned[i].how, "%s", own[i].how);
    snprintf(planned[i].warning, sizeof planned[i].warning, "%s",
             own[i].warning);
    part[i] = (struct plan_part){&hello[i], &planned[i], own[i].place,
                                 own[i].cpu};
}

static void expect(uint32_t worker, const char *host, const char *cpus,
                   uint32_t threads)
{
    char text[100];
    plan_cpus(&plan, worker, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, cpus);
    CU_ASSERT_STRING_EQUAL(plan_host(&plan, worker), host);
    CU_ASSERT_EQUAL(plan_threads(&plan, worker), threads);
    CU_ASSERT_EQUAL(plan_rank(&plan, worker), worker);
    for (uint32_t t = 0; t < threads; t++)
        CU_ASSERT_EQUAL(plan_places(&plan, worker)[t].rank, worker);
}

static void merge(uint32_t n)
{
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(plan_merge(&plan, part, n, &err), 0);
}

static void in_turn(void)
{
    static const uint32_t a[] = {0, 2, 4}, b[] = {1, 3};
    add_node(0, "core:3 pu:1", 5, 1, a, 3);
    add_node(1, "core:2 pu:2", 5, 1, b, 2);
    merge(2);
    CU_ASSERT(plan.n_workers == 5 && plan.size == 5 && plan.n_nodes == 2
              && plan.bound && plan_executors(&plan) == 5);
    expect(0, "n0", "0", 1);
    expect(1, "n1", "0,1", 1);
    expect(2, "n0", "1", 1);
    expect(3, "n1", "2,3", 1);
    expect(4, "n0", "2", 1);
    CU_ASSERT_STRING_EQUAL(plan.why, "5 workers on 2 nodes");
    CU_ASSERT_STRING_EQUAL(plan.nodes[1].why, "2 workers: all 2 cores");
    CU_ASSERT_STRING_EQUAL(plan.how, own[0].how);
}

/* Nodes without workers, and teams of different sizes. */
static void uneven(void)
{
    static const uint32_t a[] = {0}, c[] = {1};
    add_node(0, "core:2 pu:1", 2, 2, a, 1);
    add_node(1, "core:2 pu:1", 2, 1, NULL, 0);
    add_node(2, "core:4 pu:1", 2, 4, c, 1);
    merge(3);
    CU_ASSERT(plan.n_workers == 2 && plan.threads == 4
              && plan_executors(&plan) == 6);
    expect(0, "n0", "0,1", 2);
    expect(1, "n2", "0-3", 4);
    CU_ASSERT_STRING_EQUAL(plan.why, "2 workers x up to 4 threads on 3 nodes");
    CU_ASSERT_EQUAL(plan.nodes[1].n_workers, 0);
}

static void in_words(void)
{
    static const uint32_t a[] = {0, 1, 2}, b[] = {3, 4, 5}, c[] = {6, 7};
    add_node(0, "core:2 pu:1", 8, 1, a, 3);
    add_node(1, "core:2 pu:1", 8, 1, b, 3);
    add_node(2, "core:2 pu:1", 8, 1, c, 2);
    merge(3);
    CU_ASSERT_STRING_EQUAL(plan.why, "8 workers on 3 nodes, each with all 2 "
                                     "cores");
    CU_ASSERT_STRING_EQUAL(plan.warning, "n0, and 1 more node: 3 workers share "
                           "2 cores (all 2 cores): slower than one a core, "
                           "same results");
    CU_ASSERT_STRING_EQUAL(plan.how, "nodes differ in how threads are bound");
    expect(0, "n0", "any", 1);
    expect(7, "n2", "1", 1);
    CU_ASSERT_FALSE(plan_is_limited(&plan));
    strcpy(hello[2].host, "n1"); /* two ranks there */
    hello[1].budget = hello[2].budget = 1;
    merge(3);
    CU_ASSERT_FALSE(plan_is_limited(&plan));
    hello[0].budget = 1;
    merge(3);
    CU_ASSERT_TRUE(plan_is_limited(&plan));
    CU_ASSERT_STRING_EQUAL(plan.why, "8 workers in 3 ranks of MPI on 2 "
                                     "hosts");
    /* Texts that do not end. */
    memset(planned[0].why, 'x', sizeof planned[0].why);
    memset(hello[0].host, 'h', sizeof hello[0].host);
    merge(3);
    CU_ASSERT_EQUAL(strlen(plan.nodes[0].host), sizeof plan.nodes[0].host - 1);
}

static void refused(const char *what)
{
    struct ff_error err = {0};
    const uint32_t before = plan.n_workers;
    CU_ASSERT_EQUAL(plan_merge(&plan, part, 2, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_LOST);
    CU_ASSERT_EQUAL(plan.n_workers, before);
    if (err.status != FF_LOST)
        tap_note("%s", what);
}

static void nonsense(void)
{
    static const uint32_t a[] = {0, 2}, b[] = {1, 3}, twice[] = {1, 2},
                          high[] = {1, 4};
    add_node(0, "core:2 pu:1", 4, 1, a, 2);
    add_node(1, "core:2 pu:1", 4, 1, twice, 2);
    refused("the same rank twice");
    add_node(1, "core:2 pu:1", 4, 1, high, 2);
    refused("a rank too high");
    add_node(1, "core:2 pu:1", 4, 1, b, 2);
    merge(2);
    own[1].place[1].cpus = own[1].n_cpus;
    refused("CPUs behind the last");
    own[1].place[1].cpus = UINT32_MAX;
    refused("CPUs far behind the last");
    own[1].place[1].cpus = 0;
    planned[1].bind_to = 77;
    refused("a binding that there is not");
    planned[1].bind_to = 0;
    planned[1].n_workers = UINT32_MAX;
    refused("too many workers");
    planned[1].n_workers = 2;
    planned[1].threads = 0;
    refused("no threads");
    planned[1].threads = 1;
    merge(2);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"ranks in turn", in_turn},
        {"nodes without workers, teams that differ", uneven},
        {"in words", in_words},
        {"nonsense is refused", nonsense},
    };
    const int status = TAP_RUN(tests);
    for (int i = 0; i < MAX_NODES; i++) {
        plan_release(&own[i]);
        machine_release(&machine[i]);
    }
    plan_release(&plan);
    return status;
}
