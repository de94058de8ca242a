/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one of several ranks on a node takes of it: the CPUs that it was bound
 * to, when somebody asked for that, else an equal part of what all of them may
 * use. So `mpirun -N 1` gets all cores (it binds to one of them by default),
 * and `mpirun -n 8` divides the node.
 */
#ifndef FANFOLD_LAUNCHER_SHARE_H
#define FANFOLD_LAUNCHER_SHARE_H

#include "machine.h"
#include "parallel.h"

enum share_kind {
    SHARE_WHOLE,  /* all that there is: nobody else is here */
    SHARE_BOUND,  /* what the starter was asked to bind it to */
    SHARE_PART,   /* whole cores that no other rank takes, of all or of what
                     it was bound to together with others */
    SHARE_CROWDED /* there are fewer cores than ranks: one, not for it alone */
};

struct share {
    enum share_kind kind;
    uint32_t local, n_local;  /* rank `local` of n_local on this node */
    uint32_t first, n_cores;  /* PART, CROWDED: machine->core[first ..] */
    uint32_t quota;           /* its part of a CPU quota; 0: there is none */
    char by[40];              /* BOUND: who did it, "mpirun (Open MPI)" */
};

/* The part of a rank, of the cores that the machine says we may use, and of a
 * quota of so many CPUs (0: none) for all. Pure. Parts are as even as can be,
 * each of neighbours, and together they are all. */
void share_choose(struct share *share, uint32_t n_cores, uint32_t quota,
                  uint32_t local, uint32_t n_local);

/* Limits a machine that was read after share_take to the share, and says so in
 * machine->why: "2 of 8 cores: rank 1 of 4 on this node, cores 2,3". Pure. */
void share_limit(const struct share *share, struct machine *machine);

/* The budget of a machine in hardware threads, from one that was read in cores:
 * all of its cores, unless something tighter counts CPUs. Pure. */
uint32_t share_hwthreads(const struct machine *machine);

/* Takes the share of this process: its affinity becomes that of the share, for
 * all that it starts from now on; a binding that nobody asked for is undone.
 * What a process that is no rank may use stays as it is. FF_LOST when the
 * machine cannot be read; what cannot be bound is left as it is. */
int share_take(struct share *share, const struct parallel *parallel,
               struct ff_error *err);

#endif
