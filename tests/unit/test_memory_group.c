/* SPDX-License-Identifier: Apache-2.0 */
/* Our own control group with a limit of memory, in trees that each test writes
 * into a directory of its own. What stands in the files is as in the kernel's
 * document on cgroup v2. (There is no kernel behind them: it is looked at what
 * would be told to it.) */
#include "memory_group.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void path_of(char full[512], const char *path)
{
    snprintf(full, 512, "%s%s", root, path);
}

/* Writes a file and the directories above it. */
static void put(const char *path, const char *text)
{
    char full[512];
    path_of(full, path);
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

static bool holds(const char *path, const char *text)
{
    char full[512], found[256] = "";
    path_of(full, path);
    FILE *file = fopen(full, "r");
    if (file == NULL)
        return false;
    const size_t n = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    return n == strlen(text) && memcmp(found, text, n) == 0;
}

/* We are in /user/us/scope; /user/us hands on what it is told. */
static void plant(const char *handed_on)
{
    strcpy(root, "/tmp/fanfold-test-memory-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
    put("/proc/self/cgroup", "0::/user/us/scope\n");
    put("/proc/self/mountinfo", "29 23 0:26 / /cg rw shared:9 - cgroup2 "
        "cgroup2 rw,nsdelegate\n");
    put("/cg/user/us/scope/cgroup.subtree_control", "\n");
    put("/cg/user/us/cgroup.subtree_control", handed_on);
    put("/cg/user/cgroup.subtree_control", "cpu memory pids\n");
}

static void fell(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void test_is_made_below_the_nearest(void)
{
    struct memory_group g;
    plant("cpuset cpu memory\n");
    CU_ASSERT(memory_group_open(&g, root, "fanfold-7-0", 4096000));
    CU_ASSERT(holds("/cg/user/us/fanfold-7-0/memory.max", "4096000"));
    CU_ASSERT(holds("/cg/user/us/fanfold-7-0/memory.oom.group", "1"));
    CU_ASSERT(holds("/cg/user/us/fanfold-7-0/memory.swap.max", "0"));
    CU_ASSERT_EQUAL(write(g.procs, "0", 1), 1);
    CU_ASSERT(holds("/cg/user/us/fanfold-7-0/cgroup.procs", "0"));
    memory_group_close(&g);
    fell();
}

/* "memory" is a word, not a part of one. */
static void test_is_made_further_up(void)
{
    struct memory_group g;
    plant("cpu memory_recursiveprot\n");
    CU_ASSERT(memory_group_open(&g, root, "fanfold-7-0", 1));
    CU_ASSERT(holds("/cg/user/fanfold-7-0/memory.max", "1"));
    memory_group_close(&g);
    fell();
}

static void test_is_not_made(void)
{
    struct memory_group g;
    plant("\n");
    put("/cg/user/cgroup.subtree_control", "cpu\n");
    CU_ASSERT_FALSE(memory_group_open(&g, root, "fanfold-7-0", 1));
    CU_ASSERT_EQUAL(g.procs, -1);
    CU_ASSERT_PTR_NULL(g.dir);
    CU_ASSERT_FALSE(memory_group_open(&g, "/no/such", "fanfold-7-0", 1));
    fell();
}

static void test_tells_of_kills(void)
{
    const char *events = "/cg/user/us/fanfold-7-0/memory.events";
    struct memory_group g;
    plant("memory\n");
    put(events, "low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 1\n");
    CU_ASSERT(memory_group_open(&g, root, "fanfold-7-0", 1));
    CU_ASSERT_FALSE(memory_group_has_killed(&g));
    put(events, "low 0\nhigh 0\nmax 12\noom 4\noom_kill 4\noom_group_kill 2\n");
    CU_ASSERT(memory_group_has_killed(&g));
    CU_ASSERT_FALSE(memory_group_has_killed(&g));
    memory_group_close(&g);
    fell();
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"the nearest that hands memory on", test_is_made_below_the_nearest},
        {"one further up", test_is_made_further_up},
        {"none", test_is_not_made},
        {"who was killed", test_tells_of_kills},
    };
    return TAP_RUN(tests);
}
