/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs where, and why: a pure function of the job and the machine. Also of
 * several nodes, whose plans were put together (plan_merge.h). */
#ifndef FANFOLD_LAUNCHER_PLAN_H
#define FANFOLD_LAUNCHER_PLAN_H

#include "error.h"
#include "job.h"
#include "ledger.h"
#include "machine.h"

/* Of a plan for several nodes. */
struct plan_node {
    char host[256];
    uint32_t budget, n_cores; /* cores to use; of the whole machine */
    char budget_why[256];
    uint32_t n_workers, threads;
    enum bind_to bind_to;
    bool bound;
    char why[320], how[200], warning[400]; /* as of a plan */
};

struct plan_worker {
    uint32_t node, threads;
    uint32_t place;         /* the first of its places */
};

struct plan {
    uint32_t n_workers;
    uint32_t threads;       /* executors of a worker; with nodes, of the
                               largest */
    struct place *place;    /* of all executors, worker by worker */
    uint32_t *cpu;          /* what places are bound to, each set once */
    uint32_t n_cpus;
    enum bind_to bind_to;   /* never BIND_DEFAULT */
    bool bound;             /* bind_to is not BIND_NONE */
    uint32_t size;          /* workers of all nodes; on one n_workers */
    uint32_t node;          /* which of the nodes this is */
    char host[256];
    /* Put together; else NULL. Then workers are in the order of ranks. */
    struct plan_node *nodes;
    uint32_t n_nodes;
    struct plan_worker *worker;
    char why[320];          /* how many workers, and why */
    char how[200];          /* which cores they take, to what they are bound */
    char warning[400];      /* "" or one line: more executors than cores */
};

/* FF_USAGE when more executors are asked for than the ledger holds. */
int plan_make(struct plan *plan, const struct job *job,
              const struct machine *machine, struct ff_error *err);

/* Plans again for the kernel of a team, when nobody said how many threads a
 * worker is to have: one worker (or as many as were asked for), with all the
 * cores of its share. */
int plan_make_team(struct plan *plan, const struct job *job,
                   const struct machine *machine, struct ff_error *err);

/* Who a node of a cluster has. */
struct node_share {
    uint32_t node, size;    /* which node; workers of all of them */
    uint32_t n_workers;     /* on it; may be 0 */
    uint32_t threads;       /* of a worker */
    const uint32_t *rank;   /* of its workers, ascending */
};

/* The plan of a node of a cluster. */
int plan_make_node(struct plan *plan, const struct job *job,
                   const struct machine *machine,
                   const struct node_share *share, struct ff_error *err);
void plan_release(struct plan *plan);

static inline uint32_t plan_threads(const struct plan *plan, uint32_t worker)
{
    return plan->worker != NULL ? plan->worker[worker].threads
                                : plan->threads;
}

/* The places of a worker, one a thread. */
static inline const struct place *plan_places(const struct plan *plan,
                                              uint32_t worker)
{
    return plan->place + (plan->worker != NULL ? plan->worker[worker].place
                                               : worker * plan->threads);
}

/* The rank of a worker, by its number in the plan. */
static inline uint32_t plan_rank(const struct plan *plan, uint32_t worker)
{
    return plan_places(plan, worker)->rank;
}

/* Threads of all workers. */
uint32_t plan_executors(const struct plan *plan);

/* Are its threads bound? */
bool plan_is_bound(const struct plan *plan, uint32_t worker);

/* The host of a worker. */
const char *plan_host(const struct plan *plan, uint32_t worker);

#define PLAN_AT 264

/* " on HOST" when the run has several nodes, else "": behind the name of a
 * worker. */
const char *plan_at(const struct plan *plan, char out[PLAN_AT]);

/* The machine that the job is for: this one, or its --topology. */
int plan_read_machine(struct machine *machine, const struct job *job,
                      struct ff_error *err);

/* FF_USAGE when so many workers are more than a node can have. */
int plan_check_size(const struct job *job, uint32_t workers,
                    struct ff_error *err);

/* How many workers a node has when nobody says: one for each `threads` cores
 * of the budget, at least one. */
uint32_t plan_workers(const struct job *job, const struct machine *machine);

/* The CPUs of a worker's threads together as a list, "0-3,64"; "any" when they
 * are not bound, "..." at the end when there is no room. */
void plan_cpus(const struct plan *plan, uint32_t worker, char *out,
               size_t size);

#endif
