/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit rule with ordered results: records bring the states of their
 * chunks; what comes of them in the end does not depend on how chunks were put
 * into records, nor on their order, nor on duplicates. States of other chunks
 * than the record's, or that are none, make it no record.
 */
#include "gather.h"
#include "ledger.h"
#include "op_operation.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { N_CHUNKS = 100, STATE_WORDS = 4 };

static uint64_t random_state = 1;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint32_t below(uint32_t n)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 33) % n;
}

static void init(struct gather *g)
{
    static struct spec s; /* must outlive the gather */
    struct grid grid;
    s = (struct spec){.n_results = 0};
    spec_add_result(&s, "p", FF_OP_PRODUCT,
                    spec_add_source(&s, "p", FF_OP_PRODUCT));
    CU_ASSERT_FATAL(grid_init(&grid, 0, N_CHUNKS, 1, NULL) == 0);
    CU_ASSERT_FATAL(gather_init(g, &grid, &s, 0, NULL) == 0);
    CU_ASSERT_EQUAL_FATAL(g->layout.n_state_words, STATE_WORDS);
    CU_ASSERT_EQUAL_FATAL(g->layout.n_words, 0);
}

/* The product of chunk c: of two values, rounded in 128 bits. */
static void add_leaf(const struct gather *g, struct tree *tree, uint32_t c)
{
    int64_t state[STATE_WORDS];
    const union ff_value v[] = {{.f64 = 1 + 1.0 / (1 + c)},
                                {.f64 = 1 + 1.0 / (3 + c)}};
    state_init(&g->layout, state);
    for (int i = 0; i < 20; i++)
        g->layout.result[0].op->fold(NULL, state, v, 2);
    CU_ASSERT_EQUAL(tree_add(tree, (struct tree_node){c, 0}, state), 0);
}

/* A record of the ranges, with the tree that is given. */
static enum gather_verdict give(struct gather *g, const struct range *r,
                                uint32_t n, const struct tree *tree,
                                size_t more_words)
{
    const struct record_head head = {RECORD_PARTIAL, n};
    struct cover again = COVER_EMPTY;
    const size_t words = tree_encoded_words(tree) + more_words;
    const size_t bytes = sizeof head + n * sizeof *r + words * sizeof(int64_t);
    unsigned char *message = calloc(1, bytes); /* just that size */
    CU_ASSERT_PTR_NOT_NULL_FATAL(message);
    memcpy(message, &head, sizeof head);
    memcpy(message + sizeof head, r, n * sizeof *r);
    tree_encode(tree, (int64_t *)(void *)(message + sizeof head
                                          + n * sizeof *r));
    const enum gather_verdict v = gather_record(g, 0, message, bytes, &again);
    cover_release(&again);
    free(message);
    return v;
}

/* A good record. */
static enum gather_verdict give_ranges(struct gather *g, const struct range *r,
                                       uint32_t n)
{
    struct tree tree;
    state_tree_init(&tree, &g->layout, N_CHUNKS);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = r[i].lo; c < r[i].hi; c++)
            add_leaf(g, &tree, c);
    const enum gather_verdict v = give(g, r, n, &tree, 0);
    tree_release(&tree);
    return v;
}

/* Gives all chunks that are neither accepted nor failed, in random records,
 * some of them twice. */
static void give_rest(struct gather *g)
{
    while (!gather_complete(g)) {
        struct range r[OPEN_RANGES];
        uint32_t n = 0;
        for (uint32_t c = below(N_CHUNKS); c < N_CHUNKS;) {
            const uint32_t lo = c;
            while (c < N_CHUNKS && !gather_settled(g, c) && below(10) > 0)
                c++;
            if (c > lo)
                r[n++] = (struct range){lo, c};
            c += 1 + below(20);
        }
        if (n == 0)
            continue;
        CU_ASSERT_EQUAL(give_ranges(g, r, n), GATHER_ACCEPTED);
        if (below(2))
            CU_ASSERT_EQUAL(give_ranges(g, r, n), GATHER_DROPPED);
    }
}

static void any_records_give_the_same(void)
{
    int64_t first[STATE_WORDS];
    for (int turn = 0; turn < 60; turn++) {
        struct gather g;
        struct tree tree;
        init(&g);
        if (turn % 2)
            for (uint32_t c = 0; c < N_CHUNKS; c += 7)
                CU_ASSERT_PTR_NOT_NULL(gather_fail(&g, c, "no"));
        give_rest(&g);
        gather_finish(&g);
        state_tree_init(&tree, &g.layout, N_CHUNKS);
        for (uint32_t c = 0; c < N_CHUNKS; c++)
            if (turn % 2 == 0 || c % 7 != 0)
                add_leaf(&g, &tree, c);
        memcpy(first, tree_root(&tree), sizeof first);
        CU_ASSERT_EQUAL(memcmp(g.state, first, sizeof first), 0);
        tree_release(&tree);
        gather_release(&g);
    }
}

static void nothing_is_the_empty_state(void)
{
    struct gather g;
    struct value v;
    init(&g);
    gather_finish(&g);
    partial_finish(&g.layout, g.partial, g.state, 0, &v);
    CU_ASSERT(v.type == VALUE_F64 && v.f64 == 1);
    gather_release(&g);
}

/* The states are those of [lo, hi), the record says [5, 9). */
static void expect_damaged(uint32_t lo, uint32_t hi)
{
    const struct range r = {5, 9};
    struct gather g;
    struct tree tree;
    init(&g);
    state_tree_init(&tree, &g.layout, N_CHUNKS);
    for (uint32_t c = lo; c < hi; c++)
        add_leaf(&g, &tree, c);
    CU_ASSERT_EQUAL(give(&g, &r, 1, &tree, 0), GATHER_DAMAGED);
    CU_ASSERT_EQUAL(g.accepted.n_chunks, 0);
    CU_ASSERT_EQUAL(g.tree.n, 0);
    tree_release(&tree);
    gather_release(&g);
}

static void states_must_be_of_the_chunks(void)
{
    expect_damaged(5, 8);
    expect_damaged(5, 10);
    expect_damaged(4, 9);
    expect_damaged(6, 9);
    expect_damaged(5, 5);
    expect_damaged(50, 54);
}

static void states_must_be_states(void)
{
    const struct range r = {5, 9};
    struct gather g;
    struct tree tree;
    init(&g);
    state_tree_init(&tree, &g.layout, N_CHUNKS);
    for (uint32_t c = 5; c < 9; c++)
        add_leaf(&g, &tree, c);
    for (size_t more = 1; more < 12; more++)
        CU_ASSERT_EQUAL(give(&g, &r, 1, &tree, more), GATHER_DAMAGED);
    tree.state[2] = 1; /* the top bit of a product is set */
    CU_ASSERT_EQUAL(give(&g, &r, 1, &tree, 0), GATHER_DAMAGED);
    CU_ASSERT_EQUAL(give_ranges(&g, &r, 1), GATHER_ACCEPTED);
    tree_release(&tree);
    gather_release(&g);
}

/* Where a claim word was damaged, a chunk can stand in a record twice. */
static void a_chunk_twice_is_dropped(void)
{
    const struct range r[] = {{5, 9}, {8, 12}};
    struct gather g;
    struct tree tree;
    init(&g);
    state_tree_init(&tree, &g.layout, N_CHUNKS);
    for (uint32_t c = 5; c < 12; c++)
        add_leaf(&g, &tree, c);
    CU_ASSERT_EQUAL(give(&g, r, 2, &tree, 0), GATHER_DROPPED);
    CU_ASSERT_EQUAL(g.tree.n, 0);
    tree_release(&tree);
    gather_release(&g);
}

/* An operation of the kernel's own, declared before a product. */
static void init_both(struct gather *g, struct spec *s)
{
    struct grid grid;
    *s = (struct spec){.n_results = 0};
    spec_add_result(s, "own", FF_OP_OPERATION,
                    spec_add_source(s, "own", FF_OP_OPERATION));
    s->result[0].n = 8;
    s->result[0].form = 1;
    spec_add_result(s, "p", FF_OP_PRODUCT,
                    spec_add_source(s, "p", FF_OP_PRODUCT));
    CU_ASSERT_FATAL(grid_init(&grid, 0, N_CHUNKS, 1, NULL) == 0);
    CU_ASSERT_FATAL(gather_init(g, &grid, s, 0, NULL) == 0);
    CU_ASSERT_EQUAL_FATAL(g->layout.n_state_words, STATE_WORDS + 2);
}

static void give_both(struct gather *g, uint32_t c)
{
    const struct partial_result *own = &g->layout.result[0];
    const struct partial_result *p = &g->layout.result[1];
    const struct range r = {c, c + 1};
    const union ff_value v = {.f64 = 1 + 1.0 / (1 + c)};
    int64_t state[STATE_WORDS + 2];
    struct tree tree;
    state_tree_init(&tree, &g->layout, N_CHUNKS);
    state_init(&g->layout, state);
    state[own->offset] = OPERATION_STATE;
    state[own->offset + 1] = c;
    p->op->fold(&p->shape, state + p->offset, &v, 1);
    CU_ASSERT_EQUAL(tree_add(&tree, (struct tree_node){c, 0}, state), 0);
    CU_ASSERT_EQUAL(give(g, &r, 1, &tree, 0), GATHER_ACCEPTED);
    tree_release(&tree);
}

/* What can be merged is, though there is something that cannot. */
static void only_own_operations_stay_apart(void)
{
    static struct spec s;
    struct gather g;
    struct value value;
    unsigned n_wrong = 0;
    init_both(&g, &s);
    for (uint32_t c = N_CHUNKS; c-- > 0;)
        give_both(&g, c);
    CU_ASSERT_EQUAL(g.tree.n, 1);
    CU_ASSERT_EQUAL_FATAL(g.own.n, N_CHUNKS);
    for (uint32_t c = 0; c < N_CHUNKS; c++)
        n_wrong += g.own.node[c].lo != c || tree_state(&g.own, c)[1] != c;
    CU_ASSERT_EQUAL(n_wrong, 0);
    gather_finish(&g);
    partial_finish(&g.layout, g.partial, g.state, 1, &value);
    /* 2/1 * 3/2 * 4/3 ... = 101, but for what the factors are rounded */
    CU_ASSERT(value.f64 > 101 - 1e-11 && value.f64 < 101 + 1e-11);
    gather_release(&g);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"only own operations stay apart", only_own_operations_stay_apart},
        {"any records give the same state", any_records_give_the_same},
        {"no chunk at all", nothing_is_the_empty_state},
        {"states must be of the record's chunks",
         states_must_be_of_the_chunks},
        {"states must be states", states_must_be_states},
        {"a chunk twice in a record", a_chunk_twice_is_dropped},
    };
    return TAP_RUN(tests);
}
