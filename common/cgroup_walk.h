/* SPDX-License-Identifier: Apache-2.0 */
/* The control groups that limit this process: its own and those above it, in
 * both versions. */
#ifndef FANFOLD_COMMON_CGROUP_WALK_H
#define FANFOLD_COMMON_CGROUP_WALK_H

#include <stdbool.h>

/* A group: the directory of its files, and its path for people. */
typedef void cgroup_visit(const char *dir, const char *path, bool v2,
                          void *arg);

/* Visits them all, from the process's own to the topmost that can be seen.
 * controller: "cpu", "memory" ... root is put in front of /proc and /sys paths
 * ("" outside tests): a recorded tree has root/proc/self/cgroup,
 * root/proc/self/mountinfo and the files below the mount points named there.
 * What is missing or unreadable is not visited. */
void cgroup_walk(const char *root, const char *controller,
                 cgroup_visit *visit, void *arg);

#endif
