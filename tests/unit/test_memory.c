/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that may be used, read from trees that each test writes into a folder
 * of its own, in the forms of proc(5) and of the kernel's documents on cgroup v1
 * and v2. */
#include "memory.h"
#include "tap.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GIB (UINT64_C(1) << 30)

static char root[64];

static int remove_one(const char *path, const struct stat *info, int type,
                      struct FTW *ftw)
{
    (void)info, (void)type, (void)ftw;
    return remove(path);
}

/* Writes a file and the folders above it. */
static void put(const char *path, const char *text)
{
    char full[1024];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *p = full + strlen(root) + 1; *p != '\0'; p++)
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

/* A machine of 8 GiB, of which 6 may be used. */
static void begin(void)
{
    snprintf(root, sizeof root, "/tmp/fanfold-test-memory-XXXXXX");
    if (mkdtemp(root) == NULL)
        CU_FAIL_FATAL("mkdtemp");
    put("/proc/meminfo", "MemTotal:        8388608 kB\n"
        "MemFree:         1048576 kB\nMemAvailable:    6291456 kB\n"
        "Buffers:              12 kB\n");
}

static void expect(uint64_t all, uint64_t unused)
{
    struct memory m;
    memory_read(root, &m);
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    CU_ASSERT_EQUAL(m.all_bytes, all);
    CU_ASSERT_EQUAL(m.free_bytes, unused);
}

static void of_the_machine(void)
{
    begin();
    expect(8 * GIB, 6 * GIB);
}

/* The limit of a group above is the tightest; cached files that nobody used
 * lately do not count as used. */
static void of_groups(void)
{
    begin();
    put("/proc/self/cgroup", "0::/a/b\n");
    put("/proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw shared:9 - "
        "cgroup2 cgroup2 rw\n");
    put("/sys/fs/cgroup/a/memory.max", "4294967296\n");
    put("/sys/fs/cgroup/a/memory.current", "3221225472\n");
    put("/sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 1073741824\n");
    put("/sys/fs/cgroup/a/b/memory.max", "max\n");
    put("/sys/fs/cgroup/a/b/memory.current", "1\n");
    expect(4 * GIB, 2 * GIB);
}

static void of_groups_of_version_1(void)
{
    begin();
    put("/proc/self/cgroup", "4:memory:/job\n1:cpu:/\n0::/\n");
    put("/proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/memory rw - "
        "cgroup cgroup rw,memory\n");
    put("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2147483648\n");
    put("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "2147483648\n");
    put("/sys/fs/cgroup/memory/job/memory.stat", "inactive_file 5\n"
        "total_inactive_file 1073741824\n");
    /* No limit, as version 1 writes it. */
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "4096\n");
    expect(2 * GIB, GIB);
}

static void more_than_the_limit(void)
{
    begin();
    put("/proc/self/cgroup", "0::/\n");
    put("/proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 "
        "cgroup2 rw\n");
    put("/sys/fs/cgroup/memory.max", "1000\n");
    put("/sys/fs/cgroup/memory.current", "2000\n");
    expect(1000, 0);
}

static void nothing_can_be_read(void)
{
    snprintf(root, sizeof root, "/tmp/fanfold-test-memory-XXXXXX");
    if (mkdtemp(root) == NULL)
        CU_FAIL_FATAL("mkdtemp");
    expect(0, UINT64_MAX);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"of the machine", of_the_machine},
        {"limits of groups", of_groups},
        {"limits of groups of version 1", of_groups_of_version_1},
        {"more is used than may be", more_than_the_limit},
        {"what cannot be read is no limit", nothing_can_be_read},
    };
    return TAP_RUN(tests);
}
