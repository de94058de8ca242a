/* SPDX-License-Identifier: Apache-2.0 */
/* What this node has and what of it we may use: the one reader of hwloc. */
#ifndef FANFOLD_COMMON_MACHINE_H
#define FANFOLD_COMMON_MACHINE_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

struct cgroup_quota;

/* A core that we may use, in the machine's logical order. */
struct core {
    uint32_t pu;      /* OS number of the first PU of it that we may use */
    uint32_t package; /* logical numbers; neighbours share caches */
    uint32_t numa;
    uint32_t l3;
    uint32_t l2;
};

struct machine {
    char host[256];
    uint32_t n_cores_machine; /* cores of the whole node, online */
    uint32_t n_cores;         /* those that hwloc and affinity allow */
    struct core *core;        /* n_cores of them */
    uint32_t budget;          /* executors to run: 1 .. n_cores */
    bool limited;             /* budget < n_cores_machine */
    char why[200];            /* the tightest limit, for people:
                                 "2 of 64 cores: cpu.max 200000/100000",
                                 "all 2 cores" */
};

/* Reads the machine: topology (cores, packages, caches; no I/O devices), the
 * affinity mask of the calling thread, and the cgroup's quota. Honours
 * HWLOC_XMLFILE and HWLOC_SYNTHETIC; affinity and quota limit such a topology
 * only with HWLOC_THISSYSTEM=1. Fails with FF_LOST when hwloc cannot, and
 * changes nothing then. Not thread-safe: it sets an environment variable for
 * a moment. */
int machine_init(struct machine *machine, struct ff_error *err);
void machine_release(struct machine *machine);

/* Sets budget, limited and why from n_cores_machine, n_cores, n_allowed (the
 * cores that hwloc's allowed set leaves, before affinity) and the quota. */
void machine_limit(struct machine *machine, uint32_t n_allowed,
                   const struct cgroup_quota *quota);

#endif
