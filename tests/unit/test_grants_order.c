/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants of a run with outputs: in order, no more than is soon needed, so that
 * little waits for its turn; and when too much waits, nothing new, but what
 * others wait for all the same.
 */
#include "grants.h"
#include "tap.h"

enum { N_NODES = 3, N_EXECUTORS = 2, N_CHUNKS = 1000, CHUNK_NS = 10000000 };

static void start(struct grants *g)
{
    CU_ASSERT_FATAL(grants_init(g, N_NODES, N_CHUNKS, NULL) == 0);
    g->in_order = true;
    for (uint32_t i = 0; i < N_NODES; i++)
        grants_node_here(g, i, N_EXECUTORS);
}

/* The node has run all that it has. */
static void settle_all(struct grants *g, uint32_t node)
{
    struct grants_node *n = &g->node[node];
    struct wire_status status = n->status;
    struct range r;
    status.granted = status.ran = status.accepted = n->granted;
    status.busy_ns = status.ran * CHUNK_NS;
    status.left = 0;
    status.n_idle = N_EXECUTORS;
    status.settled = 1;
    while (n->with.n > 0) {
        r = n->with.range[0];
        CU_ASSERT_EQUAL(grants_settled(g, node, r), 0);
    }
    grants_status(g, node, &status);
}

/* All grants that are due: how many chunks; nodes are never asked to give any
 * back, as long as some are in the pool. */
static uint32_t give_all(struct grants *g, uint32_t *largest)
{
    struct grant grant;
    uint32_t n = 0, end = 0;
    while (grants_next(g, 0, &grant) == 0 && grant.what == GRANT_CHUNKS) {
        const uint32_t size = grant.range.hi - grant.range.lo;
        CU_ASSERT(grant.range.lo >= end);
        end = grant.range.hi;
        *largest = size > *largest ? size : *largest;
        n += size;
    }
    return n;
}

static void small_grants_in_order(void)
{
    struct grants g;
    uint32_t largest = 0, n = 0;
    start(&g);
    while (!grants_done(&g)) {
        const uint32_t given = give_all(&g, &largest);
        CU_ASSERT_FATAL(given > 0);
        n += given;
        for (uint32_t i = 0; i < N_NODES; i++)
            settle_all(&g, i);
    }
    CU_ASSERT_EQUAL(n, N_CHUNKS);
    /* Twice the lead, 0.1 s of two executors, rounded up; and a chunk each. */
    CU_ASSERT(largest <= 2 * (N_EXECUTORS * 10 + 1) + N_EXECUTORS);
    tap_note("%u chunks at most", largest);
    grants_release(&g);
}

/* Node 0 hangs with the first chunks. */
static void nothing_new_while_much_waits(void)
{
    struct grants g;
    uint32_t largest = 0;
    start(&g);
    give_all(&g, &largest);
    const uint64_t held = g.node[0].with.n_chunks;
    CU_ASSERT(held > 0 && cover_contains(&g.node[0].with,
                                         (struct range){0, 1}));
    for (int turn = 0; turn < 3; turn++) {
        for (uint32_t i = 1; i < N_NODES; i++)
            settle_all(&g, i);
        CU_ASSERT(give_all(&g, &largest) > 0);
    }
    grants_set_behind(&g, true);
    for (int turn = 0; turn < 3; turn++) {
        for (uint32_t i = 1; i < N_NODES; i++)
            settle_all(&g, i);
        CU_ASSERT_EQUAL(give_all(&g, &largest), 0);
    }
    const uint32_t high = g.high;
    CU_ASSERT(high < N_CHUNKS);
    CU_ASSERT_EQUAL(grants_lost(&g, 0), 0);
    CU_ASSERT_EQUAL(give_all(&g, &largest), held); /* to others */
    CU_ASSERT_EQUAL(g.high, high);
    grants_set_behind(&g, false);
    for (uint32_t i = 1; i < N_NODES; i++)
        settle_all(&g, i);
    CU_ASSERT(give_all(&g, &largest) > 0);
    CU_ASSERT(g.high > high);
    grants_release(&g);
}

/* When all nodes start again, what was done before is why much waits. */
static void started_again(void)
{
    struct grants g;
    struct cover settled = COVER_EMPTY;
    uint32_t largest = 0;
    CU_ASSERT_EQUAL(cover_add(&settled, (struct range){7, 100}), 0);
    CU_ASSERT_FATAL(grants_init(&g, 1, N_CHUNKS, &settled) == 0);
    grants_node_here(&g, 0, N_EXECUTORS);
    g.in_order = true;
    grants_set_behind(&g, true);
    uint32_t n = 0;
    for (uint32_t given; (given = give_all(&g, &largest)) > 0;) {
        n += given;
        settle_all(&g, 0);
    }
    CU_ASSERT_EQUAL(n, 7);
    grants_set_behind(&g, false);
    CU_ASSERT(give_all(&g, &largest) > 0);
    cover_release(&settled);
    grants_release(&g);
}

/* Said before START and heard after it: without executors and without chunks.
 * What a node has of its own stays there, whoever is hungry. */
static void early_status(void)
{
    struct grants g;
    struct grant grant;
    const struct wire_status early = {0};
    const struct wire_status done = {
        .granted = 1, .accepted = 1, .ran = 1, .busy_ns = 1000,
        .n_executors = 1, .n_idle = 1, .settled = 1};
    CU_ASSERT_EQUAL(grants_init(&g, 2, 2, NULL), 0);
    for (uint32_t i = 0; i < 2; i++) {
        grants_node_here(&g, i, 1);
        CU_ASSERT_EQUAL(grants_assign(&g, i, (struct range){i, i + 1}), 0);
    }
    grants_status(&g, 1, &early);
    CU_ASSERT_EQUAL(g.node[1].n_executors, 1);
    CU_ASSERT_EQUAL(grants_settled(&g, 0, (struct range){0, 1}), 0);
    grants_status(&g, 0, &done);
    CU_ASSERT_EQUAL(grants_next(&g, 1, &grant), 0);
    CU_ASSERT_EQUAL(grant.what, GRANT_NOTHING);
    grants_release(&g);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"small grants in order", small_grants_in_order},
        {"nothing new while much waits", nothing_new_while_much_waits},
        {"nor when all have started again", started_again},
        {"a status of before the start", early_status},
    };
    return TAP_RUN(tests);
}
