/* SPDX-License-Identifier: Apache-2.0 */
/* How many cores we may use: the tightest of all limits, and its name. */
#ifndef FANFOLD_COMMON_BUDGET_H
#define FANFOLD_COMMON_BUDGET_H

#include <stddef.h>
#include <stdint.h>

struct cgroup_quota;

struct budget_limits {
    const char *unit;     /* "core" */
    uint32_t n_all;       /* cores of the whole node, online */
    uint32_t n_allowed;   /* those that the cpuset allows */
    uint32_t n_usable;    /* of these, what the affinity mask leaves: >= 1 */
    const struct cgroup_quota *quota;
    uint32_t slurm_cpus;  /* SLURM_CPUS_PER_TASK; 0: none */
};

/* The budget, 1 .. n_usable; why: "2 of 64 cores: cpu.max 200000/100000", "all
 * 2 cores". */
uint32_t budget_choose(const struct budget_limits *limits, char *why,
                       size_t size);

/* SLURM_CPUS_PER_TASK in a step of Slurm, else 0: in a batch script it speaks
 * of the tasks that srun will start. */
uint32_t budget_slurm_cpus(void);

#endif
