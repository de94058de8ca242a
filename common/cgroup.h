/* SPDX-License-Identifier: Apache-2.0 */
/* CPU quotas of the calling process's control groups: v2 cpu.max and v1
 * cpu.cfs_quota_us over cpu.cfs_period_us, of every ancestor; the tightest
 * counts. hwloc reads cpusets but no quotas. */
#ifndef FANFOLD_COMMON_CGROUP_H
#define FANFOLD_COMMON_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

struct cgroup_quota {
    int64_t quota_us; /* -1: none */
    int64_t period_us;
    char why[160];    /* "cpu.max 200000/100000 in /user.slice" */
    char stat[4096];  /* the group's cpu.stat; "" when its path is too long */
};

/* What quotas did to a group, since it was made. */
struct cgroup_throttle {
    uint64_t count; /* how often it was held back */
    uint64_t ns;    /* for how long, over all CPUs */
};

/* Reads a cpu.stat, of v1 or v2. False when it cannot; *out is unchanged
 * then. */
bool cgroup_throttle_read(const char *stat, struct cgroup_throttle *out);

/* root is put in front of /proc and /sys paths ("" outside tests): a recorded
 * tree has root/proc/self/cgroup, root/proc/self/mountinfo and the files
 * below the mount points named there. Files that are missing or unreadable
 * mean no limit. */
void cgroup_quota_read(const char *root, struct cgroup_quota *out);

/* CPUs that a quota stands for: ceil(quota / period), at least 1; 0: none. */
uint32_t cgroup_quota_cpus(const struct cgroup_quota *quota);

#endif
