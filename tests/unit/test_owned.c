/* SPDX-License-Identifier: Apache-2.0 */
/* Whose chunks are whose: each has one taker, however workers are spread over
 * nodes, and it is the one that the manual's arithmetic names. */
#include "owned.h"
#include "tap.h"

#include <stdlib.h>

enum { MAX_SIZE = 9, MAX_NODES = 4 };

static const enum schedule schedules[] = {SCHEDULE_STATIC, SCHEDULE_CYCLIC,
                                          SCHEDULE_ONCE};

/* Chunks of so many takers are disjoint, and all of them are all. (ONCE has a
 * chunk a taker.) */
static void divides_all(void)
{
    for (uint32_t n_takers = 1; n_takers < 20; n_takers++)
        for (uint32_t n_chunks = 0; n_chunks < 50; n_chunks++)
            for (int s = 0; s < 3; s++) {
                const uint32_t n = s == 2 ? n_takers : n_chunks;
                struct cover all = COVER_EMPTY;
                uint64_t sum = 0;
                for (uint32_t i = 0; i < n_takers; i++) {
                    struct cover own = COVER_EMPTY;
                    CU_ASSERT_EQUAL(owned_add(&own, schedules[s], n, i,
                                              n_takers), 0);
                    sum += own.n_chunks;
                    for (size_t k = 0; k < own.n; k++)
                        CU_ASSERT_EQUAL(cover_add(&all, own.range[k]), 0);
                    cover_release(&own);
                }
                CU_ASSERT_EQUAL(sum, n);
                CU_ASSERT_EQUAL(all.n_chunks, n);
                CU_ASSERT(n == 0 || (all.n == 1 && all.range[0].lo == 0));
                cover_release(&all);
            }
}

/* static: ten chunks of four, floor(10 i / 4) on; cyclic: i mod 4. */
static void as_the_manual_says(void)
{
    static const uint32_t from[] = {0, 2, 5, 7, 10};
    for (uint32_t i = 0; i < 4; i++) {
        const struct range r = owned_block(10, i, 4);
        struct cover c = COVER_EMPTY;
        CU_ASSERT(r.lo == from[i] && r.hi == from[i + 1]);
        CU_ASSERT_EQUAL(owned_add(&c, SCHEDULE_CYCLIC, 10, i, 4), 0);
        CU_ASSERT_EQUAL(c.n_chunks, i < 2 ? 3 : 2);
        for (size_t k = 0; k < c.n; k++)
            CU_ASSERT(c.range[k].lo % 4 == i
                      && c.range[k].hi == c.range[k].lo + 1);
        cover_release(&c);
    }
    struct cover c = COVER_EMPTY;
    CU_ASSERT_EQUAL(owned_add(&c, SCHEDULE_DYNAMIC, 10, 0, 1), 0);
    CU_ASSERT_EQUAL(c.n, 0);
    /* The most chunks that there can be: no number overflows. */
    CU_ASSERT_EQUAL(owned_block(UINT32_MAX, 4095, 4096).hi, UINT32_MAX);
    CU_ASSERT_EQUAL(owned_add(&c, SCHEDULE_CYCLIC, UINT32_MAX, 1, 1u << 31),
                    0);
    CU_ASSERT_EQUAL(c.n_chunks, 2);
    cover_release(&c);
}

/* Neighbours together give what they give one by one. */
static void neighbours_together(void)
{
    for (int s = 0; s < 3; s++)
        for (uint64_t first = 0; first < 7; first++)
            for (uint64_t end = first; end <= 7; end++) {
                struct cover one = COVER_EMPTY, all = COVER_EMPTY;
                const uint32_t n = s == 2 ? 7 : 40;
                for (uint64_t i = first; i < end; i++)
                    CU_ASSERT_EQUAL(owned_add(&one, schedules[s], n, i, 7), 0);
                CU_ASSERT_EQUAL(owned_add_all(&all, schedules[s], n, first,
                                              end, 7), 0);
                CU_ASSERT_EQUAL_FATAL(one.n, all.n);
                for (size_t k = 0; k < one.n; k++)
                    CU_ASSERT(one.range[k].lo == all.range[k].lo
                              && one.range[k].hi == all.range[k].hi);
                cover_release(&one);
                cover_release(&all);
            }
}

/* A node of a cluster that has every n_nodes-th rank, or one block of them. */
static struct job_shm *node_of(uint32_t node, uint32_t n_nodes, uint32_t size,
                               uint32_t threads, uint32_t team, bool in_turn)
{
    struct job_shm *job = aligned_alloc(
        64, (job_shm_bytes(size * threads, 0) + 63) / 64 * 64);
    *job = (struct job_shm){.threads = threads, .team = team, .size = size,
                            .node = node};
    for (uint32_t rank = 0; rank < size; rank++) {
        if ((in_turn ? rank % n_nodes : rank * n_nodes / size) != node)
            continue;
        for (uint32_t t = 0; t < threads; t++)
            job->place[job->n_executors++] = (struct place){.rank = rank};
        job->n_workers++;
    }
    return job;
}

/* Each taker of all nodes is on one node, and is found there. */
static void finds_executors(void)
{
    for (uint32_t size = 1; size <= MAX_SIZE; size++)
        for (uint32_t n_nodes = 1; n_nodes <= MAX_NODES; n_nodes++)
            for (uint32_t kind = 0; kind < 8; kind++) {
                const uint32_t threads = kind % 4 + 1;
                const uint32_t team = kind < 4 ? 1 : threads;
                uint32_t found[MAX_SIZE * 4] = {0}, n = 0;
                for (uint32_t node = 0; node < n_nodes; node++) {
                    struct job_shm *job = node_of(node, n_nodes, size, threads,
                                                  team, kind % 2);
                    n = (uint32_t)job_n_takers(job);
                    for (uint32_t taker = 0; taker < n; taker++) {
                        const uint32_t i = job_executor_of(job, taker);
                        if (i == NO_EXECUTOR)
                            continue;
                        found[taker]++;
                        CU_ASSERT_EQUAL(i % team, 0);
                        CU_ASSERT_EQUAL(job_taker(job, i), taker);
                    }
                    CU_ASSERT_EQUAL(job_executor_of(job, n), NO_EXECUTOR);
                    free(job);
                }
                CU_ASSERT_EQUAL(n, size * threads / team);
                for (uint32_t taker = 0; taker < n; taker++)
                    CU_ASSERT_EQUAL(found[taker], 1);
            }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"each chunk has one taker", divides_all},
        {"blocks and turns, in closed form", as_the_manual_says},
        {"takers that are neighbours, at once", neighbours_together},
        {"each taker is one executor of one node", finds_executors},
    };
    return TAP_RUN(tests);
}
