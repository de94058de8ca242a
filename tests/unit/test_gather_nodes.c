/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run split over made-up nodes: what they hand to the root at random times,
 * lost and started again, and folded at the end by lanes, gives the bytes of
 * one gather that got each chunk. Results of every kind of merging, states of
 * both trees, outputs. Any chunk's values can be worked out by anybody.
 */
#include "made_records.h"
#include "op.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 5 };

/* ---- the cluster --------------------------------------------------------- */

struct node {
    struct gather g;
    struct ordered ordered;
    struct cover granted;
};

struct cluster {
    uint32_t n_nodes;
    struct node node[MAX_NODES];
    struct gather root;
    struct ordered ordered;
    struct bytes out[N_OUTPUTS];
    struct cover pool;
    unsigned n_taken, n_lost, n_unfolded, n_beyond;
};

static void init(struct gather *g, struct ordered *o, uint32_t n_sources)
{
    struct grid grid;
    CU_ASSERT_FATAL(grid_init(&grid, 3, 3 + N_CHUNKS * CHUNK_ITEMS - 2,
                              CHUNK_ITEMS, NULL) == 0);
    CU_ASSERT_FATAL(gather_init(g, &grid, made_spec(), 42, NULL) == 0);
    CU_ASSERT_FATAL(ordered_init(o, N_OUTPUTS, n_sources, N_CHUNKS, 16384,
                                 NULL) == 0);
    g->ordered = o;
}

static void node_init(struct node *n)
{
    init(&n->g, &n->ordered, 2);
    n->granted = COVER_EMPTY;
    n->g.granted = &n->granted;
}

static void node_release(struct node *n)
{
    gather_release(&n->g);
    ordered_release(&n->ordered);
    cover_release(&n->granted);
}

static void write_ready(struct gather *g, struct bytes *out)
{
    for (uint32_t i = 0; i < N_OUTPUTS; i++) {
        const char *data;
        size_t n;
        while (ordered_next(g->ordered, i, gather_frontier(g), &data, &n, NULL)
               > 0) {
            bytes_append(&out[i], data, n);
            ordered_written(g->ordered, i, n);
        }
    }
}

static void grant(struct cluster *k, struct node *n)
{
    struct range r, far;
    if (!cover_take(&k->pool, 1 + draw_below(12), &r))
        return;
    if (draw_below(2) && cover_take(&k->pool, N_CHUNKS, &far)) {
        cover_add(&k->pool, r);
        if (far.hi - far.lo > 1)
            cover_add(&k->pool, (struct range){far.lo, far.hi - 1});
        r = (struct range){far.hi - 1, far.hi};
    }
    cover_add(&n->granted, r);
}

/* What is granted and neither accepted nor failed here. */
static struct cover left(const struct node *n)
{
    struct cover out = COVER_EMPTY;
    for (size_t i = 0; i < n->granted.n; i++)
        cover_add_missing(&out, n->granted.range[i], &n->g.accepted,
                          &n->g.failed);
    return out;
}

/* Fails at the node, and at the root, which it tells. */
static void fail(struct cluster *k, struct node *n, uint32_t c)
{
    CU_ASSERT_PTR_NOT_NULL(gather_fail(&n->g, c, "no"));
    CU_ASSERT_PTR_NOT_NULL(gather_fail(&k->root, c, "no"));
}

static void run_some(struct cluster *k, struct node *n)
{
    struct cover todo = left(n), mine = COVER_EMPTY, again = COVER_EMPTY;
    for (size_t i = 0; i < todo.n; i++)
        for (uint32_t c = todo.range[i].lo; c < todo.range[i].hi; c++) {
            if (made_fails(c))
                fail(k, n, c);
            else if (draw_below(3) > 0)
                cover_add(&mine, (struct range){c, c + 1});
        }
    if (mine.n > 0)
        CU_ASSERT_EQUAL(run_chunks(&n->g, draw_below(2), &mine, &again),
                        GATHER_ACCEPTED);
    CU_ASSERT_EQUAL(again.n, 0);
    cover_release(&todo);
    cover_release(&mine);
}

/* Gives some back, and runs one of those all the same, among others: that
 * record is dropped, and the others must be run again. */
static void go_beyond(struct cluster *k, struct node *n)
{
    struct cover todo = left(n), again = COVER_EMPTY;
    struct range r;
    if (todo.n_chunks > 1) {
        struct cover mine = COVER_EMPTY;
        for (size_t i = 0; i < todo.n; i++)
            cover_add(&mine, todo.range[i]);
        CU_ASSERT_TRUE(cover_take(&todo, 1, &r));
        cover_remove(&n->granted, r);
        cover_add(&k->pool, r);
        CU_ASSERT_EQUAL(run_chunks(&n->g, 0, &mine, &again), GATHER_DROPPED);
        CU_ASSERT_EQUAL(again.n_chunks, todo.n_chunks);
        for (size_t i = 0; i < todo.n; i++)
            CU_ASSERT_TRUE(cover_contains(&again, todo.range[i]));
        CU_ASSERT_PTR_NULL(gather_fail(&n->g, r.lo, "not ours"));
        k->n_beyond++;
        cover_release(&mine);
    }
    cover_release(&todo);
    cover_release(&again);
}

/* Outputs go first. */
static void hand_on(struct cluster *k, struct node *n)
{
    void *message;
    size_t bytes;
    int rc;
    while ((rc = ordered_hand_on(&n->ordered, &message, &bytes, NULL)) > 0) {
        CU_ASSERT_EQUAL(gather_record(&k->root, (uint32_t)(n - k->node),
                                      message, bytes, NULL),
                        GATHER_ACCEPTED);
        free(message);
    }
    CU_ASSERT_EQUAL(rc, 0);
}

static void take(struct cluster *k, struct node *n)
{
    struct cover again = COVER_EMPTY;
    void *message;
    size_t bytes;
    hand_on(k, n);
    if (gather_take(&n->g, false, &message, &bytes, NULL) == 0)
        return;
    CU_ASSERT_EQUAL(gather_record(&k->root, (uint32_t)(n - k->node), message,
                                  bytes, &again), GATHER_ACCEPTED);
    /* Once more is a duplicate, and changes nothing. */
    if (draw_below(4) == 0)
        CU_ASSERT_EQUAL(gather_record(&k->root, (uint32_t)(n - k->node),
                                      message, bytes, &again),
                        GATHER_DROPPED);
    CU_ASSERT_EQUAL(again.n, 0);
    CU_ASSERT_EQUAL(n->g.fresh.n, 0);
    free(message);
    k->n_taken++;
}

/* What the root has not from it goes to others; it starts again. */
static void lose(struct cluster *k, struct node *n)
{
    if (draw_below(2))
        hand_on(k, n); /* but not the record */
    gather_forget(&k->root, (uint32_t)(n - k->node));
    for (size_t i = 0; i < n->granted.n; i++)
        cover_add_missing(&k->pool, n->granted.range[i], &k->root.accepted,
                          &k->root.failed);
    node_release(n);
    node_init(n);
    k->n_lost++;
}

/* ---- the last fold ------------------------------------------------------- */

static void add_lanes(struct lanes *into, const struct lanes *from)
{
    for (uint32_t i = 0; i < from->n_sum; i++)
        lane_count(&into->sum[i], (uint64_t)from->sum[i]);
    for (uint32_t i = 0; i < from->n_max; i++)
        if (into->max[i] < from->max[i])
            into->max[i] = from->max[i];
    for (uint32_t i = 0; i < from->n_bytes; i++)
        if (into->bytes[i] < from->bytes[i])
            into->bytes[i] = from->bytes[i];
}

static void stage(struct cluster *k, uint32_t i, struct lanes *all)
{
    struct lanes lanes;
    void *message;
    size_t bytes;
    hand_on(k, &k->node[i]);
    CU_ASSERT_EQUAL_FATAL(gather_take(&k->node[i].g, true, &message, &bytes,
                                      &lanes), 1);
    const uint64_t before = k->root.accepted.n_chunks;
    CU_ASSERT_EQUAL(gather_stage(&k->root, i, message, bytes),
                    GATHER_ACCEPTED);
    CU_ASSERT_EQUAL(gather_stage(&k->root, i, message, bytes),
                    GATHER_DROPPED);
    CU_ASSERT_EQUAL(k->root.accepted.n_chunks, before);
    add_lanes(all, &lanes);
    lanes_release(&lanes);
    free(message);
}

/* False: some were lost on the way. */
static bool fold(struct cluster *k)
{
    struct lanes all;
    const uint32_t n = draw_below(2) ? k->n_nodes : draw_below(k->n_nodes);
    CU_ASSERT_FATAL(lanes_init(&all, &k->root.layout, NULL) == 0);
    for (uint32_t i = 0; i < n; i++)
        stage(k, i, &all);
    if (n == k->n_nodes) {
        all.n_sum++;
        CU_ASSERT_EQUAL(gather_fold(&k->root, &all), GATHER_DAMAGED);
        all.n_sum--;
        CU_ASSERT_EQUAL(gather_fold(&k->root, &all), GATHER_ACCEPTED);
    } else {
        gather_unfold(&k->root);
        for (uint32_t i = 0; i < n; i++)
            CU_ASSERT_EQUAL(k->ordered.pending[i].n, 0);
        for (uint32_t i = 0; i < k->n_nodes; i++)
            lose(k, &k->node[i]);
        k->n_unfolded++;
    }
    lanes_release(&all);
    return n == k->n_nodes;
}

static bool all_settled(const struct cluster *k)
{
    for (uint32_t i = 0; i < k->n_nodes; i++) {
        struct cover rest = left(&k->node[i]);
        const bool some = rest.n > 0;
        cover_release(&rest);
        if (some)
            return false;
    }
    return k->pool.n == 0;
}

static void step(struct cluster *k)
{
    struct node *n = &k->node[draw_below(k->n_nodes)];
    const uint32_t what = draw_below(40);
    if (what < 12)
        grant(k, n);
    else if (what < 28)
        run_some(k, n);
    else if (what < 34)
        take(k, n);
    else if (what < 36)
        go_beyond(k, n);
    else if (what < 37)
        lose(k, n);
    else
        write_ready(&k->root, k->out);
}

/* ---- the same as one ----------------------------------------------------- */

static void one_machine(struct gather *g, struct ordered *o, struct bytes *out)
{
    init(g, o, 1);
    for (uint32_t c = N_CHUNKS; c-- > 0;) {
        struct cover mine = COVER_EMPTY;
        cover_add(&mine, (struct range){c, c + 1});
        if (made_fails(c)) {
            CU_ASSERT_PTR_NOT_NULL(gather_fail(g, c, "no"));
        } else {
            CU_ASSERT_EQUAL(run_chunks(g, 0, &mine, NULL), GATHER_ACCEPTED);
        }
        cover_release(&mine);
    }
    write_ready(g, out);
}

static bool same_tree(const struct tree *a, const struct tree *b)
{
    const size_t n = tree_encoded_words(a);
    int64_t *x = malloc(2 * n * sizeof *x);
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    bool same = n == tree_encoded_words(b);
    if (same) {
        tree_encode(a, x);
        tree_encode(b, x + n);
        same = memcmp(x, x + n, n * sizeof *x) == 0;
    }
    free(x);
    return same;
}

static void compare(struct gather *a, struct gather *b)
{
    CU_ASSERT_TRUE(gather_complete(a));
    CU_ASSERT_EQUAL(a->accepted.n_chunks, b->accepted.n_chunks);
    CU_ASSERT_EQUAL(a->items_done, b->items_done);
    CU_ASSERT_TRUE(same_tree(&a->own, &b->own));
    gather_finish(a);
    gather_finish(b);
    CU_ASSERT_EQUAL(memcmp(a->partial, b->partial,
                           a->layout.n_words * sizeof(int64_t)), 0);
    CU_ASSERT_EQUAL(memcmp(a->state, b->state,
                           a->layout.n_merged_words * sizeof(int64_t)), 0);
}

static void play(uint64_t seed, unsigned n_done[4])
{
    static struct gather one;
    static struct cluster k;
    struct ordered o;
    struct bytes out[N_OUTPUTS] = {{0}};
    draw_seed(seed);
    k = (struct cluster){.n_nodes = 1 + draw_below(MAX_NODES)};
    init(&k.root, &k.ordered, k.n_nodes);
    for (uint32_t i = 0; i < k.n_nodes; i++)
        node_init(&k.node[i]);
    cover_add(&k.pool, (struct range){0, N_CHUNKS});
    do {
        while (!all_settled(&k))
            step(&k);
    } while (!fold(&k));
    write_ready(&k.root, k.out);
    one_machine(&one, &o, out);
    compare(&k.root, &one);
    for (uint32_t i = 0; i < N_OUTPUTS; i++) {
        CU_ASSERT_FATAL(out[i].n > 0 && out[i].n == k.out[i].n);
        CU_ASSERT_EQUAL(memcmp(out[i].at, k.out[i].at, out[i].n), 0);
        free(out[i].at);
        free(k.out[i].at);
    }
    CU_ASSERT_EQUAL(k.ordered.hold.bytes, 0);
    for (uint32_t i = 0; i < k.n_nodes; i++)
        node_release(&k.node[i]);
    cover_release(&k.pool);
    gather_release(&k.root);
    ordered_release(&k.ordered);
    gather_release(&one);
    ordered_release(&o);
    n_done[0] += k.n_taken;
    n_done[1] += k.n_lost;
    n_done[2] += k.n_unfolded;
    n_done[3] += k.n_beyond;
}

static void any_nodes_give_the_same(void)
{
    unsigned n[4] = {0};
    for (uint64_t seed = 0; seed < (tap_long() ? 2000u : 60u); seed++)
        play(seed, n);
    tap_note("%u records, %u nodes lost, %u folds given up, %u records beyond "
             "what was granted", n[0], n[1], n[2], n[3]);
    CU_ASSERT(n[0] > 0 && n[1] > 0 && n[2] > 0 && n[3] > 0);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"any nodes give the same as one", any_nodes_give_the_same},
    };
    return TAP_RUN(tests);
}
