/* SPDX-License-Identifier: Apache-2.0 */
/* What this node has and what of it we may use: the one reader of hwloc. */
#ifndef FANFOLD_COMMON_MACHINE_H
#define FANFOLD_COMMON_MACHINE_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

enum barred { BARRED_NOT, BARRED_AFFINITY, BARRED_CPUSET };

/* A core, in the machine's logical order. With machine_source.hwthreads there
 * is one of these for each PU. */
struct core {
    uint32_t number;  /* logical numbers; neighbours share caches */
    uint32_t package;
    uint32_t numa;
    uint32_t l3;
    uint32_t l2;
    uint32_t kind;    /* of a hybrid machine; 0: the fastest */
    uint32_t pu;      /* OS number of the first PU of it that we may use */
    uint32_t first, n_pus; /* all of these: machine.pu[first ..] */
    enum barred barred;
};

/* Of a NUMA node. */
struct memory {
    uint32_t number;
    uint64_t bytes; /* 0: unknown */
};

struct machine {
    char host[256];
    uint32_t n_cores_machine; /* cores of the whole node, online */
    uint32_t n_cores;         /* those that hwloc and affinity allow */
    struct core *core;        /* n_cores of them */
    uint32_t *pu;             /* OS numbers, see struct core */
    uint32_t n_kinds;         /* 1: all cores are alike */
    uint32_t budget;          /* executors to run: 1 .. n_cores */
    bool limited;             /* budget < n_cores_machine */
    bool hwthreads;           /* what is called a core here is a PU */
    char quota_stat[4096];    /* cpu.stat of what sets the CPU quota; "" */
    char why[200];            /* the tightest limit, for people:
                                 "2 of 64 cores: cpu.max 200000/100000",
                                 "all 2 cores" */

    /* With machine_source.detail; else nothing. */
    struct core *barred;      /* the other cores, with all their PUs */
    uint32_t n_barred;
    uint32_t n_pus_machine;
    uint32_t n_packages, n_l3, n_l2; /* of the whole node */
    struct memory *memory;
    uint32_t n_memory;
    uint64_t l1_bytes, l2_bytes, l3_bytes; /* of the first core; 0: none */
    char model[100];          /* of the first package */
    char offline[200];        /* "" or PUs: "5,8-11" */
};

/* Which machine, and how much of it is to be known. */
struct machine_source {
    const char *topology; /* another machine: a file that hwloc has written, or
                             hwloc's synthetic words ("package:2 core:4
                             pu:2"); NULL: this one */
    bool hwthreads;       /* PUs count as cores */
    bool detail;          /* what a picture shows; costs time */
};

/* Reads a machine: topology (cores, packages, caches; no I/O devices), the
 * affinity mask of the calling thread, the cgroup's quota and, in a step of
 * Slurm, SLURM_CPUS_PER_TASK. Honours HWLOC_XMLFILE and HWLOC_SYNTHETIC; our
 * limits hold for such a topology only with HWLOC_THISSYSTEM=1, and never for
 * source->topology. Fails with FF_LOST when hwloc cannot, with FF_USAGE when
 * source->topology is neither, and changes nothing then. Not thread-safe: it
 * sets an environment variable for a moment. */
int machine_read(struct machine *machine, const struct machine_source *source,
                 struct ff_error *err);

/* The same for this machine, without detail. */
int machine_init(struct machine *machine, struct ff_error *err);
void machine_release(struct machine *machine);

/* "core" or "hardware thread". */
const char *machine_unit(const struct machine *machine);

#endif
