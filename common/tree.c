/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of chunks: see tree.h. Nodes are kept in order; states stay where
 * they are, and only their places move. */
#include "tree.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 512 /* nodes that are put in at once */

void tree_init(struct tree *tree, uint32_t n_chunks, uint32_t state_words,
               void (*merge)(const void *context, int64_t *into,
                             const int64_t *from),
               const void *context)
{
    *tree = (struct tree){.n_chunks = n_chunks, .state_words = state_words,
                          .merge = merge, .context = context};
}

void tree_release(struct tree *tree)
{
    free(tree->node);
    free(tree->place);
    free(tree->state);
    tree->node = NULL;
    tree->place = NULL;
    tree->state = NULL;
    tree->n = tree->room = 0;
}

void tree_clear(struct tree *tree)
{
    tree->n = 0;
}

int tree_reserve(struct tree *tree, size_t room)
{
    if (room <= tree->room)
        return 0;
    void *node = reallocarray(tree->node, room, sizeof *tree->node);
    if (node == NULL)
        return -1;
    tree->node = node;
    void *place = reallocarray(tree->place, room, sizeof *tree->place);
    if (place == NULL)
        return -1;
    tree->place = place;
    void *state = reallocarray(tree->state, room,
                               tree->state_words * sizeof *tree->state);
    if (state == NULL)
        return -1;
    tree->state = state;
    while (tree->room < room) {
        tree->place[tree->room] = tree->room;
        tree->room++;
    }
    return 0;
}

static int reserve_more(struct tree *tree, size_t more)
{
    const size_t wanted = tree->n + more;
    if (wanted <= tree->room)
        return 0;
    return tree_reserve(tree, wanted < 2 * tree->room ? 2 * tree->room
                                                      : wanted);
}

/* ---- nodes --------------------------------------------------------------- */

static uint64_t width(uint32_t level)
{
    return UINT64_C(1) << level;
}

/* Behind its last chunk, as if there were that many. */
static uint64_t end_of(struct tree_node node)
{
    return node.lo + width(node.level);
}

/* Of the root. */
static uint32_t top_level(const struct tree *tree)
{
    return tree->n_chunks > 1
               ? 32 - (uint32_t)__builtin_clz(tree->n_chunks - 1) : 0;
}

static int64_t *state_of(const struct tree *tree, size_t i)
{
    return tree->state + tree->place[i] * tree->state_words;
}

/* The first node that begins at chunk lo or behind it, or n. */
static size_t begins_at(const struct tree *tree, uint32_t lo)
{
    size_t low = 0, high = tree->n;
    if (high > 0 && tree->node[high - 1].lo < lo)
        return high; /* most chunks come in order */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (tree->node[middle].lo >= lo)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void insert(struct tree *tree, size_t i, struct tree_node node,
                   const int64_t *state)
{
    const size_t place = tree->place[tree->n];
    memmove(tree->node + i + 1, tree->node + i,
            (tree->n - i) * sizeof *tree->node);
    memmove(tree->place + i + 1, tree->place + i,
            (tree->n - i) * sizeof *tree->place);
    tree->node[i] = node;
    tree->place[i] = place;
    tree->n++;
    memcpy(state_of(tree, i), state, tree->state_words * sizeof *state);
}

static void take_out(struct tree *tree, size_t i)
{
    const size_t place = tree->place[i];
    tree->n--;
    memmove(tree->node + i, tree->node + i + 1,
            (tree->n - i) * sizeof *tree->node);
    memmove(tree->place + i, tree->place + i + 1,
            (tree->n - i) * sizeof *tree->place);
    tree->place[tree->n] = place;
}

static bool is_node(const struct tree *tree, size_t i, uint64_t lo,
                    uint32_t level)
{
    return i < tree->n && tree->node[i].lo == lo
           && tree->node[i].level == level;
}

/* Node i becomes its parent while the other half is there, or has no chunks. */
static void rise(struct tree *tree, size_t i)
{
    const uint32_t top = top_level(tree);
    while (tree->node[i].level < top) {
        const struct tree_node k = tree->node[i];
        const bool is_right = (k.lo & width(k.level)) != 0;
        if (is_right && is_node(tree, i - 1, k.lo - width(k.level), k.level))
            i--;
        else if (is_right || (end_of(k) < tree->n_chunks
                              && !is_node(tree, i + 1, end_of(k), k.level)))
            return;
        if (end_of(tree->node[i]) < tree->n_chunks) {
            tree->merge(tree->context, state_of(tree, i),
                        state_of(tree, i + 1));
            take_out(tree, i + 1);
        }
        tree->node[i].level++;
    }
}

/* Is a chunk of the node, which belongs in front of node i, in the tree? */
static bool is_taken(const struct tree *tree, size_t i, struct tree_node node)
{
    return (i > 0 && end_of(tree->node[i - 1]) > node.lo)
           || (i < tree->n && tree->node[i].lo < end_of(node));
}

int tree_add(struct tree *tree, struct tree_node node, const int64_t *state)
{
    const size_t i = begins_at(tree, node.lo);
    if (is_taken(tree, i, node)) {
        errno = EEXIST;
        return -1;
    }
    if (reserve_more(tree, 1) != 0)
        return -1;
    insert(tree, i, node, state);
    if (tree->merge != NULL)
        rise(tree, i);
    return 0;
}

/* Puts n <= BATCH nodes of another tree in, from k on, whose chunks are others:
 * from the last one down, so that ours move once. */
static void insert_batch(struct tree *tree, const struct tree *from, size_t k,
                         size_t n)
{
    size_t place[BATCH];
    const size_t all = tree->n + n;
    memcpy(place, tree->place + tree->n, n * sizeof *place);
    while (n-- > 0) {
        const size_t i = begins_at(tree, from->node[k + n].lo);
        const size_t behind = tree->n - i;
        memmove(tree->node + i + n + 1, tree->node + i,
                behind * sizeof *tree->node);
        memmove(tree->place + i + n + 1, tree->place + i,
                behind * sizeof *tree->place);
        tree->node[i + n] = from->node[k + n];
        tree->place[i + n] = place[n];
        memcpy(state_of(tree, i + n), tree_state(from, k + n),
               tree->state_words * sizeof *tree->state);
        tree->n = i;
    }
    tree->n = all;
}

/* Nodes that stay apart may be many. */
static void join_apart(struct tree *into, const struct tree *from)
{
    for (size_t k = 0; k < from->n; k++) {
        size_t n = 0;
        while (n < BATCH && k + n < from->n
               && !is_taken(into, begins_at(into, from->node[k + n].lo),
                            from->node[k + n]))
            n++;
        insert_batch(into, from, k, n);
        k += n > 0 ? n - 1 : 0;
    }
}

int tree_join(struct tree *into, const struct tree *from)
{
    if (reserve_more(into, from->n) != 0)
        return -1;
    if (into->merge == NULL)
        join_apart(into, from);
    for (size_t i = 0; into->merge != NULL && i < from->n; i++)
        (void)tree_add(into, from->node[i], tree_state(from, i));
    return 0;
}

bool tree_covers(const struct tree *tree, const struct cover *cover)
{
    uint64_t n = 0;
    for (size_t i = 0; i < tree->n; i++) {
        const uint64_t end = end_of(tree->node[i]);
        const struct range r = {tree->node[i].lo, end < tree->n_chunks
                                ? (uint32_t)end : tree->n_chunks};
        if (!cover_contains(cover, r))
            return false;
        n += r.hi - r.lo;
    }
    return n == cover->n_chunks;
}

/* ---- the root ------------------------------------------------------------ */

/* The level at which nodes i < k meet. */
static uint32_t meeting_level(const struct tree *tree, size_t i, size_t k)
{
    const uint32_t differ = tree->node[i].lo ^ tree->node[k].lo;
    return 32 - (uint32_t)__builtin_clz(differ);
}

static void merge_last(struct tree *tree, size_t *n)
{
    --*n;
    tree->merge(tree->context, state_of(tree, *n - 1), state_of(tree, *n));
}

/* The first n nodes are a stack, on which neighbours meet at falling levels.
 * Those on top are merged when the next node meets them higher up. */
const int64_t *tree_root(struct tree *tree)
{
    size_t n = 0;
    for (size_t i = 0; i < tree->n; i++) {
        while (n >= 2 && meeting_level(tree, n - 2, n - 1)
                         < meeting_level(tree, n - 1, i))
            merge_last(tree, &n);
        const size_t place = tree->place[i];
        tree->place[i] = tree->place[n];
        tree->place[n] = place;
        tree->node[n++] = tree->node[i];
    }
    while (n >= 2)
        merge_last(tree, &n);
    tree->n = n;
    return n > 0 ? state_of(tree, 0) : NULL;
}

/* ---- as words ------------------------------------------------------------ */

size_t tree_encoded_words(const struct tree *tree)
{
    return 1 + tree->n * (1 + (size_t)tree->state_words);
}

void tree_encode(const struct tree *tree, int64_t *words)
{
    *words++ = (int64_t)tree->n;
    for (size_t i = 0; i < tree->n; i++) {
        *words++ = (int64_t)((uint64_t)tree->node[i].level << 32
                             | tree->node[i].lo);
        memcpy(words, tree_state(tree, i),
               tree->state_words * sizeof *words);
        words += tree->state_words;
    }
}

/* Can it stand behind those that are in? */
static bool fits(const struct tree *tree, struct tree_node node)
{
    return node.level <= top_level(tree) && node.lo < tree->n_chunks
           && (node.lo & (width(node.level) - 1)) == 0
           && (tree->n == 0 || end_of(tree->node[tree->n - 1]) <= node.lo);
}

static bool take_words(struct tree *tree, const int64_t *words, size_t n,
                       bool (*valid)(const void *context,
                                     const int64_t *state))
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t head = (uint64_t)*words++;
        const struct tree_node node = {(uint32_t)head,
                                       (uint32_t)(head >> 32)};
        if (!fits(tree, node) || !valid(tree->context, words))
            return false;
        insert(tree, tree->n, node, words);
        words += tree->state_words;
    }
    return true;
}

int tree_decode(struct tree *tree, const int64_t *words, size_t n_words,
                bool (*valid)(const void *context, const int64_t *state))
{
    const size_t each = 1 + (size_t)tree->state_words;
    const size_t n = n_words > 0 ? (n_words - 1) / each : 0;
    assert(tree->n == 0);
    if (n_words != 1 + n * each || words[0] != (int64_t)n) {
        errno = EINVAL;
        return -1;
    }
    if (tree_reserve(tree, n) != 0)
        return -1;
    if (!take_words(tree, words + 1, n, valid)) {
        tree_clear(tree);
        errno = EINVAL;
        return -1;
    }
    return 0;
}
