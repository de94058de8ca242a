/* SPDX-License-Identifier: Apache-2.0 */
/* What a node has accepted, as a message: see node_record.h. */
#include "node_record.h"
#include "ledger.h"
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of the partial, in such a record. */
static size_t partial_words(const struct partial_layout *layout, bool fold)
{
    return fold ? partial_n_lanes(layout, MERGE_LIST) : layout->n_words;
}

static size_t tree_words(const struct tree *tree)
{
    return tree->state_words > 0 ? tree_encoded_words(tree) : 0;
}

/* ---- making it ----------------------------------------------------------- */

static void fill(unsigned char *p, const struct record_node *head,
                 const struct partial_layout *layout,
                 const struct cover *cover, const int64_t *words,
                 const struct tree *tree, const struct tree *own)
{
    memcpy(p, head, sizeof *head);
    p += sizeof *head;
    if (cover->n > 0)
        memcpy(p, cover->range, cover->n * sizeof cover->range[0]);
    /* Multiples of eight bytes in front of it: aligned. */
    int64_t *to = (int64_t *)(void *)(p + cover->n * sizeof cover->range[0]);
    if (head->fold)
        partial_get_lanes(layout, words, MERGE_LIST, to);
    else
        memcpy(to, words, layout->n_words * sizeof *to);
    to += head->n_words;
    if (head->n_tree_words > 0)
        tree_encode(tree, to);
    to += head->n_tree_words;
    if (head->n_own_words > 0)
        tree_encode(own, to);
}

void *node_record_make(const struct partial_layout *layout,
                       const struct cover *cover, const int64_t *words,
                       const struct tree *tree, const struct tree *own,
                       bool fold, size_t *n)
{
    const struct record_node head = {
        .head = {RECORD_NODE, (uint32_t)cover->n},
        .n_words = partial_words(layout, fold),
        .n_tree_words = tree_words(tree),
        .n_own_words = tree_words(own),
        .fold = fold};
    const size_t all = head.n_words + head.n_tree_words + head.n_own_words;
    const size_t bytes = sizeof head + cover->n * sizeof cover->range[0]
                         + all * sizeof *words;
    if (bytes > WIRE_MAX_BYTES) {
        errno = EMSGSIZE;
        return NULL;
    }
    unsigned char *message = malloc(bytes);
    if (message == NULL)
        return NULL;
    fill(message, &head, layout, cover, words, tree, own);
    *n = bytes;
    return message;
}

/* ---- reading it ---------------------------------------------------------- */

static int no_record(void)
{
    errno = EINVAL;
    return -1;
}

/* The lengths that the head names are those of the message. */
static bool fits(const struct record_node *head,
                 const struct partial_layout *layout, size_t n)
{
    const size_t left = n - sizeof *head;
    const size_t max = left / sizeof(int64_t);
    if (head->head.kind != RECORD_NODE || head->fold > 1
        || head->head.n_ranges > left / sizeof(struct range)
        || head->n_words != partial_words(layout, head->fold)
        || head->n_words > max || head->n_tree_words > max
        || head->n_own_words > max)
        return false;
    const size_t all = head->n_words + head->n_tree_words + head->n_own_words;
    return left == head->head.n_ranges * sizeof(struct range)
                   + all * sizeof(int64_t);
}

/* Ascending, so that adding them never moves any. */
static int read_cover(struct cover *cover, const unsigned char *p, uint32_t n,
                      uint32_t n_chunks)
{
    uint32_t end = 0;
    for (uint32_t i = 0; i < n; i++, p += sizeof(struct range)) {
        struct range r;
        memcpy(&r, p, sizeof r);
        if (r.lo < end || r.lo >= r.hi || r.hi > n_chunks)
            return no_record();
        if (cover_add(cover, r) != 0)
            return -1;
        end = r.hi;
    }
    return 0;
}

/* The lists of no chunk must be those of nothing. */
static bool lists_valid(const struct node_record *record,
                        const struct partial_layout *layout, int64_t *words)
{
    const size_t n = partial_n_lanes(layout, MERGE_LIST);
    partial_init(layout, words);
    if (record->cover.n == 0) {
        int64_t *nothing = words + layout->n_words;
        partial_normalise(layout, words);
        partial_get_lanes(layout, words, MERGE_LIST, nothing);
        return n == 0
               || memcmp(nothing, record->words, n * sizeof *words) == 0;
    }
    partial_set_lanes(layout, words, MERGE_LIST, record->words);
    return partial_valid(layout, words);
}

static int check_words(const struct node_record *record,
                       const struct partial_layout *layout)
{
    if (!record->fold)
        return partial_valid(layout, record->words) ? 0 : no_record();
    int64_t *words = malloc((2 * (size_t)layout->n_words + 1) * sizeof *words);
    if (words == NULL)
        return -1;
    const bool valid = lists_valid(record, layout, words);
    free(words);
    return valid ? 0 : no_record();
}

static int read_body(struct node_record *record,
                     const struct partial_layout *layout,
                     const struct record_node *head, const unsigned char *p,
                     uint32_t n_chunks)
{
    const uint32_t n_ranges = head->head.n_ranges;
    const int64_t *words = (const int64_t *)(const void *)(
        p + n_ranges * sizeof(struct range));
    const int64_t *tree = words + head->n_words;
    const int64_t *own = tree + head->n_tree_words;
    record->words = words;
    if (read_cover(&record->cover, p, n_ranges, n_chunks) != 0
        || check_words(record, layout) != 0
        || state_trees_decode(&record->tree, tree, head->n_tree_words,
                              &record->own, own, head->n_own_words) != 0)
        return -1;
    if ((record->tree.state_words > 0
         && !tree_covers(&record->tree, &record->cover))
        || (record->own.state_words > 0
            && !tree_covers(&record->own, &record->cover)))
        return no_record();
    return 0;
}

int node_record_read(struct node_record *record,
                     const struct partial_layout *layout,
                     const struct grid *grid, const void *message, size_t n)
{
    struct record_node head;
    if (n < sizeof head)
        return no_record();
    memcpy(&head, message, sizeof head);
    if (!fits(&head, layout, n))
        return no_record();
    *record = (struct node_record){.fold = head.fold};
    state_trees_init(&record->tree, &record->own, layout, grid->n_chunks);
    if (read_body(record, layout, &head,
                  (const unsigned char *)message + sizeof head,
                  grid->n_chunks) == 0)
        return 0;
    const int why = errno;
    node_record_release(record);
    errno = why;
    return -1;
}

void node_record_release(struct node_record *record)
{
    cover_release(&record->cover);
    tree_release(&record->tree);
    tree_release(&record->own);
}
