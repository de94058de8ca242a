/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that may be used: see memory.h. MemAvailable of /proc/meminfo, which
 * the kernel computes for this question; of each group that has a limit what is
 * left below it, where cached files that nobody has used lately are free too.
 */
#include "memory.h"
#include "cgroup_walk.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Behind the word `name` in a file: a number. False: there is none. An empty
 * name: the file has nothing else. */
static bool read_field(const char *dir, const char *file, const char *name,
                       uint64_t *out)
{
    char path[PATH_MAX + 32], line[256];
    const size_t n = strlen(name);
    bool found = false;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    while (!found && fgets(line, sizeof line, f) != NULL)
        found = strncmp(line, name, n) == 0
                && sscanf(line + n, "%" SCNu64, out) == 1;
    fclose(f);
    return found;
}

static void lower(uint64_t *to, uint64_t n)
{
    if (n < *to)
        *to = n;
}

static void take_group(const char *dir, const char *path, bool v2, void *arg)
{
    struct memory *m = arg;
    uint64_t limit, used, idle = 0;
    (void)path;
    if (!read_field(dir, v2 ? "memory.max" : "memory.limit_in_bytes", "",
                    &limit)
        || !read_field(dir, v2 ? "memory.current" : "memory.usage_in_bytes",
                       "", &used))
        return;
    read_field(dir, "memory.stat", v2 ? "inactive_file " : "total_inactive_file ",
               &idle);
    used -= idle < used ? idle : used;
    lower(&m->all_bytes, limit);
    lower(&m->free_bytes, limit > used ? limit - used : 0);
}

void memory_read(const char *root, struct memory *out)
{
    struct memory m = {UINT64_MAX, UINT64_MAX};
    char proc[PATH_MAX];
    uint64_t kb;
    snprintf(proc, sizeof proc, "%s/proc", root);
    if (read_field(proc, "meminfo", "MemTotal:", &kb))
        m.all_bytes = kb * 1024;
    if (read_field(proc, "meminfo", "MemAvailable:", &kb))
        m.free_bytes = kb * 1024;
    cgroup_walk(root, "memory", take_group, &m);
    *out = (struct memory){m.all_bytes == UINT64_MAX ? 0 : m.all_bytes,
                           m.free_bytes};
}
