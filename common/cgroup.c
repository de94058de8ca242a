/* SPDX-License-Identifier: Apache-2.0 */
/* CPU quotas of the process's control groups: see cgroup.h. From the group's
 * directory up to the mount point every quota counts (cgroup_walk.h). What
 * cannot be read or parsed is no limit. */
#include "cgroup.h"
#include "cgroup_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads a short file whole; false when it cannot or the file is longer. */
static bool read_text(const char *dir, const char *name, char text[64])
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t n = read(fd, text, 63);
    close(fd);
    if (n <= 0 || n == 63)
        return false;
    text[n] = '\0';
    return true;
}

/* Reads one number above 0 from *text on and moves *text behind it. */
static bool parse_us(char **text, int64_t *us)
{
    char *end;
    errno = 0;
    const long long value = strtoll(*text, &end, 10);
    const bool ends = *end == '\0' || *end == '\n' || *end == ' ';
    if (end == *text || !ends || errno != 0 || value <= 0)
        return false;
    *us = value;
    *text = end;
    return true;
}

/* The quota that the group with this directory sets itself. */
static bool read_quota(const char *dir, bool v2, struct cgroup_quota *quota)
{
    char quota_text[64], period_text[64];
    if (!read_text(dir, v2 ? "cpu.max" : "cpu.cfs_quota_us", quota_text))
        return false;
    char *text = quota_text;
    if (!parse_us(&text, &quota->quota_us)) /* "max ...", "-1" */
        return false;
    if (!v2) {
        if (!read_text(dir, "cpu.cfs_period_us", period_text))
            return false;
        text = period_text;
    }
    return parse_us(&text, &quota->period_us);
}

static bool tighter(const struct cgroup_quota *a, const struct cgroup_quota *b)
{
    return b->quota_us < 0 || (double)a->quota_us / (double)a->period_us <
                                  (double)b->quota_us / (double)b->period_us;
}

/* Writes why; of a long path the end, which says more than its beginning. */
static void explain(struct cgroup_quota *quota, bool v2, const char *path)
{
    const int n =
        snprintf(quota->why, sizeof quota->why, "%s %lld/%lld in ",
                 v2 ? "cpu.max" : "cpu.cfs_quota_us",
                 (long long)quota->quota_us, (long long)quota->period_us);
    char *to = quota->why + n;
    const size_t room = sizeof quota->why - (size_t)n - 1;
    const size_t length = strlen(path);
    if (length <= room) {
        memcpy(to, path, length + 1);
    } else {
        memcpy(to, "...", 3);
        memcpy(to + 3, path + length - (room - 3), room - 3 + 1);
    }
    for (char *c = quota->why; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

static void name_stat(struct cgroup_quota *quota, const char *dir)
{
    const int n = snprintf(quota->stat, sizeof quota->stat, "%s/cpu.stat",
                           dir);
    if (n < 0 || (size_t)n >= sizeof quota->stat)
        quota->stat[0] = '\0';
}

/* Takes into account the quota of a group. */
static void tighten(const char *dir, const char *path, bool v2, void *arg)
{
    struct cgroup_quota *out = arg, quota;
    if (!read_quota(dir, v2, &quota) || !tighter(&quota, out))
        return;
    explain(&quota, v2, path);
    name_stat(&quota, dir);
    *out = quota;
}

void cgroup_quota_read(const char *root, struct cgroup_quota *out)
{
    *out = (struct cgroup_quota){.quota_us = -1};
    cgroup_walk(root, "cpu", tighten, out);
}

bool cgroup_throttle_read(const char *stat, struct cgroup_throttle *out)
{
    struct cgroup_throttle found = {0};
    bool has_count = false, has_time = false;
    char name[64];
    uint64_t value;
    FILE *file = fopen(stat, "re");
    if (file == NULL)
        return false;
    while (fscanf(file, "%63s %" SCNu64, name, &value) == 2) {
        if (strcmp(name, "nr_throttled") == 0) {
            found.count = value;
            has_count = true;
        } else if (strcmp(name, "throttled_usec") == 0) { /* v2 */
            found.ns = value * 1000;
            has_time = true;
        } else if (strcmp(name, "throttled_time") == 0) { /* v1 */
            found.ns = value;
            has_time = true;
        }
    }
    fclose(file);
    if (has_count && has_time)
        *out = found;
    return has_count && has_time;
}

uint32_t cgroup_quota_cpus(const struct cgroup_quota *quota)
{
    if (quota->quota_us <= 0 || quota->period_us <= 0)
        return 0;
    const int64_t cpus = quota->quota_us / quota->period_us +
                         (quota->quota_us % quota->period_us != 0);
    return cpus > UINT32_MAX ? UINT32_MAX : (uint32_t)cpus;
}
