/* SPDX-License-Identifier: Apache-2.0 */
/* What a node has and what of it we may use: on topologies that hwloc makes
 * up (HWLOC_SYNTHETIC) or reads from a file, and on this machine, where the
 * oracle is sysfs. */
#include "budget.h"
#include "cgroup.h"
#include "hybrid.h"
#include "machine.h"
#include "tap.h"

#include <errno.h>
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* While not -1: a kernel of 4096 CPUs, and the one that the thread is bound
 * to. Such a kernel refuses shorter masks (sched_setaffinity(2)). */
static int fake_cpu = -1;

/* In libc's place, for machine.c too. */
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *mask)
{
    memset(mask, 0, size);
    if (fake_cpu < 0)
        return syscall(SYS_sched_getaffinity, pid, size, mask) < 0 ? -1 : 0;
    if (size < 4096 / 8) {
        errno = EINVAL;
        return -1;
    }
    CPU_SET_S((size_t)fake_cpu, size, mask);
    return 0;
}

static void forget_environment(void)
{
    static const char *const names[] = {
        "HWLOC_SYNTHETIC",    "HWLOC_XMLFILE",    "HWLOC_THISSYSTEM",
        "HWLOC_PLUGINS_PATH", "HWLOC_COMPONENTS", "HWLOC_FSROOT",
        "HWLOC_CPUID_PATH"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

static struct machine read_synthetic(const char *description)
{
    struct machine machine = {.budget = 0};
    struct ff_error err = {0};
    forget_environment();
    setenv("HWLOC_SYNTHETIC", description, 1);
    const int result = machine_init(&machine, &err);
    if (result != 0)
        tap_note("%s", err.text);
    unsetenv("HWLOC_SYNTHETIC");
    CU_ASSERT_EQUAL_FATAL(result, 0);
    return machine;
}

/* Reads this system, whose limits nobody knows beforehand. */
static struct machine read_real(void)
{
    struct machine machine = {.budget = 0};
    struct ff_error err = {0};
    forget_environment();
    const int result = machine_init(&machine, &err);
    if (result != 0)
        tap_note("%s", err.text);
    CU_ASSERT_EQUAL_FATAL(result, 0);
    return machine;
}

static void synthetic_cores(void)
{
    struct machine m = read_synthetic("package:2 numa:2 core:4 pu:2");
    CU_ASSERT_EQUAL(m.n_cores_machine, 16);
    CU_ASSERT_EQUAL_FATAL(m.n_cores, 16);
    CU_ASSERT_EQUAL(m.budget, 16);
    CU_ASSERT(!m.limited);
    CU_ASSERT_STRING_EQUAL(m.why, "all 16 cores");
    for (uint32_t i = 0; i < m.n_cores; i++) {
        CU_ASSERT_EQUAL(m.core[i].pu, 2 * i);
        CU_ASSERT_EQUAL(m.core[i].package, i / 8);
        CU_ASSERT_EQUAL(m.core[i].numa, i / 4);
        CU_ASSERT_EQUAL(m.core[i].l3, 0);
        CU_ASSERT_EQUAL(m.core[i].l2, 0);
    }
    machine_release(&m);
    CU_ASSERT_PTR_NULL(m.core);
}

static void synthetic_caches(void)
{
    struct machine m = read_synthetic("numa:2 package:1 l3:2 l2:2 core:2 pu:1");
    CU_ASSERT_EQUAL_FATAL(m.n_cores, 16);
    for (uint32_t i = 0; i < m.n_cores; i++) {
        CU_ASSERT_EQUAL(m.core[i].pu, i);
        CU_ASSERT_EQUAL(m.core[i].package, i / 8);
        CU_ASSERT_EQUAL(m.core[i].numa, i / 8);
        CU_ASSERT_EQUAL(m.core[i].l3, i / 4);
        CU_ASSERT_EQUAL(m.core[i].l2, i / 2);
    }
    machine_release(&m);
}

/* Packages numbered in turns and siblings far apart, as many BIOSes do: the
 * order is the machine's, the PU is the system's number. */
static void numbers_of_the_os(void)
{
    static const uint32_t pu[] = {0, 2, 1, 3};
    struct machine m =
        read_synthetic("package:2 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)");
    CU_ASSERT_EQUAL_FATAL(m.n_cores, 4);
    for (uint32_t i = 0; i < m.n_cores; i++) {
        CU_ASSERT_EQUAL(m.core[i].pu, pu[i]);
        CU_ASSERT_EQUAL(m.core[i].package, i / 2);
    }
    machine_release(&m);
}

static void odd_machines(void)
{
    struct machine m = read_synthetic("pu:4"); /* knows no cores */
    CU_ASSERT_EQUAL(m.n_cores, 4);
    CU_ASSERT_STRING_EQUAL(m.why, "all 4 cores");
    machine_release(&m);
    m = read_synthetic("core:1 pu:2");
    CU_ASSERT_EQUAL(m.n_cores, 1);
    CU_ASSERT_EQUAL(m.budget, 1);
    CU_ASSERT_STRING_EQUAL(m.why, "the only core");
    machine_release(&m);
    m = read_synthetic("package:16 core:128 pu:2");
    CU_ASSERT_EQUAL(m.n_cores, 2048);
    CU_ASSERT_EQUAL(m.core[2047].pu, 4094);
    CU_ASSERT_EQUAL(m.core[2047].package, 15);
    machine_release(&m);
}

/* Writes a topology of 8 cores, of which PUs 4 .. 9 are allowed. */
static void export_allowed(const char *path)
{
    hwloc_topology_t topology;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    hwloc_bitmap_set_range(set, 4, 9);
    CU_ASSERT_EQUAL_FATAL(hwloc_topology_init(&topology), 0);
    hwloc_topology_set_synthetic(topology, "core:8 pu:2");
    hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    CU_ASSERT_EQUAL(hwloc_topology_load(topology), 0);
    CU_ASSERT_EQUAL(
        hwloc_topology_allow(topology, set, NULL, HWLOC_ALLOW_FLAG_CUSTOM), 0);
    CU_ASSERT_EQUAL(hwloc_topology_export_xml(topology, path, 0), 0);
    hwloc_topology_destroy(topology);
    hwloc_bitmap_free(set);
}

static void cpuset_limits(void)
{
    char path[] = "/tmp/fanfold-test-machine-XXXXXX";
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    forget_environment();
    export_allowed(path);
    struct machine m;
    setenv("HWLOC_XMLFILE", path, 1);
    const int result = machine_init(&m, NULL);
    unsetenv("HWLOC_XMLFILE");
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(result, 0);
    CU_ASSERT_EQUAL(m.n_cores_machine, 8);
    CU_ASSERT_EQUAL_FATAL(m.n_cores, 3);
    CU_ASSERT_EQUAL(m.core[0].pu, 4);
    CU_ASSERT_EQUAL(m.core[2].pu, 8);
    CU_ASSERT_EQUAL(m.budget, 3);
    CU_ASSERT(m.limited);
    CU_ASSERT_STRING_EQUAL(m.why, "3 of 8 cores: cpuset");
    machine_release(&m);
}

/* hwloc by itself would read this system instead. */
static void unreadable_topology(void)
{
    static const char *const settings[][2] = {
        {"HWLOC_XMLFILE", "/nonexistent.xml"},
        {"HWLOC_XMLFILE", "/proc/self/stat"},
        {"HWLOC_SYNTHETIC", "nonsense:3"},
    };
    setenv("HWLOC_HIDE_ERRORS", "2", 1);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        struct machine m = {.budget = 77};
        struct ff_error err = {0};
        forget_environment();
        setenv(settings[i][0], settings[i][1], 1);
        CU_ASSERT_EQUAL(machine_init(&m, &err), -1);
        CU_ASSERT_EQUAL(err.status, FF_LOST);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, settings[i][0]));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, settings[i][1]));
        CU_ASSERT_EQUAL(m.budget, 77);
    }
    forget_environment();
}

static void environment_is_kept(void)
{
    struct machine m = read_real();
    CU_ASSERT_PTR_NULL(getenv("HWLOC_PLUGINS_PATH"));
    machine_release(&m);
    setenv("HWLOC_PLUGINS_PATH", "/some/where", 1);
    CU_ASSERT_EQUAL_FATAL(machine_init(&m, NULL), 0);
    CU_ASSERT_STRING_EQUAL(getenv("HWLOC_PLUGINS_PATH"), "/some/where");
    machine_release(&m);
    forget_environment();
}

/* Online cores by sysfs: PUs that are the first of their siblings. */
static uint32_t count_cores_in_sysfs(void)
{
    uint32_t n = 0;
    for (int cpu = 0; cpu < 8192; cpu++) {
        char path[100];
        int first;
        snprintf(path, sizeof path,
                 "/sys/devices/system/cpu/cpu%d/topology/"
                 "thread_siblings_list",
                 cpu);
        FILE *file = fopen(path, "r");
        if (file == NULL)
            continue;
        n += fscanf(file, "%d", &first) == 1 && first == cpu;
        fclose(file);
    }
    return n;
}

static void this_machine(void)
{
    const uint32_t expected = count_cores_in_sysfs();
    struct machine m = read_real();
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    CU_ASSERT_STRING_EQUAL(m.host, host);
    CU_ASSERT(m.budget >= 1 && m.budget <= m.n_cores);
    CU_ASSERT(m.n_cores <= m.n_cores_machine);
    CU_ASSERT_EQUAL(m.limited, m.budget < m.n_cores_machine);
    for (uint32_t i = 1; i < m.n_cores; i++)
        CU_ASSERT(m.core[i].package >= m.core[i - 1].package);
    tap_note("here: %s", m.why);
    if (expected == 0)
        tap_skip("sysfs has no topology");
    else
        CU_ASSERT_EQUAL(m.n_cores_machine, expected);
    machine_release(&m);
}

/* Binds the thread to the last CPU it may use; returns it. */
static int bind_to_one(cpu_set_t *old)
{
    int last = -1;
    if (sched_getaffinity(0, sizeof *old, old) != 0)
        return -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, old))
            last = cpu;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0 ? last : -1;
}

static void affinity_limits(void)
{
    struct machine whole = read_real();
    cpu_set_t old;
    const int cpu = bind_to_one(&old);
    if (cpu < 0 || whole.n_cores < 2) {
        tap_skip("wants two cores, and fewer than %d CPUs", CPU_SETSIZE);
    } else {
        struct machine m = read_real();
        char why[100];
        snprintf(why, sizeof why, "1 of %u cores: affinity mask",
                 whole.n_cores_machine);
        CU_ASSERT_EQUAL(m.n_cores, 1);
        CU_ASSERT_EQUAL(m.n_cores_machine, whole.n_cores_machine);
        CU_ASSERT_EQUAL(m.core[0].pu, (uint32_t)cpu);
        CU_ASSERT_EQUAL(m.budget, 1);
        CU_ASSERT(m.limited);
        CU_ASSERT_STRING_EQUAL(m.why, why);
        machine_release(&m);
    }
    if (cpu >= 0)
        sched_setaffinity(0, sizeof old, &old);
    machine_release(&whole);
}

/* On another machine's topology our affinity means nothing, unless the user
 * says that it is this one's. */
static void affinity_of_another_machine(void)
{
    cpu_set_t old;
    const int cpu = bind_to_one(&old);
    if (cpu < 0 || cpu >= 1024) {
        tap_skip("cannot bind to a CPU below 1024");
        return;
    }
    struct machine m = read_synthetic("core:512 pu:2");
    CU_ASSERT_EQUAL(m.n_cores, 512);
    CU_ASSERT_EQUAL(m.budget, 512);
    machine_release(&m);
    setenv("HWLOC_SYNTHETIC", "core:512 pu:2", 1);
    setenv("HWLOC_THISSYSTEM", "1", 1);
    CU_ASSERT_EQUAL_FATAL(machine_init(&m, NULL), 0);
    CU_ASSERT_EQUAL(m.n_cores, 1);
    CU_ASSERT_EQUAL(m.core[0].pu, (uint32_t)cpu);
    CU_ASSERT_STRING_EQUAL(m.why, "1 of 512 cores: affinity mask");
    machine_release(&m);
    setenv("HWLOC_SYNTHETIC", "core:2 pu:1(indexes=4000,4001)", 1);
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(machine_init(&m, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_LOST);
    forget_environment();
    sched_setaffinity(0, sizeof old, &old);
}

static void more_cpus_than_a_cpu_set(void)
{
    struct machine m = {.n_cores = 0};
    forget_environment();
    setenv("HWLOC_SYNTHETIC", "package:16 core:128 pu:2", 1);
    setenv("HWLOC_THISSYSTEM", "1", 1);
    fake_cpu = 3001;
    const int result = machine_init(&m, NULL);
    fake_cpu = -1;
    forget_environment();
    CU_ASSERT_EQUAL_FATAL(result, 0);
    CU_ASSERT_EQUAL(m.n_cores, 1);
    CU_ASSERT_EQUAL(m.core[0].pu, 3001);
    CU_ASSERT_EQUAL(m.core[0].package, 1500 / 128);
    CU_ASSERT_STRING_EQUAL(m.why, "1 of 2048 cores: affinity mask");
    machine_release(&m);
}

static void expect_limit(uint32_t all, uint32_t allowed, uint32_t n_cores,
                         int64_t quota_us, uint32_t slurm, uint32_t budget,
                         const char *why)
{
    const struct cgroup_quota quota = {
        .quota_us = quota_us, .period_us = 100000, .why = "cpu.max Q in /x"};
    const struct budget_limits limits = {"core", all, allowed, n_cores, &quota,
                                         slurm};
    char said[200];
    CU_ASSERT_EQUAL(budget_choose(&limits, said, sizeof said), budget);
    CU_ASSERT_STRING_EQUAL(said, why);
}

static void tightest_limit(void)
{
    expect_limit(64, 64, 64, -1, 0, 64, "all 64 cores");
    expect_limit(64, 64, 64, 200000, 0, 2, "2 of 64 cores: cpu.max Q in /x");
    expect_limit(64, 64, 64, 250000, 0, 3, "3 of 64 cores: cpu.max Q in /x");
    expect_limit(64, 64, 64, 1000, 0, 1, "1 of 64 cores: cpu.max Q in /x");
    expect_limit(64, 64, 64, 6400000, 0, 64, "all 64 cores");
    expect_limit(64, 64, 64, 99900000, 0, 64, "all 64 cores");
    expect_limit(64, 64, 3, -1, 0, 3, "3 of 64 cores: affinity mask");
    expect_limit(64, 64, 3, 300000, 0, 3, "3 of 64 cores: affinity mask");
    expect_limit(64, 8, 8, -1, 0, 8, "8 of 64 cores: cpuset");
    expect_limit(64, 8, 8, 1600000, 0, 8, "8 of 64 cores: cpuset");
    expect_limit(64, 8, 3, -1, 0, 3, "3 of 64 cores: affinity mask");
    expect_limit(64, 8, 3, 200000, 0, 2, "2 of 64 cores: cpu.max Q in /x");
    expect_limit(1, 1, 1, 1000, 0, 1, "the only core");
    expect_limit(64, 64, 64, -1, 4, 4, "4 of 64 cores: SLURM_CPUS_PER_TASK=4");
    expect_limit(64, 64, 4, -1, 4, 4, "4 of 64 cores: affinity mask");
    expect_limit(64, 64, 64, 200000, 4, 2, "2 of 64 cores: cpu.max Q in /x");
    expect_limit(64, 64, 64, 800000, 4, 4,
                 "4 of 64 cores: SLURM_CPUS_PER_TASK=4");
    expect_limit(4, 4, 4, -1, 8, 4, "all 4 cores");
}

static void write_cpu(const char *sys, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/devices/system/cpu/%s", sys, name);
    FILE *out = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    fputs(text, out);
    fclose(out);
}

/* Recent kernels of Linux have cpu_capacity on every machine: sysfs-devices-
 * system-cpu in Documentation/ABI. */
static void hybrid_machines(void)
{
    char sys[] = "/tmp/test_machine_XXXXXX", command[128];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(sys));
    snprintf(command, sizeof command, "mkdir -p %s/devices/system/cpu/cpu0 "
             "%s/devices/system/cpu/cpu11", sys, sys);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    write_cpu(sys, "online", "0-3,8-11\n");
    CU_ASSERT_FALSE(hybrid_possible(sys)); /* an old kernel, all alike */
    write_cpu(sys, "cpu0/cpu_capacity", "1024\n");
    write_cpu(sys, "cpu11/cpu_capacity", "1024\n");
    CU_ASSERT_FALSE(hybrid_possible(sys));
    write_cpu(sys, "cpu11/cpu_capacity", "602\n");
    CU_ASSERT_TRUE(hybrid_possible(sys));
    write_cpu(sys, "cpu11/cpu_capacity", "1024\n");
    snprintf(command, sizeof command, "mkdir %s/devices/cpu_atom", sys);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_TRUE(hybrid_possible(sys));
    snprintf(command, sizeof command, "rm -r %s", sys);
    CU_ASSERT_EQUAL(system(command), 0);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"cores, packages and NUMA nodes", synthetic_cores},
        {"caches", synthetic_caches},
        {"kinds of cores", hybrid_machines},
        {"numbers of the operating system", numbers_of_the_os},
        {"odd machines", odd_machines},
        {"the allowed set limits", cpuset_limits},
        {"the tightest limit is named", tightest_limit},
        {"a topology that hwloc cannot read", unreadable_topology},
        {"the environment is kept", environment_is_kept},
        {"this machine", this_machine},
        {"the affinity mask limits", affinity_limits},
        {"affinity and another machine", affinity_of_another_machine},
        {"more CPUs than a cpu_set_t has", more_cpus_than_a_cpu_set},
    };
    return TAP_RUN(tests);
}
