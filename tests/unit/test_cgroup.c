/* SPDX-License-Identifier: Apache-2.0 */
/* Quotas of control groups, read from trees that each test writes into a
 * directory of its own. The forms of the lines are those of proc(5),
 * cgroups(7), cgroup_namespaces(7) and the kernel's documents on cgroup v1
 * and v2; what a container sees is written by hand after these. */
#include "cgroup.h"
#include "tap.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define V2_LINE                                                                \
    "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - "                        \
    "cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_LINE                                                                \
    "33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:12 - "                  \
    "cgroup cgroup rw,cpu,cpuacct\n"

struct tree {
    char root[64];
};

static struct tree tree_create(void)
{
    struct tree tree = {"/tmp/fanfold-test-cgroup-XXXXXX"};
    if (mkdtemp(tree.root) == NULL)
        CU_FAIL_FATAL("mkdtemp");
    return tree;
}

static int remove_one(const char *path, const struct stat *info, int type,
                      struct FTW *ftw)
{
    (void)info, (void)type, (void)ftw;
    return remove(path);
}

static void tree_destroy(struct tree *tree)
{
    nftw(tree->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file and the directories above it. */
static void put(const struct tree *tree, const char *path, const char *text)
{
    char full[1024];
    snprintf(full, sizeof full, "%s%s", tree->root, path);
    for (char *p = full + strlen(tree->root) + 1; *p != '\0'; p++)
        if (*p == '/') {
            *p = '\0';
            mkdir(full, 0700);
            *p = '/';
        }
    FILE *file = fopen(full, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void put_proc(const struct tree *tree, const char *cgroup,
                     const char *mountinfo)
{
    put(tree, "/proc/self/cgroup", cgroup);
    put(tree, "/proc/self/mountinfo", mountinfo);
}

/* Reads the tree, removes it, and compares. */
static void expect(struct tree *tree, int64_t quota, int64_t period,
                   const char *why)
{
    struct cgroup_quota read = {0};
    cgroup_quota_read(tree->root, &read);
    tree_destroy(tree);
    CU_ASSERT_EQUAL(read.quota_us, quota);
    if (quota >= 0)
        CU_ASSERT_EQUAL(read.period_us, period);
    CU_ASSERT_STRING_EQUAL(read.why, why);
    if (strcmp(read.why, why) != 0)
        tap_note("got '%s', expected '%s'", read.why, why);
}

static void v2_own_is_tightest(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "0::/user.slice/job\n", V2_LINE);
    put(&tree, "/sys/fs/cgroup/user.slice/cpu.max", "400000 100000\n");
    put(&tree, "/sys/fs/cgroup/user.slice/job/cpu.max", "100000 50000\n");
    expect(&tree, 100000, 50000, "cpu.max 100000/50000 in /user.slice/job");
}

static void v2_ancestor_is_tightest(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "0::/a/b/c\n", V2_LINE);
    put(&tree, "/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    put(&tree, "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    put(&tree, "/sys/fs/cgroup/a/b/c/cpu.max", "200000 100000\n");
    expect(&tree, 150000, 100000, "cpu.max 150000/100000 in /a");
}

/* A smaller number, but over a shorter period: the looser limit. */
static void periods_differ(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "0::/a/b\n", V2_LINE);
    put(&tree, "/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    put(&tree, "/sys/fs/cgroup/a/b/cpu.max", "50000 10000\n");
    expect(&tree, 300000, 100000, "cpu.max 300000/100000 in /a");
}

static void v2_max_is_none(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "0::/a\n", V2_LINE);
    put(&tree, "/sys/fs/cgroup/a/cpu.max", "max 100000\n");
    expect(&tree, -1, 0, "");
}

/* docker with a cgroup namespace: everything is "/". */
static void v2_namespace(void)
{
    struct tree tree = tree_create();
    put_proc(
        &tree, "0::/\n",
        "1 0 0:50 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/x\n"
        "604 600 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n");
    put(&tree, "/sys/fs/cgroup/cpu.max", "200000 100000\n");
    expect(&tree, 200000, 100000, "cpu.max 200000/100000 in /");
}

/* Without a namespace the mount's root is the container's group. A file
 * below the mount with the whole path would be another group's. */
static void v2_container_mount_root(void)
{
    struct tree tree = tree_create();
    put_proc(
        &tree, "0::/docker/abc/job\n",
        "604 600 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    put(&tree, "/sys/fs/cgroup/cpu.max", "200000 100000\n");
    put(&tree, "/sys/fs/cgroup/job/cpu.max", "300000 100000\n");
    put(&tree, "/sys/fs/cgroup/docker/abc/cpu.max", "1000 100000\n");
    expect(&tree, 200000, 100000, "cpu.max 200000/100000 in /docker/abc");
}

/* "/docker/ab" is not above "/docker/abc". */
static void mount_of_others(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "0::/docker/abc\n",
             "604 600 0:26 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
             "605 600 0:26 /other /mnt ro - cgroup2 cgroup rw\n");
    put(&tree, "/sys/fs/cgroup/cpu.max", "1000 100000\n");
    put(&tree, "/sys/fs/cgroup/c/cpu.max", "1000 100000\n");
    put(&tree, "/sys/fs/cgroupc/cpu.max", "1000 100000\n");
    put(&tree, "/mnt/cpu.max", "1000 100000\n");
    expect(&tree, -1, 0, "");
}

/* cgroup_namespaces(7): what is outside of the namespace shows as "/..". */
static void outside_of_namespace(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "0::/\n",
             "604 600 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    put(&tree, "/sys/fs/cgroup/cpu.max", "200000 100000\n");
    expect(&tree, 200000, 100000, "cpu.max 200000/100000 in /..");

    tree = tree_create();
    put_proc(&tree, "0::/../sibling\n", V2_LINE);
    put(&tree, "/sys/fs/sibling/cpu.max", "1000 100000\n");
    put(&tree, "/sys/fs/cgroup/cpu.max", "1000 100000\n");
    expect(&tree, -1, 0, "");

    tree = tree_create();
    put_proc(&tree, "0::/../sibling\n",
             "604 600 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    put(&tree, "/sys/fs/cgroup/sibling/cpu.max", "200000 100000\n");
    expect(&tree, 200000, 100000, "cpu.max 200000/100000 in /../sibling");
}

static void v1_quota(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "11:cpuset:/\n4:cpuacct,cpu:/job\n1:name=systemd:/x\n",
             V1_LINE);
    put(&tree, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    put(&tree, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    put(&tree, "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n");
    put(&tree, "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
    expect(&tree, 250000, 100000, "cpu.cfs_quota_us 250000/100000 in /job");
}

/* "cpuset" and "cpuacct" alone are not "cpu". */
static void v1_other_controllers(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "3:cpuset:/job\n4:cpuacct:/job\n",
             "33 30 0:29 / /cg rw - cgroup cgroup rw,cpuset\n"
             "34 30 0:29 / /cg rw - cgroup cgroup rw,cpuacct\n");
    put(&tree, "/cg/job/cpu.cfs_quota_us", "1000\n");
    put(&tree, "/cg/job/cpu.cfs_period_us", "100000\n");
    expect(&tree, -1, 0, "");
}

static void v1_without_period(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "4:cpu,cpuacct:/job\n", V1_LINE);
    put(&tree, "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "1000\n");
    expect(&tree, -1, 0, "");
}

static void v1_in_kubernetes(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "7:cpu,cpuacct:/kubepods/burstable/pod1/c2\n",
             "912 905 0:29 /kubepods/burstable/pod1/c2 "
             "/sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n");
    put(&tree, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
    put(&tree, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    expect(&tree, 50000, 100000,
           "cpu.cfs_quota_us 50000/100000 in /kubepods/burstable/pod1/c2");
}

/* v1 has the cpu controller and v2 only names the group, or the tighter. */
static void hybrid(void)
{
    struct tree tree = tree_create();
    put_proc(&tree, "4:cpu:/job\n1:name=systemd:/s\n0::/user\n",
             "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
             "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
    put(&tree, "/sys/fs/cgroup/unified/user/cgroup.procs", "1\n");
    put(&tree, "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "350000\n");
    put(&tree, "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    expect(&tree, 350000, 100000, "cpu.cfs_quota_us 350000/100000 in /job");
}

static void escapes(void)
{
    struct tree tree = tree_create();
    put_proc(
        &tree, "0::/my group/a\\b/c\n",
        "9 1 0:2 /my\\040group /m\\040n\\134t rw master:1 propagate_from:2 "
        "- cgroup2  rw\n");
    put(&tree, "/m n\\t/a\\b/c/cpu.max", "200000 100000\n");
    expect(&tree, 200000, 100000, "cpu.max 200000/100000 in /my group/a\\b/c");
}

/* The line of an overlay of many layers is several pages long. */
static void long_lines(void)
{
    struct tree tree = tree_create();
    static char lines[200000 + sizeof V2_LINE + 100];
    int n = sprintf(lines, "1 0 0:5 / / rw - overlay overlay rw,lowerdir=");
    memset(lines + n, 'x', 200000);
    strcpy(lines + n + 200000, "\n" V2_LINE);
    put_proc(&tree, "0::/a\n", lines);
    put(&tree, "/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
    expect(&tree, 200000, 100000, "cpu.max 200000/100000 in /a");

    tree = tree_create();
    memset(lines, '/', 200000);
    memcpy(lines, "0::", 3);
    strcpy(lines + 200000, "\n");
    put_proc(&tree, lines, V2_LINE);
    expect(&tree, -1, 0, "");
}

/* Of a long name the end is shown; what no terminal shows is '?'. */
static void long_and_odd_names(void)
{
    struct tree tree = tree_create();
    char group[300], line[320], file[340], why[200];
    memset(group, 'g', sizeof group);
    memcpy(group, "/first/", 7);
    memcpy(group + 100, "/\033\303\251", 4);
    strcpy(group + 200, "/last");
    snprintf(line, sizeof line, "0::%s\n", group);
    snprintf(file, sizeof file, "/sys/fs/cgroup%s/cpu.max", group);
    put_proc(&tree, line, V2_LINE);
    put(&tree, file, "200000 100000\n");
    struct cgroup_quota quota;
    cgroup_quota_read(tree.root, &quota);
    CU_ASSERT_EQUAL(strlen(quota.why), sizeof quota.why - 1);
    memcpy(group + 100, "/???", 4);
    const char *const head = "cpu.max 200000/100000 in ...";
    snprintf(why, sizeof why, "%s%s", head,
             group + strlen(group) - (sizeof quota.why - 1 - strlen(head)));
    expect(&tree, 200000, 100000, why);
}

static void garbage_in_quotas(void)
{
    static const char *const max[] = {
        "",
        "\n",
        "x 100000\n",
        "100000\n",
        "-5 100000\n",
        "0 100000\n",
        "100000 0\n",
        "100000 -1\n",
        "100000x 100000\n",
        "99999999999999999999 100000\n",
        "max",
        "100000 100000                                                   \n"};
    for (size_t i = 0; i < sizeof max / sizeof max[0]; i++) {
        struct tree tree = tree_create();
        put_proc(&tree, "0::/a\n", V2_LINE);
        put(&tree, "/sys/fs/cgroup/a/cpu.max", max[i]);
        expect(&tree, -1, 0, "");
    }
}

static void garbage_in_proc(void)
{
    static const char *const lines[] = {"",
                                        "\n\n",
                                        "x",
                                        "1 2 3",
                                        "a b c d e",
                                        " - ",
                                        "1 2 3 / /m - ",
                                        "1 2 3 / /m rw - ",
                                        "1 2 3 / /m rw - cgroup",
                                        "1 2 3 / /m rw - cgroup2",
                                        ":::::",
                                        "0:",
                                        "0::",
                                        "0::a",
                                        "4:cpu",
                                        "1 2 3 \\04 \\777 rw - cgroup2 x y\\",
                                        "\\"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct tree tree = tree_create();
        put_proc(&tree, lines[i], V2_LINE);
        expect(&tree, -1, 0, "");
        tree = tree_create();
        put_proc(&tree, "0::/a\n4:cpu:/a\n", lines[i]);
        expect(&tree, -1, 0, "");
    }
}

static void missing(void)
{
    struct tree tree = tree_create();
    expect(&tree, -1, 0, "");
    tree = tree_create();
    put(&tree, "/proc/self/mountinfo", V2_LINE);
    put(&tree, "/sys/fs/cgroup/cpu.max", "1000 100000\n");
    expect(&tree, -1, 0, "");
    tree = tree_create();
    put(&tree, "/proc/self/cgroup", "0::/a\n");
    expect(&tree, -1, 0, "");
    tree = tree_create();
    put_proc(&tree, "0::/a\n", V2_LINE);
    expect(&tree, -1, 0, "");
    /* A group that was removed: what is above it still counts. */
    tree = tree_create();
    put_proc(&tree, "0::/a/b (deleted)\n", V2_LINE);
    put(&tree, "/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
    expect(&tree, 200000, 100000, "cpu.max 200000/100000 in /a");
}

/* The cpu.stat of the group whose quota is the tightest. (The formats: v1 in
 * ns, sched-bwc.txt of the kernel; v2 in us, cgroup-v2.rst.) */
static void throttling(void)
{
    struct cgroup_throttle t = {77, 77};
    struct cgroup_quota quota;
    struct tree tree = tree_create();
    put_proc(&tree, "0::/a/b\n", V2_LINE);
    put(&tree, "/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    put(&tree, "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    put(&tree, "/sys/fs/cgroup/a/cpu.stat",
        "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 9\n"
        "nr_throttled 4\nthrottled_usec 1234567\nnr_bursts 0\n");
    cgroup_quota_read(tree.root, &quota);
    CU_ASSERT(cgroup_throttle_read(quota.stat, &t));
    CU_ASSERT(t.count == 4 && t.ns == 1234567000);
    put(&tree, "/sys/fs/cgroup/a/cpu.stat",
        "nr_periods 9\nnr_throttled 3\nthrottled_time 1234567\n");
    CU_ASSERT(cgroup_throttle_read(quota.stat, &t));
    CU_ASSERT(t.count == 3 && t.ns == 1234567);
    put(&tree, "/sys/fs/cgroup/a/cpu.stat", "usage_usec 5\nnonsense\n");
    CU_ASSERT_FALSE(cgroup_throttle_read(quota.stat, &t));
    CU_ASSERT(t.count == 3);
    tree_destroy(&tree);
    CU_ASSERT_FALSE(cgroup_throttle_read(quota.stat, &t));
    CU_ASSERT_FALSE(cgroup_throttle_read("", &t));
}

static uint32_t cpus(int64_t quota, int64_t period)
{
    const struct cgroup_quota q = {.quota_us = quota, .period_us = period};
    return cgroup_quota_cpus(&q);
}

static void counts_cpus(void)
{
    CU_ASSERT_EQUAL(cpus(250000, 100000), 3);
    CU_ASSERT_EQUAL(cpus(200000, 100000), 2);
    CU_ASSERT_EQUAL(cpus(200001, 100000), 3);
    CU_ASSERT_EQUAL(cpus(1000, 100000), 1);
    CU_ASSERT_EQUAL(cpus(1, INT64_MAX), 1);
    CU_ASSERT_EQUAL(cpus(INT64_MAX, 1), UINT32_MAX);
    CU_ASSERT_EQUAL(cpus(-1, 100000), 0);
    CU_ASSERT_EQUAL(cpus(-1, 0), 0);
    CU_ASSERT_EQUAL(cpus(100000, 0), 0);
}

/* Whatever this system has: it must be well-formed. */
static void real_system(void)
{
    struct cgroup_quota quota;
    cgroup_quota_read("", &quota);
    CU_ASSERT(quota.quota_us == -1 || quota.quota_us > 0);
    CU_ASSERT_EQUAL(quota.quota_us == -1, quota.why[0] == '\0');
    CU_ASSERT_EQUAL(quota.quota_us == -1, cgroup_quota_cpus(&quota) == 0);
    tap_note("here: '%s'", quota.why);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"v2: the group's own quota", v2_own_is_tightest},
        {"v2: an ancestor's quota is tighter", v2_ancestor_is_tightest},
        {"the ratio counts, not the quota", periods_differ},
        {"v2: max is no limit", v2_max_is_none},
        {"v2: container with a namespace", v2_namespace},
        {"v2: container with a mount root", v2_container_mount_root},
        {"mounts that show other groups", mount_of_others},
        {"paths outside of the namespace", outside_of_namespace},
        {"v1: quota and period", v1_quota},
        {"v1: cpuset and cpuacct are not cpu", v1_other_controllers},
        {"v1: a quota without a period", v1_without_period},
        {"v1: container with a mount root", v1_in_kubernetes},
        {"hybrid", hybrid},
        {"escaped characters", escapes},
        {"long lines", long_lines},
        {"long and odd names", long_and_odd_names},
        {"garbage in quotas is no limit", garbage_in_quotas},
        {"garbage in proc is no limit", garbage_in_proc},
        {"missing files are no limit", missing},
        {"what a quota did", throttling},
        {"cpus of a quota", counts_cpus},
        {"this system", real_system},
    };
    return TAP_RUN(tests);
}
