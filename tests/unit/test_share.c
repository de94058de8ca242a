/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one of several ranks takes of a node: parts that are disjoint, even and
 * all there is, on synthetic machines; and the words. With the argument `show`
 * it is a rank itself, for tests/mpi/share.test, and prints what it took:
 * "LOCAL of N: BUDGET cores, CPUs LIST: WHY".
 */
#include "cpulist.h"
#include "share.h"
#include "tap.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void parts_are_all(void)
{
    for (uint32_t n_cores = 1; n_cores < 40; n_cores++)
        for (uint32_t n = 1; n <= n_cores; n++) {
            uint32_t next = 0;
            for (uint32_t i = 0; i < n; i++) {
                struct share s;
                share_choose(&s, n_cores, 0, i, n);
                CU_ASSERT_EQUAL(s.kind, n > 1 ? SHARE_PART : SHARE_WHOLE);
                CU_ASSERT_EQUAL(s.first, next);
                CU_ASSERT(s.n_cores == n_cores / n
                          || s.n_cores == (n_cores + n - 1) / n);
                CU_ASSERT_EQUAL(s.quota, 0);
                next += s.n_cores;
            }
            CU_ASSERT_EQUAL(next, n_cores);
        }
}

/* More ranks than cores: each core has as many, but for one. */
static void crowds(void)
{
    for (uint32_t n_cores = 1; n_cores < 8; n_cores++)
        for (uint32_t n = n_cores + 1; n < 30; n++) {
            uint32_t users[8] = {0};
            for (uint32_t i = 0; i < n; i++) {
                struct share s;
                share_choose(&s, n_cores, 0, i, n);
                CU_ASSERT(s.kind == SHARE_CROWDED && s.n_cores == 1);
                CU_ASSERT_FATAL(s.first < n_cores);
                users[s.first]++;
            }
            for (uint32_t c = 0; c < n_cores; c++)
                CU_ASSERT(users[c] == n / n_cores
                          || users[c] == (n + n_cores - 1) / n_cores);
        }
}

/* Parts of a quota are all of it, while there is a CPU for each. */
static void quotas(void)
{
    for (uint32_t quota = 1; quota < 20; quota++)
        for (uint32_t n = 2; n < 20; n++) {
            uint32_t sum = 0;
            for (uint32_t i = 0; i < n; i++) {
                struct share s;
                share_choose(&s, 64, quota, i, n);
                CU_ASSERT(s.quota >= 1);
                sum += s.quota;
            }
            CU_ASSERT(quota < n ? sum >= n : sum == quota);
        }
    struct share s;
    share_choose(&s, 64, 10, 0, 1);
    CU_ASSERT(s.kind == SHARE_WHOLE && s.n_cores == 64);
}

/* A machine of which the share's cores are left, as its affinity would leave
 * them. */
static void expect_words(const char *topology, uint32_t quota, uint32_t local,
                         uint32_t n_local, uint32_t budget, const char *why)
{
    struct machine_source source = {.topology = topology};
    struct machine machine;
    struct share share;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(machine_read(&machine, &source, &err), 0);
    share_choose(&share, machine.n_cores, quota, local, n_local);
    memmove(machine.core, machine.core + share.first,
            share.n_cores * sizeof machine.core[0]);
    machine.n_cores = machine.budget = share.n_cores;
    share_limit(&share, &machine);
    CU_ASSERT_STRING_EQUAL(machine.why, why);
    CU_ASSERT_EQUAL(machine.budget, budget);
    CU_ASSERT_EQUAL(machine.limited, n_local > 1);
    if (strcmp(machine.why, why) != 0)
        tap_note("%s", machine.why);
    machine_release(&machine);
}

static void in_words(void)
{
    expect_words("package:2 core:8 pu:2", 0, 1, 4, 4,
                 "4 of 16 cores: rank 1 of 4 on this node, cores 4-7");
    expect_words("core:2", 0, 1, 2, 1,
                 "1 of 2 cores: rank 1 of 2 on this node, core 1");
    expect_words("core:2", 0, 5, 8, 1,
                 "1 of 2 cores: rank 5 of 8 on this node, which are more than "
                 "cores");
    expect_words("core:16", 6, 0, 2, 3,
                 "3 of 16 cores: rank 0 of 2 on this node, its part of the CPU "
                 "quota");
    expect_words("core:4", 0, 0, 1, 4, "all 4 cores");
    expect_words("package:3 core:4", 0, 1, 2, 6,
                 "6 of 12 cores: rank 1 of 2 on this node, cores 6-11");
}

static void bound_by_somebody(void)
{
    struct machine_source source = {.topology = "core:8"};
    struct machine machine;
    struct share share = {.kind = SHARE_BOUND, .by = "srun"};
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(machine_read(&machine, &source, &err), 0);
    machine.n_cores = machine.budget = 2;
    share_limit(&share, &machine);
    CU_ASSERT_STRING_EQUAL(machine.why,
                           "2 of 8 cores: bound to cores 0,1 by srun");
    machine.budget = 1; /* SLURM_CPUS_PER_TASK, say: its own words stay */
    share_limit(&share, &machine);
    CU_ASSERT_EQUAL(machine.budget, 1);
    CU_ASSERT_STRING_EQUAL(machine.why,
                           "2 of 8 cores: bound to cores 0,1 by srun");
    machine_release(&machine);
}

static void hardware_threads(void)
{
    struct machine_source source = {.topology = "package:2 core:4 pu:2"};
    struct machine machine;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(machine_read(&machine, &source, &err), 0);
    CU_ASSERT_EQUAL(share_hwthreads(&machine), 16);
    machine.n_cores = machine.budget = 3;
    CU_ASSERT_EQUAL(share_hwthreads(&machine), 6);
    machine.budget = 2; /* a quota of two CPUs */
    CU_ASSERT_EQUAL(share_hwthreads(&machine), 2);
    machine_release(&machine);
}

/* Alone, nothing changes. */
static void alone(void)
{
    const struct parallel parallel = {.starter = STARTED_ALONE, .size = 1,
                                      .n_local = 1};
    cpu_set_t before, after;
    struct share share;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof before, &before), 0);
    CU_ASSERT_EQUAL(share_take(&share, &parallel, &err), 0);
    CU_ASSERT_EQUAL(sched_getaffinity(0, sizeof after, &after), 0);
    CU_ASSERT_EQUAL(share.kind, SHARE_WHOLE);
    CU_ASSERT(CPU_EQUAL(&before, &after));
}

static int show(void)
{
    struct parallel parallel;
    struct machine machine;
    struct share share;
    struct ff_error err = {0};
    static uint32_t cpu[CPU_SETSIZE];
    uint32_t n = 0;
    char list[200];
    cpu_set_t set;
    parallel_read(&parallel);
    if (share_take(&share, &parallel, &err) != 0
        || machine_init(&machine, &err) != 0
        || sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    share_limit(&share, &machine);
    for (uint32_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set))
            cpu[n++] = i;
    cpu_list_text(cpu, n, list, sizeof list);
    printf("%u of %u: %u cores, CPUs %s: %s\n", parallel.local,
           parallel.n_local, machine.budget, list, machine.why);
    machine_release(&machine);
    fflush(stdout);
    usleep(300000); /* others look at us, as they would while a run lasts */
    return 0;
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"parts are disjoint, even, and all there is", parts_are_all},
        {"more ranks than cores", crowds},
        {"parts of a quota", quotas},
        {"in words", in_words},
        {"bound by somebody", bound_by_somebody},
        {"in hardware threads", hardware_threads},
        {"alone, nothing changes", alone},
    };
    return argc == 2 && strcmp(argv[1], "show") == 0 ? show() : TAP_RUN(tests);
}
