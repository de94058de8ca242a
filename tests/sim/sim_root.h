/* SPDX-License-Identifier: Apache-2.0 */
/* The root of a simulated cluster: grants as fanfold's does, checks that each
 * chunk is settled once, counts messages. */
#ifndef FANFOLD_TESTS_SIM_ROOT_H
#define FANFOLD_TESTS_SIM_ROOT_H

#include "grants.h"
#include "ledger.h"
#include "link.h"
#include "mimic.h"

#define SIM_WORDS 76 /* lanes of a partial: those of one sum */

/* sum[0]: of the chunks' numbers from 1 on; sum[1]: of their squares. */
struct sim_lanes {
    int64_t sum[SIM_WORDS];
};

void sim_lanes_add(struct sim_lanes *lanes, const struct cover *cover);
double sim_slowness(uint32_t node);

struct sim_root {
    struct link *link;
    struct grants grants;
    struct cover settled;
    struct sim_lanes total;
    uint32_t n_nodes, n_executors, n_chunks;
    uint32_t n_hello, n_folded, n_done;
    bool started, folding, has_lanes, quit, ended, wrong;
    uint64_t begun_ns, dry_ns, ended_ns; /* dry: nothing in the pool, first */
    uint64_t n_in, n_out, n_kind[128];   /* messages while items ran */
    double waited_s;                     /* executors for a grant */
    uint64_t cpu_ns;                     /* of this machine, not simulated */
};

int sim_root_init(struct sim_root *r, struct link *link, uint32_t n_nodes,
                  uint32_t n_executors, uint32_t n_chunks);
void sim_root_release(struct sim_root *r);

/* Handles what has come, sends what follows: 1 when something has come. */
int sim_root_step(struct sim_root *r);

/* Prints the line; -1 when something was wrong. */
int sim_root_report(const struct sim_root *r, const struct costs *costs);

#endif
