/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a team: see team_calls.h for what it is. */
#ifndef FANFOLD_WORKER_TEAM_H
#define FANFOLD_WORKER_TEAM_H

#include "team_calls.h"

/* Makes a team of n executors, which must be initialised for the same layout.
 * From then on the first runs the kernel with the team; the n - 1 others must
 * be in team_serve, each in a thread of its own. crowded: there are fewer
 * cores than threads. FF_LOST when there is no memory. */
int team_init(struct team *team, struct executor *executor, uint32_t n,
              kernel_function *kernel, bool crowded, struct ff_error *err);
/* The n executors of a worker run alone: what a team can call fails the chunk
 * with a word of advice. */
void team_init_none(struct team *team, struct executor *executor, uint32_t n);
void team_release(struct team *team);

/* Are there more threads on the node than cores? */
bool team_is_crowded(const struct job_shm *job);

/* Thread tid (not 0) runs with the first one whatever chunk that runs, until
 * team_end. */
void team_serve(struct team *team, uint32_t tid);

/* The first thread, outside a chunk: the others return from team_serve. */
void team_end(struct team *team);

#endif
