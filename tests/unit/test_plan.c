/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs where: plans whose places are known in closed form (worker w on
 * core w, and the like), rules that hold for each of some hundred machines and
 * jobs drawn at random, lists of nodes, and plans for clusters.
 */
#include "cluster_plan.h"
#include "cpulist.h"
#include "nodes.h"
#include "seat.h"
#include "tap.h"

#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct machine machine;
static struct plan plan;

static void forget(void)
{
    plan_release(&plan);
    machine_release(&machine);
}

static struct job job_of(uint32_t workers, uint32_t threads)
{
    return (struct job){.workers = workers, .threads = threads};
}

static void plan_for(const char *topology, const struct job *job)
{
    struct ff_error err = {0};
    struct job with = *job;
    with.topology = topology;
    forget();
    CU_ASSERT_EQUAL_FATAL(plan_read_machine(&machine, &with, &err), 0);
    CU_ASSERT_EQUAL_FATAL(plan_make(&plan, &with, &machine, &err), 0);
}

/* The CPUs of a worker are these. */
static void expect_cpus(uint32_t worker, const char *cpus)
{
    char text[200];
    plan_cpus(&plan, worker, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, cpus);
    if (strcmp(text, cpus) != 0)
        tap_note("worker %u: %s, not %s", worker, text, cpus);
}

/* ---- closed forms -------------------------------------------------------- */

/* A node's part of a cluster's plan: ranks are the cluster's, cores its own. */
static void part_of_a_cluster(void)
{
    const uint32_t ranks[] = {1, 4, 7};
    const struct job job = {.topology = "package:1 core:6 pu:1", .workers = 8,
                            .threads = 1};
    struct node_share share = {1, 8, 3, 2, ranks};
    struct ff_error err = {0};
    forget();
    CU_ASSERT_EQUAL_FATAL(plan_read_machine(&machine, &job, &err), 0);
    CU_ASSERT_EQUAL_FATAL(plan_make_node(&plan, &job, &machine, &share, &err),
                          0);
    CU_ASSERT(plan.n_workers == 3 && plan.threads == 2 && plan.size == 8
              && plan.node == 1);
    for (uint32_t w = 0; w < 3; w++) {
        CU_ASSERT_EQUAL(plan_rank(&plan, w), ranks[w]);
        CU_ASSERT_EQUAL(plan.place[2 * w + 1].rank, ranks[w]);
        CU_ASSERT_EQUAL(plan.place[2 * w + 1].core, 2 * w + 1);
    }
    CU_ASSERT_STRING_EQUAL(plan.why, "3 workers x 2 threads: as asked for; all "
                                     "6 cores");
    share = (struct node_share){2, 8, 0, 1, ranks};
    plan_release(&plan);
    CU_ASSERT_EQUAL_FATAL(plan_make_node(&plan, &job, &machine, &share, &err),
                          0);
    CU_ASSERT(plan.n_workers == 0 && plan.size == 8 && plan.n_cpus == 0);
}

static void one_core_each(void)
{
    static const uint32_t n_cores[] = {1, 2, 64, 128, 1000};
    for (size_t i = 0; i < sizeof n_cores / sizeof n_cores[0]; i++) {
        char topology[64], cpus[32];
        const struct job job = job_of(0, 1);
        snprintf(topology, sizeof topology, "package:1 core:%u pu:2",
                 n_cores[i]);
        plan_for(topology, &job);
        CU_ASSERT_EQUAL_FATAL(plan.n_workers, n_cores[i]);
        CU_ASSERT_EQUAL(plan.bind_to, BIND_CORE);
        for (uint32_t w = 0; w < plan.n_workers; w++) {
            CU_ASSERT_EQUAL(plan.place[w].core, w);
            CU_ASSERT_EQUAL(plan.place[w].share, 1);
            snprintf(cpus, sizeof cpus, "%u,%u", 2 * w, 2 * w + 1);
            expect_cpus(w, cpus);
        }
    }
}

/* Worker w is the w / N-th of NUMA node w mod N. */
static void numa_nodes_in_turn(void)
{
    struct job job = job_of(24, 1);
    job.map_by = MAP_NUMA;
    plan_for("package:2 numa:3 core:8", &job);
    for (uint32_t w = 0; w < 24; w++) {
        CU_ASSERT_EQUAL(plan.place[w].numa, w % 6);
        CU_ASSERT_EQUAL(plan.place[w].core, w % 6 * 8 + w / 6);
    }
    job.map_by = MAP_SOCKET;
    plan_for("package:2 numa:3 core:8", &job);
    for (uint32_t w = 0; w < 24; w++)
        CU_ASSERT_EQUAL(plan.place[w].core, w % 2 * 24 + w / 2);
}

static void threads_stay_together(void)
{
    struct job job = job_of(0, 3);
    /* L3 caches of 4 cores: three in each, and of the fourths each NUMA node
     * has one worker. */
    plan_for("numa:2 l3:3 core:4", &job);
    CU_ASSERT_EQUAL_FATAL(plan.n_workers, 8);
    for (uint32_t w = 0; w < 6; w++)
        for (uint32_t t = 0; t < 3; t++)
            CU_ASSERT_EQUAL(plan.place[3 * w + t].core, 4 * w + t);
    expect_cpus(6, "3,7,11");
    expect_cpus(7, "15,19,23");
    /* Nobody fits in a node: the first in the first package. */
    job = job_of(2, 6);
    plan_for("package:2 numa:2 core:4", &job);
    expect_cpus(0, "0-5");
    expect_cpus(1, "8-13");
    /* A whole L2 before a part of a larger group. */
    job = job_of(2, 2);
    plan_for("l3:1 l2:2 core:2", &job);
    expect_cpus(0, "0,1");
    expect_cpus(1, "2,3");
}

static void what_is_bound(void)
{
    const char *const topology = "package:2 numa:2 core:2 pu:2";
    struct job job = job_of(4, 1);
    job.bind_to = BIND_HWTHREAD;
    plan_for(topology, &job);
    expect_cpus(3, "6");
    job.bind_to = BIND_NUMA;
    job.map_by = MAP_NUMA;
    plan_for(topology, &job);
    expect_cpus(0, "0-3");
    expect_cpus(3, "12-15");
    CU_ASSERT_EQUAL(plan.place[0].share, 2);
    job.bind_to = BIND_SOCKET;
    plan_for(topology, &job);
    expect_cpus(0, "0-7");
    expect_cpus(2, "8-15");
    CU_ASSERT_EQUAL(plan.n_cpus, 16);
    CU_ASSERT_EQUAL(plan.place[0].share, 2);
    job.bind_to = BIND_NONE;
    plan_for(topology, &job);
    expect_cpus(0, "any");
    CU_ASSERT(!plan.bound);
    CU_ASSERT_EQUAL(plan.place[0].share, 2);
    job = job_of(0, 1);
    job.hwthreads = true;
    plan_for(topology, &job);
    CU_ASSERT_EQUAL(plan.n_workers, 16);
    expect_cpus(5, "5");
    job.bind_to = BIND_CORE;
    plan_for(topology, &job);
    expect_cpus(5, "4,5");
}

static void more_than_cores(void)
{
    struct job job = job_of(10, 1);
    plan_for("core:4", &job);
    CU_ASSERT_EQUAL(plan.bind_to, BIND_NONE);
    CU_ASSERT_STRING_EQUAL(plan.warning, "10 workers share 4 cores (all 4 "
                           "cores): slower than one a core, same results");
    job.oversubscribe = true;
    plan_for("core:4", &job);
    CU_ASSERT_STRING_EQUAL(plan.warning, "");
    job.bind_to = BIND_CORE;
    plan_for("core:4", &job);
    for (uint32_t w = 0; w < 10; w++)
        CU_ASSERT_EQUAL(plan.place[w].core, w % 4);
    CU_ASSERT_EQUAL(plan.n_cpus, 4);
    job = job_of(5000, 1);
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(plan_make(&plan, &job, &machine, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    forget();
}

/* ---- rules, at random ---------------------------------------------------- */

static uint64_t state = 1;

static uint32_t below(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(state >> 33) % n;
}

/* A machine of equal parts; sizes[]: NUMA nodes in all, L3 in each, cores in
 * each L3. */
static void draw_topology(char out[128], uint32_t sizes[3])
{
    const uint32_t packages = 1 + below(3), numas = 1 + below(4);
    sizes[0] = packages * numas;
    sizes[1] = 1 + below(3);
    sizes[2] = 1 + below(8);
    snprintf(out, 128, "package:%u numa:%u l3:%u core:%u pu:%u", packages,
             numas, sizes[1], sizes[2], 1 + below(3));
}

/* The same with some PUs that a cpuset does not allow, written to a file. */
static void write_with_cpuset(const char *words, const char *path)
{
    hwloc_topology_t topology;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    CU_ASSERT_EQUAL_FATAL(hwloc_topology_init(&topology), 0);
    hwloc_topology_set_synthetic(topology, words);
    hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    CU_ASSERT_EQUAL_FATAL(hwloc_topology_load(topology), 0);
    const int n = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU);
    hwloc_bitmap_set(set, below((uint32_t)n));
    for (int pu = 0; pu < n; pu++)
        if (below(3) > 0)
            hwloc_bitmap_set(set, (unsigned)pu);
    CU_ASSERT_EQUAL(
        hwloc_topology_allow(topology, set, NULL, HWLOC_ALLOW_FLAG_CUSTOM), 0);
    CU_ASSERT_EQUAL_FATAL(hwloc_topology_export_xml(topology, path, 0), 0);
    hwloc_topology_destroy(topology);
    hwloc_bitmap_free(set);
}

static const struct core *core_of(const struct place *place)
{
    for (uint32_t i = 0; i < machine.n_cores; i++)
        if (machine.core[i].number == place->core)
            return &machine.core[i];
    return NULL;
}

static uint32_t key(const struct core *core)
{
    return plan.bind_to == BIND_NUMA ? core->numa
           : plan.bind_to == BIND_SOCKET ? core->package : core->number;
}

/* A mask has the PUs that it should, all allowed: core by core. */
static bool right_mask(const struct place *place)
{
    const struct core *own = core_of(place);
    uint32_t n = 0;
    if (plan.bind_to == BIND_HWTHREAD)
        return place->n_cpus == 1 && plan.cpu[place->cpus] == own->pu;
    for (uint32_t i = 0; i < machine.n_cores; i++) {
        const struct core *c = &machine.core[i];
        for (uint32_t k = 0; key(c) == key(own) && k < c->n_pus; k++, n++) {
            bool has = false;
            for (uint32_t m = 0; m < place->n_cpus; m++)
                has = has || plan.cpu[place->cpus + m]
                             == machine.pu[c->first + k];
            if (!has)
                return false;
        }
    }
    return n == place->n_cpus;
}

static bool ascending(const struct place *place)
{
    for (uint32_t m = 1; m < place->n_cpus; m++)
        if (plan.cpu[place->cpus + m] <= plan.cpu[place->cpus + m - 1])
            return false;
    return true;
}

static void check_places(void)
{
    const uint32_t n = plan.n_workers * plan.threads;
    static uint32_t users[1024];
    memset(users, 0, sizeof users);
    for (uint32_t i = 0; i < n; i++) {
        const struct place *p = &plan.place[i];
        CU_ASSERT_PTR_NOT_NULL_FATAL(core_of(p));
        users[p->core]++;
        CU_ASSERT_EQUAL(p->numa, core_of(p)->numa);
        CU_ASSERT(p->share >= 1);
        if (plan.bound) {
            CU_ASSERT(right_mask(p));
            CU_ASSERT(ascending(p));
        } else {
            CU_ASSERT_EQUAL(p->n_cpus, 0);
        }
    }
    /* Cores are shared evenly: none twice while one is free. */
    uint32_t least = UINT32_MAX, most = 0;
    for (uint32_t i = 0; i < machine.n_cores; i++) {
        const uint32_t k = users[machine.core[i].number];
        least = k < least ? k : least;
        most = k > most ? k : most;
    }
    CU_ASSERT(most <= least + 1);
}

static bool in_one(uint32_t worker, bool l3)
{
    const struct place *p = &plan.place[worker * plan.threads];
    for (uint32_t t = 1; t < plan.threads; t++)
        if (p[t].numa != p->numa || (l3 && p[t].l3 != p->l3))
            return false;
    return true;
}

/* How many workers can be whole inside parts with these numbers of cores. */
static uint32_t most_inside(bool l3)
{
    static uint32_t cores[1024];
    uint32_t n = 0;
    memset(cores, 0, sizeof cores);
    for (uint32_t i = 0; i < machine.n_cores; i++)
        cores[l3 ? machine.core[i].l3 : machine.core[i].numa]++;
    for (uint32_t i = 0; i < 1024; i++)
        n += cores[i] / plan.threads;
    return n < plan.n_workers ? n : plan.n_workers;
}

static void check_together(const struct job *job)
{
    uint32_t in_numa = 0, in_l3 = 0;
    for (uint32_t w = 0; w < plan.n_workers; w++) {
        in_numa += in_one(w, false) ? 1 : 0;
        in_l3 += in_one(w, true) ? 1 : 0;
    }
    CU_ASSERT(in_numa >= most_inside(false));
    if (job->map_by == MAP_CORE)
        CU_ASSERT(in_l3 >= most_inside(true));
}

/* While all nodes have room, worker w is on node w mod N. */
static void check_turns(const uint32_t sizes[3])
{
    const uint32_t all = sizes[0] * (sizes[1] * sizes[2] / plan.threads);
    for (uint32_t w = 0; w < plan.n_workers && w < all; w++)
        CU_ASSERT_EQUAL(plan.place[w * plan.threads].numa, w % sizes[0]);
}

static void random_machines(void)
{
    char path[] = "/tmp/fanfold-test-plan-XXXXXX";
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    const int rounds = tap_long() ? 5000 : 400;
    for (int i = 0; i < rounds; i++) {
        char words[128];
        uint32_t sizes[3];
        const bool cpuset = below(3) == 0;
        draw_topology(words, sizes);
        if (cpuset)
            write_with_cpuset(words, path);
        struct job job = job_of(below(4) == 0 ? 0 : 1 + below(40),
                                1 + below(9));
        job.bind_to = (enum bind_to)below(6);
        job.map_by = below(2) == 0 ? MAP_CORE
                     : below(2) == 0 ? MAP_NUMA : MAP_SOCKET;
        plan_for(cpuset ? path : words, &job);
        check_places();
        if (plan.n_workers * plan.threads <= machine.n_cores) {
            check_together(&job);
            if (!cpuset && job.map_by == MAP_NUMA)
                check_turns(sizes);
        }
        if (CU_get_number_of_failures() > 0) {
            tap_note("%s, %u x %u, map %d, bind %d", words, job.workers,
                     job.threads, (int)job.map_by, (int)job.bind_to);
            break;
        }
    }
    unlink(path);
    forget();
}

/* ---- lists --------------------------------------------------------------- */

static void expect_nodes(const char *list, const char *expected)
{
    struct nodes nodes = {0};
    struct ff_error err = {0};
    char text[512] = "";
    const int rc = nodes_add_list(&nodes, list, "option '--host'", &err);
    CU_ASSERT_EQUAL(rc, 0);
    CU_ASSERT_EQUAL(nodes_merge(&nodes), 0);
    for (size_t i = 0; i < nodes.n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s:%u",
                 i > 0 ? " " : "", nodes.node[i].host, nodes.node[i].slots);
    CU_ASSERT_STRING_EQUAL(text, expected);
    if (strcmp(text, expected) != 0)
        tap_note("%s: %s %s", list, text, err.text);
    nodes_release(&nodes);
}

static void expect_wrong(const char *list, const char *words)
{
    struct nodes nodes = {0};
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(nodes_add_list(&nodes, list, "option '--host'", &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    if (strstr(err.text, words) == NULL)
        tap_note("%s: %s", list, err.text);
    nodes_release(&nodes);
}

static void node_lists(void)
{
    expect_nodes("a", "a:0");
    expect_nodes("a,b:4", "a:0 b:4");
    expect_nodes("a b:4 , c", "a:0 b:4 c:0");
    expect_nodes("n[001-003,7]", "n001:0 n002:0 n003:0 n7:0");
    expect_nodes("n[9-11]:2,m", "n9:2 n10:2 n11:2 m:0");
    expect_nodes("r[1-2]n[08-09].x", "r1n08.x:0 r1n09.x:0 r2n08.x:0 r2n09.x:0");
    expect_nodes("a,b,a,a", "a:3 b:0");
    expect_nodes("a:2,b,a:3,a", "a:6 b:0");
    expect_wrong("", "names no node");
    expect_wrong("a:0", "'a:0' has no number of workers");
    expect_wrong("a:x", "'a:x' has no number of workers");
    expect_wrong("n[1-", "'n[1-' has a bracket that does not close");
    expect_wrong("n[3-1]", "'3-1' is no number or range");
    expect_wrong("n[]", "is no number or range");
    expect_wrong("n[1-9999999999]", "is no number or range");
    expect_wrong("n[0-99999]", "more than 65536 nodes");
    expect_wrong("-x", "'-x' is no name of a node");
    expect_wrong("a;b", "'a;b' is no name of a node");
}

/* By the names that they have themselves; "x" is nobody's. */
static void node_order(void)
{
    static const char *const name[] = {"c.domain", "10", "A", "b"};
    static const char *const expected[] = {"c", "x", "a", "b.domain"};
    struct nodes nodes = {0};
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(nodes_add_list(&nodes, "a,b.domain,c:2,x", "list",
                                         &err), 0);
    CU_ASSERT_EQUAL(nodes_order(&nodes, name), 0);
    for (size_t k = 0; k < 4; k++)
        CU_ASSERT_STRING_EQUAL(nodes.node[k].host, expected[k]);
    CU_ASSERT_EQUAL(nodes.node[0].slots, 2);
    nodes_release(&nodes);
}

static void node_files(void)
{
    char path[] = "/tmp/fanfold-test-nodes-XXXXXX";
    const int fd = mkstemp(path);
    struct nodes nodes = {0};
    struct ff_error err = {0};
    static const char good[] =
        "# all\n\n  a slots=4 max_slots=8 # one\nn[1-2]\nb:3\n";
    static const char bad[] = "a\nb slots 3\n";
    CU_ASSERT_EQUAL_FATAL(write(fd, good, sizeof good - 1),
                          (ssize_t)sizeof good - 1);
    CU_ASSERT_EQUAL(nodes_add_file(&nodes, path, &err), 0);
    CU_ASSERT_EQUAL_FATAL(nodes.n, 4);
    CU_ASSERT_STRING_EQUAL(nodes.node[0].host, "a");
    CU_ASSERT_EQUAL(nodes.node[0].slots, 4);
    CU_ASSERT_STRING_EQUAL(nodes.node[2].host, "n2");
    CU_ASSERT_EQUAL(nodes.node[3].slots, 3);
    nodes_release(&nodes);
    CU_ASSERT_EQUAL(ftruncate(fd, 0), 0);
    CU_ASSERT_EQUAL(pwrite(fd, bad, sizeof bad - 1, 0),
                    (ssize_t)sizeof bad - 1);
    CU_ASSERT_EQUAL(nodes_add_file(&nodes, path, &err), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ":2: 'slots' is not slots=N"));
    nodes_release(&nodes);
    CU_ASSERT_EQUAL(pwrite(fd, "a slot=2 \n", 10, 0), 10);
    CU_ASSERT_EQUAL(nodes_add_file(&nodes, path, &err), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ":1: 'slot=2' is not slots=N"));
    nodes_release(&nodes);
    CU_ASSERT_EQUAL(nodes_add_file(&nodes, "/nonexistent", &err), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'/nonexistent' (--hostfile)"));
    nodes_release(&nodes);
    close(fd);
    unlink(path);
}

/* ---- clusters ------------------------------------------------------------ */

static struct nodes nodes;
static struct node_has has[200];
static struct cluster_plan cluster;

/* Each node is like the machine. */
static void describe(void)
{
    for (size_t i = 0; i < nodes.n; i++)
        has[i] = (struct node_has){
            .host = nodes.node[i].host, .slots = nodes.node[i].slots,
            .budget = machine.budget, .n_cores = machine.n_cores_machine,
            .why = machine.why, .machine = &machine};
}

static void plan_cluster(const char *list, const char *topology,
                         const struct job *job)
{
    struct ff_error err = {0};
    struct job with = *job;
    with.topology = topology;
    cluster_plan_release(&cluster);
    nodes_release(&nodes);
    forget();
    CU_ASSERT_EQUAL_FATAL(plan_read_machine(&machine, &with, &err), 0);
    CU_ASSERT_EQUAL_FATAL(nodes_add_list(&nodes, list, "list", &err), 0);
    describe();
    CU_ASSERT_EQUAL_FATAL(
        cluster_plan_make(&cluster, &with, has, nodes.n, false, &err), 0);
}

static void ten_thousand_cores(void)
{
    struct job job = job_of(0, 1);
    plan_cluster("n[001-156]", "package:2 core:32 pu:2", &job);
    CU_ASSERT_EQUAL(cluster.n_workers, 9984);
    for (uint32_t r = 0; r < 9984; r++)
        CU_ASSERT_EQUAL(cluster.node[r / 64].rank[r % 64], r);
    job.map_by = MAP_NODE;
    plan_cluster("n[001-156]", "package:2 core:32 pu:2", &job);
    for (uint32_t r = 0; r < 9984; r++)
        CU_ASSERT_EQUAL(cluster.node[r % 156].rank[r / 156], r);
    CU_ASSERT_STRING_EQUAL(cluster.node[155].has->host, "n156");
}

/* So many workers on each node. */
static void expect_workers(const char *counts)
{
    char text[200] = "";
    for (size_t i = 0; i < cluster.n_nodes; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u",
                 i > 0 ? " " : "", cluster.node[i].n_workers);
    CU_ASSERT_STRING_EQUAL(text, counts);
    if (strcmp(text, counts) != 0)
        tap_note("%s, not %s", text, counts);
}

static void rooms(void)
{
    struct job job = job_of(0, 2);
    plan_cluster("a,b:3,c", "core:8", &job);
    expect_workers("4 3 4");
    job.workers = 5;
    plan_cluster("a,b:3,c", "core:8", &job);
    expect_workers("4 1 0");
    CU_ASSERT_PTR_NULL(cluster_plan_of(&cluster, 2));
    job.map_by = MAP_NODE;
    plan_cluster("a,b:3,c", "core:8", &job);
    expect_workers("2 2 1");
    CU_ASSERT_EQUAL(cluster.node[0].rank[1], 3);
    job.workers = 13;
    plan_cluster("a,b:3,c", "core:8", &job);
    expect_workers("5 4 4");
    CU_ASSERT_STRING_EQUAL(cluster.warning, "13 workers are more than the 11 "
                           "that the nodes have room for: slower, same "
                           "results");
    CU_ASSERT_STRING_EQUAL(cluster_plan_of(&cluster, 0)->warning, "10 threads share 8 cores "
                           "(all 8 cores): slower than one a core, same "
                           "results");
    job = job_of(0, 1);
    job.ppn = 3;
    plan_cluster("a,b:1", "core:8", &job);
    expect_workers("3 3");
    struct ff_error err = {0};
    job = job_of(9000, 1);
    cluster_plan_release(&cluster);
    CU_ASSERT_EQUAL(cluster_plan_make(&cluster, &job, has, nodes.n, false,
                                      &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    nodes_release(&nodes);
    forget();
}

/* Nodes of 1, 2 and 8 cores, whose threads are placed elsewhere. */
static void plan_uneven(const struct job *job, bool team)
{
    static const struct node_has uneven[] = {
        {.host = "a", .budget = 1, .n_cores = 2, .why = "1 of 2 cores"},
        {.host = "b", .budget = 2, .n_cores = 2, .why = "all 2 cores"},
        {.host = "c", .budget = 8, .n_cores = 8, .why = "all 8 cores"}};
    struct ff_error err = {0};
    cluster_plan_release(&cluster);
    CU_ASSERT_EQUAL_FATAL(cluster_plan_make(&cluster, job, uneven, 3, team,
                                            &err), 0);
}

static void expect_threads(uint32_t a, uint32_t b, uint32_t c)
{
    CU_ASSERT(cluster.node[0].threads == a && cluster.node[1].threads == b
              && cluster.node[2].threads == c);
    CU_ASSERT_EQUAL(cluster.n_executors, a * cluster.node[0].n_workers
                                         + b * cluster.node[1].n_workers
                                         + c * cluster.node[2].n_workers);
}

static void uneven_nodes(void)
{
    struct job job = job_of(0, 1);
    plan_uneven(&job, false);
    expect_workers("1 2 8");
    CU_ASSERT_EQUAL(cluster.node[2].rank[7], 10);
    CU_ASSERT_PTR_NULL(cluster_plan_of(&cluster, 2));
    job.workers = 6;
    job.map_by = MAP_NODE;
    plan_uneven(&job, false);
    expect_workers("1 2 3"); /* in turn, while there is room */
    CU_ASSERT_EQUAL(cluster.node[0].rank[0], 0);
    CU_ASSERT_EQUAL(cluster.node[1].rank[1], 3);
    CU_ASSERT_EQUAL(cluster.node[2].rank[2], 5);
    job = job_of(0, 2); /* a worker at least */
    plan_uneven(&job, false);
    expect_workers("1 1 4");
    expect_threads(2, 2, 2);
    job = job_of(0, 1);
    job.ppn = 2;
    plan_uneven(&job, false);
    expect_workers("2 2 2");
    job.workers = 4;
    plan_uneven(&job, false);
    expect_workers("2 2 0");
    cluster_plan_release(&cluster);
}

/* Ranks on one host: each has its cores, all together have too many. */
static void crowded_host(void)
{
    static const struct node_has ranks[] = {
        {.host = "a", .budget = 1, .n_cores = 2, .why = ""},
        {.host = "b", .budget = 2, .n_cores = 2, .why = ""},
        {.host = "a", .budget = 1, .n_cores = 2, .why = ""},
        {.host = "a", .budget = 1, .n_cores = 2, .why = ""}};
    struct job job = job_of(0, 1);
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(cluster_plan_make(&cluster, &job, ranks, 3, false,
                                            &err), 0);
    CU_ASSERT_STRING_EQUAL(cluster.warning, "");
    cluster_plan_release(&cluster);
    CU_ASSERT_EQUAL_FATAL(cluster_plan_make(&cluster, &job, ranks, 4, false,
                                            &err), 0);
    CU_ASSERT_STRING_EQUAL(cluster.warning, "a: 3 threads of 3 ranks share 2 "
                           "cores: slower than one a core, same results");
    cluster_plan_release(&cluster);
    job.oversubscribe = true;
    CU_ASSERT_EQUAL_FATAL(cluster_plan_make(&cluster, &job, ranks, 4, false,
                                            &err), 0);
    CU_ASSERT_STRING_EQUAL(cluster.warning, "");
    cluster_plan_release(&cluster);
}

/* A worker a node with all its cores; several share them. */
static void teams(void)
{
    struct job job = job_of(0, 1);
    plan_uneven(&job, true);
    expect_workers("1 1 1");
    expect_threads(1, 2, 8);
    job.ppn = 3;
    plan_uneven(&job, true);
    expect_workers("3 3 3");
    expect_threads(1, 1, 2);
    job = job_of(5, 1);
    plan_uneven(&job, true);
    expect_workers("2 2 1");
    expect_threads(1, 1, 8);
    CU_ASSERT_STRING_EQUAL(cluster.warning, "");
    cluster_plan_release(&cluster);
}

/* ---- sets of CPUs as text ------------------------------------------------ */

static void cpu_lists(void)
{
    static const uint32_t some[] = {0, 1, 2, 5, 7, 8, 8, 64};
    char text[64];
    cpu_list_text(some, 8, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "0-2,5,7,8,64");
    cpu_list_text(some, 8, text, 16);
    CU_ASSERT_STRING_EQUAL(text, "0-2,5,7,8,64");
    cpu_list_text(some, 0, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "none");
    static const uint32_t long_ones[] = {1000, 2000, 3000, 4000, 5000};
    cpu_list_text(long_ones, 5, text, 20);
    CU_ASSERT_STRING_EQUAL(text, "1000,2000,3000,...");
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"a core each", one_core_each},
        {"nodes that differ", uneven_nodes},
        {"ranks that crowd a host", crowded_host},
        {"teams on nodes that differ", teams},
        {"a node's part of a cluster", part_of_a_cluster},
        {"NUMA nodes and packages in turn", numa_nodes_in_turn},
        {"threads of a worker stay together", threads_stay_together},
        {"what is bound to what", what_is_bound},
        {"more executors than cores", more_than_cores},
        {"rules that hold on random machines", random_machines},
        {"lists of nodes", node_lists},
        {"nodes in the order of their own names", node_order},
        {"files of nodes", node_files},
        {"a cluster of 9,984 cores", ten_thousand_cores},
        {"rooms, slots and ranks", rooms},
        {"lists of CPUs", cpu_lists},
    };
    return TAP_RUN(tests);
}
