/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of chunks. The oracle is the definition itself: a recursion from
 * the root down to the chunks that are there. States are merged by a function
 * that neither commutes nor associates, so that any other order shows.
 */
#include "tap.h"
#include "tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 3, MAX_LEAVES = 200, MAX_TREES = 5 };

/* xorshift64* (Vigna 2016); the seed is constant, so a failure repeats. */
static uint64_t random_state = 88172645463325252u;

static uint64_t draw(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717u;
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)((draw() >> 33) % n);
}

/* ---- the oracle ---------------------------------------------------------- */

static void leaf_state(uint32_t chunk, int64_t state[WORDS])
{
    state[0] = 1;
    state[1] = (int64_t)(chunk * UINT64_C(0x9e3779b97f4a7c15));
    state[2] = chunk;
}

static void merge(const void *context, int64_t *into, const int64_t *from)
{
    const uint64_t a = (uint64_t)into[1], b = (uint64_t)from[1];
    CU_ASSERT_PTR_EQUAL(context, &random_state);
    into[0] += from[0];
    into[1] = (int64_t)((a ^ a >> 29) * 6364136223846793005u
                        + (b << 7 | b >> 57) + 1442695040888963407u);
    into[2] ^= from[2] * 3;
}

/* Of the n leaves, ascending chunks, that are in the node. False: none is. */
static bool naive(const uint32_t *chunk, size_t n, uint32_t level, uint64_t lo,
                  int64_t state[WORDS])
{
    int64_t right[WORDS];
    const uint64_t middle = lo + (UINT64_C(1) << level) / 2;
    size_t left_n = 0;
    if (n == 0)
        return false;
    if (level == 0) {
        leaf_state(chunk[0], state);
        return true;
    }
    while (left_n < n && chunk[left_n] < middle)
        left_n++;
    const bool has_left = naive(chunk, left_n, level - 1, lo, state);
    if (!naive(chunk + left_n, n - left_n, level - 1, middle,
               has_left ? right : state))
        return has_left;
    if (has_left)
        merge(&random_state, state, right);
    return true;
}

static bool root_is_right(struct tree *tree, const uint32_t *chunk, size_t n)
{
    int64_t expected[WORDS];
    const bool some = naive(chunk, n, 32, 0, expected);
    const int64_t *root = tree_root(tree);
    return some ? root != NULL && memcmp(root, expected, sizeof expected) == 0
                : root == NULL;
}

/* ---- building ------------------------------------------------------------ */

static void init(struct tree *tree, uint32_t n_chunks)
{
    tree_init(tree, n_chunks, WORDS, merge, &random_state);
}

static int add(struct tree *tree, uint32_t chunk)
{
    int64_t state[WORDS];
    leaf_state(chunk, state);
    return tree_add(tree, (struct tree_node){chunk, 0}, state);
}

static bool any_state(const void *context, const int64_t *state)
{
    CU_ASSERT_PTR_EQUAL(context, &random_state);
    return state[0] > 0;
}

/* By way of words, as records go. */
static void send(struct tree *into, const struct tree *from)
{
    struct tree between;
    const size_t n = tree_encoded_words(from);
    int64_t *words = calloc(n, sizeof *words);
    CU_ASSERT_PTR_NOT_NULL_FATAL(words);
    tree_encode(from, words);
    init(&between, from->n_chunks);
    CU_ASSERT_EQUAL(tree_decode(&between, words, n, any_state), 0);
    CU_ASSERT_EQUAL(between.n, from->n);
    CU_ASSERT_EQUAL(tree_join(into, &between), 0);
    tree_release(&between);
    free(words);
}

static void shuffle(uint32_t *x, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t k = below((uint32_t)i);
        const uint32_t t = x[k];
        x[k] = x[i - 1];
        x[i - 1] = t;
    }
}

/* Some executors, each with some of the chunks, in any order; what they have
 * is sent when it pleases them. */
static void scatter(struct tree *all, const uint32_t *chunk, size_t n)
{
    struct tree tree[MAX_TREES];
    uint32_t order[MAX_LEAVES];
    const uint32_t n_trees = 1 + below(MAX_TREES), run = 1 + below(20);
    memcpy(order, chunk, n * sizeof *order);
    if (below(3) > 0)
        shuffle(order, n);
    for (uint32_t t = 0; t < n_trees; t++)
        init(&tree[t], all->n_chunks);
    for (size_t i = 0; i < n; i++) {
        const uint32_t t = below(2) ? below(n_trees)
                                    : (uint32_t)(i / run) % n_trees;
        CU_ASSERT_EQUAL(add(&tree[t], order[i]), 0);
        if (below(run) == 0) {
            send(all, &tree[t]);
            tree_clear(&tree[t]);
        }
    }
    for (uint32_t t = 0; t < n_trees; t++) {
        send(all, &tree[t]);
        tree_release(&tree[t]);
    }
}

/* ---- tests --------------------------------------------------------------- */

/* All chunks are there: that is one node, without a last merge. */
static void whole(void)
{
    uint32_t chunk[MAX_LEAVES];
    unsigned n_wrong = 0;
    for (uint32_t n = 1; n <= 70; n++)
        for (int turn = 0; turn < 20; turn++) {
            struct tree all;
            init(&all, n);
            for (uint32_t c = 0; c < n; c++)
                chunk[c] = c;
            scatter(&all, chunk, n);
            n_wrong += all.n != 1;
            n_wrong += !root_is_right(&all, chunk, n);
            tree_release(&all);
        }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static void with_holes(void)
{
    uint32_t chunk[MAX_LEAVES];
    unsigned n_wrong = 0;
    for (uint32_t n = 1; n <= 70; n++)
        for (int turn = 0; turn < 20; turn++) {
            struct tree all;
            size_t k = 0;
            const uint32_t failing = below(101);
            init(&all, n);
            for (uint32_t c = 0; c < n; c++)
                if (below(100) >= failing)
                    chunk[k++] = c;
            scatter(&all, chunk, k);
            n_wrong += !root_is_right(&all, chunk, k);
            tree_release(&all);
        }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Of an input that grows nobody knows how many chunks there will be: the grid
 * is as large as one can be, and the root is that of the chunks that came. */
static void without_an_end(void)
{
    uint32_t chunk[MAX_LEAVES];
    unsigned n_wrong = 0;
    for (uint32_t n = 1; n <= 70; n++)
        for (int turn = 0; turn < 20; turn++) {
            struct tree open, closed;
            init(&open, UINT32_MAX);
            init(&closed, n);
            for (uint32_t c = 0; c < n; c++)
                chunk[c] = c;
            scatter(&open, chunk, n);
            scatter(&closed, chunk, n);
            const int64_t *a = tree_root(&open), *b = tree_root(&closed);
            n_wrong += a == NULL || b == NULL
                       || memcmp(a, b, WORDS * sizeof *a) != 0;
            tree_release(&open);
            tree_release(&closed);
        }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Chunks of any size of grid, also the first and the last, with neighbours. */
static size_t sparse(uint32_t n_chunks, uint32_t *chunk)
{
    size_t k = 0, kept = 0;
    while (k < MAX_LEAVES - 1) {
        const uint32_t width = 1u << below(32);
        const uint32_t c = below(4) == 0 ? n_chunks - 1
                           : (uint32_t)(draw() % n_chunks) / width * width;
        for (uint32_t i = below(8); i < 8 && k < MAX_LEAVES - 1; i++)
            if (c < n_chunks - i)
                chunk[k++] = c + i;
    }
    chunk[k++] = 0;
    qsort(chunk, k, sizeof *chunk, ascending);
    for (size_t i = 0; i < k; i++)
        if (kept == 0 || chunk[kept - 1] != chunk[i])
            chunk[kept++] = chunk[i];
    return kept;
}

static void large(void)
{
    uint32_t chunk[MAX_LEAVES];
    unsigned n_wrong = 0;
    for (int turn = 0; turn < 400; turn++) {
        struct tree all;
        const uint32_t n_chunks = turn < 40 ? UINT32_MAX - (uint32_t)turn / 2
                                  : (uint32_t)(draw() >> 32 >> below(31)) | 8;
        init(&all, n_chunks);
        const size_t k = sparse(n_chunks, chunk);
        all.merge = turn % 2 == 0 ? merge : NULL;
        scatter(&all, chunk, k);
        all.merge = merge;
        n_wrong += !root_is_right(&all, chunk, k);
        tree_release(&all);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* n in a row are 2 log2(n) nodes at most, wherever they begin. */
static void a_row_is_few_nodes(void)
{
    struct tree tree;
    size_t most = 0;
    init(&tree, 1u << 20);
    for (uint32_t lo = 1; lo < 1000; lo += 37) {
        tree_clear(&tree);
        for (uint32_t c = lo; c < lo + 1000; c++) {
            add(&tree, c);
            most = tree.n > most ? tree.n : most;
        }
    }
    CU_ASSERT(most <= 20);
    tree_release(&tree);
}

static void without_merge_they_stay_apart(void)
{
    struct tree tree, other;
    uint32_t chunk[70];
    tree_init(&tree, 70, WORDS, NULL, &random_state);
    for (uint32_t c = 0; c < 70; c++) {
        chunk[c] = c;
        CU_ASSERT_EQUAL(add(&tree, 69 - c), 0);
    }
    CU_ASSERT_EQUAL(tree.n, 70);
    for (uint32_t c = 0; c < 70; c++)
        CU_ASSERT(tree.node[c].lo == c && tree.node[c].level == 0);
    init(&other, 70);
    send(&other, &tree);
    CU_ASSERT_EQUAL(other.n, 1);
    CU_ASSERT_TRUE(root_is_right(&other, chunk, 70));
    tree_release(&tree);
    tree_release(&other);
}

static void no_chunk_counts_twice(void)
{
    struct tree tree;
    int64_t state[WORDS];
    init(&tree, 100);
    for (uint32_t c = 8; c < 16; c++)
        add(&tree, c);
    CU_ASSERT_EQUAL(tree.n, 1);
    for (uint32_t c = 8; c < 16; c++) {
        errno = 0;
        CU_ASSERT_EQUAL(add(&tree, c), -1);
        CU_ASSERT_EQUAL(errno, EEXIST);
    }
    leaf_state(0, state);
    CU_ASSERT_EQUAL(tree_add(&tree, (struct tree_node){0, 4}, state), -1);
    CU_ASSERT_EQUAL(tree_add(&tree, (struct tree_node){0, 3}, state), 0);
    CU_ASSERT_EQUAL(tree.n, 1);
    CU_ASSERT(tree.node[0].lo == 0 && tree.node[0].level == 4);
    tree_release(&tree);
}

static bool covers(const struct tree *tree, uint32_t lo, uint32_t hi)
{
    struct cover cover = COVER_EMPTY;
    CU_ASSERT_EQUAL_FATAL(cover_add(&cover, (struct range){lo, hi}), 0);
    const bool yes = tree_covers(tree, &cover);
    cover_release(&cover);
    return yes;
}

static void covers_are_compared(void)
{
    struct tree tree;
    init(&tree, 90);
    CU_ASSERT_TRUE(covers(&tree, 0, 0));
    CU_ASSERT_FALSE(covers(&tree, 0, 1));
    for (uint32_t c = 70; c < 90; c++) {
        add(&tree, c);
        CU_ASSERT_TRUE(covers(&tree, 70, c + 1));
        CU_ASSERT_FALSE(covers(&tree, 70, c));
        CU_ASSERT_FALSE(covers(&tree, 69, c + 1));
        CU_ASSERT_FALSE(covers(&tree, 70, c + 2));
        CU_ASSERT_FALSE(covers(&tree, 71, c + 2));
    }
    add(&tree, 3);
    CU_ASSERT_FALSE(covers(&tree, 70, 90));
    tree_release(&tree);
}

/* ---- words from outside -------------------------------------------------- */

#define NODE(level, lo) ((int64_t)(level) << 32 | (lo))

static int decode(uint32_t n_chunks, const int64_t *words, size_t n)
{
    struct tree tree;
    init(&tree, n_chunks);
    const int rc = tree_decode(&tree, words, n, any_state);
    CU_ASSERT(rc == 0 || (tree.n == 0 && errno == EINVAL));
    tree_release(&tree);
    return rc;
}

static void damaged_words_are_refused(void)
{
    const int64_t good[] = {2, NODE(1, 4), 1, 0, 0, NODE(0, 6), 1, 0, 0};
    const size_t n = sizeof good / sizeof good[0];
    static const struct {
        size_t at;
        int64_t word;
    } bad[] = {
        {0, 1}, {0, 3}, {0, -1}, {0, INT64_MIN}, {0, INT64_MAX},
        {1, NODE(4, 0)},               /* higher than the root of 7 */
        {1, NODE(33, 0)}, {1, NODE(64, 0)}, {1, -1},
        {1, NODE(1, 5)}, {1, NODE(2, 2)}, /* not a multiple */
        {1, NODE(2, 4)}, {1, NODE(0, 6)}, /* meets the next */
        {5, NODE(0, 5)}, {5, NODE(0, 4)}, {5, NODE(0, 0)}, /* or the last */
        {5, NODE(0, 7)}, {5, NODE(0, UINT32_MAX)}, /* outside the grid */
        {2, 0}, {6, -1},               /* states that are none */
    };
    CU_ASSERT_EQUAL(decode(7, good, n), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t words[sizeof good / sizeof good[0]];
        memcpy(words, good, sizeof good);
        words[bad[i].at] = bad[i].word;
        CU_ASSERT_EQUAL(decode(7, words, n), -1);
    }
    for (size_t k = 0; k < n; k++)
        CU_ASSERT_EQUAL(decode(7, good, k), -1);
    CU_ASSERT_EQUAL(decode(7, (const int64_t[]){0}, 1), 0);
    CU_ASSERT_EQUAL(decode(7, (const int64_t[]){0, 0}, 2), -1);
}

/* Whatever is let in can be merged. */
static void random_words(void)
{
    for (int turn = 0; turn < 20000; turn++) {
        const size_t n = 1 + below(5) * (1 + WORDS);
        int64_t *words = calloc(n, sizeof *words); /* of just that size */
        struct tree tree, all;
        CU_ASSERT_PTR_NOT_NULL_FATAL(words);
        for (size_t i = 0; i < n; i++)
            words[i] = i == 0 ? (int64_t)(n / (1 + WORDS))
                       : i % (1 + WORDS) != 1 ? (int64_t)below(3)
                       : NODE(below(6), below(64));
        init(&tree, 50);
        init(&all, 50);
        if (tree_decode(&tree, words, n, any_state) == 0) {
            CU_ASSERT_EQUAL(tree_join(&all, &tree), 0);
            CU_ASSERT((tree_root(&all) != NULL) == (n > 1));
        }
        tree_release(&tree);
        tree_release(&all);
        free(words);
    }
}

/* Of the chunks 0 .. 199, in the order of `all`; some come twice. */
static void many_apart_are_joined(void)
{
    struct tree all, more;
    unsigned n_wrong = 0;
    init(&all, 200);
    init(&more, 200);
    all.merge = more.merge = NULL;
    for (uint32_t c = 0; c < 200; c++)
        CU_ASSERT_EQUAL(add(c % 90 < 2 ? &all : &more, c), 0);
    CU_ASSERT_EQUAL(add(&all, 50), 0);
    CU_ASSERT_EQUAL(tree_join(&all, &more), 0);
    CU_ASSERT_EQUAL(tree_join(&all, &more), 0);
    CU_ASSERT_EQUAL_FATAL(all.n, 200);
    for (uint32_t c = 0; c < 200; c++) {
        int64_t state[WORDS];
        leaf_state(c, state);
        n_wrong += all.node[c].lo != c || all.node[c].level != 0
                   || memcmp(tree_state(&all, c), state, sizeof state) != 0;
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    tree_release(&all);
    tree_release(&more);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"1 to 70 chunks, whoever has them", whole},
        {"failed chunks leave holes", with_holes},
        {"how many may still come does not matter", without_an_end},
        {"grids of up to 2^32 - 1 chunks", large},
        {"chunks in a row are few nodes", a_row_is_few_nodes},
        {"without a merge nodes stay apart", without_merge_they_stay_apart},
        {"many that are apart are joined", many_apart_are_joined},
        {"no chunk counts twice", no_chunk_counts_twice},
        {"covers are compared", covers_are_compared},
        {"damaged words are refused", damaged_words_are_refused},
        {"random words", random_words},
    };
    return TAP_RUN(tests);
}
