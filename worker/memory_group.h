/* SPDX-License-Identifier: Apache-2.0 */
/* A control group (v2) of our own, with a limit of memory: where a group is
 * delegated to us, or we are root, the system itself holds a command to it. */
#ifndef FANFOLD_WORKER_MEMORY_GROUP_H
#define FANFOLD_WORKER_MEMORY_GROUP_H

#include <stdbool.h>
#include <stdint.h>

struct memory_group {
    char *dir;         /* NULL: there is none */
    int procs;         /* its cgroup.procs; -1 */
    uint64_t kills;    /* so far */
};
#define MEMORY_GROUP_NONE ((struct memory_group){.procs = -1})

/* Below the nearest group, from ours upwards, that hands memory on to its
 * children and lets us make one. False: there is none. root as in cgroup_walk.h
 * ("" outside tests). */
bool memory_group_open(struct memory_group *g, const char *root,
                       const char *name, uint64_t bytes);

/* Has the system killed somebody of it since the last time? */
bool memory_group_has_killed(struct memory_group *g);

void memory_group_close(struct memory_group *g);

#endif
