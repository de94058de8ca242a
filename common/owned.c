/* SPDX-License-Identifier: Apache-2.0 */
/* Whose chunks are whose: see owned.h. */
#include "owned.h"

int owned_add_all(struct cover *cover, enum schedule schedule,
                  uint32_t n_chunks, uint64_t first, uint64_t end,
                  uint64_t n_takers)
{
    if (schedule == SCHEDULE_DYNAMIC || first >= end)
        return 0;
    if (schedule == SCHEDULE_STATIC)
        return cover_add(cover, (struct range){
            owned_block(n_chunks, first, n_takers).lo,
            owned_block(n_chunks, end - 1, n_takers).hi});
    /* In turn: chunk i is that of taker i mod n. (ONCE has one turn.) */
    for (uint64_t at = first; at < n_chunks; at += n_takers) {
        const uint64_t hi = at + (end - first);
        const struct range r = {(uint32_t)at, hi < n_chunks ? (uint32_t)hi
                                                            : n_chunks};
        if (cover_add(cover, r) != 0)
            return -1;
    }
    return 0;
}

int owned_add(struct cover *cover, enum schedule schedule, uint32_t n_chunks,
              uint64_t taker, uint64_t n_takers)
{
    return owned_add_all(cover, schedule, n_chunks, taker, taker + 1,
                         n_takers);
}

/* Ranks of a node ascend. */
uint32_t job_executor_of(const struct job_shm *job, uint64_t taker)
{
    const uint32_t each = job_worker_takers(job);
    const uint64_t rank = taker / each;
    uint32_t lo = 0, hi = job->n_workers;
    while (lo < hi) {
        const uint32_t middle = lo + (hi - lo) / 2;
        if (job_rank(job, middle) < rank)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo < job->n_workers && job_rank(job, lo) == rank
           ? lo * job->threads + (uint32_t)(taker % each) * job->team
           : NO_EXECUTOR;
}
