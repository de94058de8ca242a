/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partials over nodes, for every operator of the table that is in one: values
 * dealt to some nodes, each normalised, their lanes added as MPI_SUM and
 * MPI_MAX do it and their lists merged, give the bytes of all of them merged.
 * And sums do not overflow a lane, however many nodes there are: 2^31 times the
 * same lanes against doubling a partial 31 times.
 */
#include "partial.h"
#include "trial.h"

enum { DOUBLINGS = 31 };

/* The operator's slice stands between those of two others, of other kinds. */
struct neighbours {
    struct partial_layout layout;
    size_t bytes;
    int64_t *node[MAX_LEAVES], *all, *folded;
};

static void add_result(struct partial_layout *layout, const struct op *op,
                       const struct ff_shape *shape)
{
    struct partial_result *r = &layout->result[layout->n_results++];
    *r = (struct partial_result){.op = op, .shape = *shape,
                                 .offset = layout->n_words,
                                 .words = op->words(shape)};
    layout->n_words += r->words;
}

static int64_t *new_words(const struct neighbours *n)
{
    int64_t *words = malloc(n->bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(words);
    partial_init(&n->layout, words);
    return words;
}

static void neighbours_init(struct neighbours *n, const struct trial *t)
{
    static const struct ff_shape none;
    *n = (struct neighbours){.layout.n_results = 0};
    add_result(&n->layout, op_find(FF_OP_SUM), &none);
    add_result(&n->layout, t->op, t->shape);
    add_result(&n->layout, op_find(FF_OP_ARGMAX), &none);
    add_result(&n->layout, op_find(FF_OP_MAX), &none);
    n->bytes = n->layout.n_words * sizeof(int64_t);
    for (int i = 0; i < MAX_LEAVES; i++)
        n->node[i] = new_words(n);
    n->all = new_words(n);
    n->folded = new_words(n);
}

static void neighbours_release(struct neighbours *n)
{
    for (int i = 0; i < MAX_LEAVES; i++)
        free(n->node[i]);
    free(n->all);
    free(n->folded);
}

/* Some values to all results of a node. */
static void fold_some(const struct neighbours *n, const struct trial *t,
                      int64_t *words)
{
    union ff_value v[MAX_TRIAL_PLACES];
    const union ff_value one[] = {{.f64 = (double)(int64_t)random_bits()},
                                  {.u64 = random_bits()}};
    const struct partial_result *r = n->layout.result;
    trial_fold(t, words + r[1].offset, v, random_values(t, v));
    r[0].op->fold(&r[0].shape, words + r[0].offset, one, 2);
    r[2].op->fold(&r[2].shape, words + r[2].offset, one, 2);
    r[3].op->fold(&r[3].shape, words + r[3].offset, one, 1);
}

/* ---- as MPI does it ------------------------------------------------------ */

static void add_lanes(enum merge_kind kind, void *into, const void *from,
                      uint32_t n)
{
    int64_t *a = into;
    const int64_t *b = from;
    unsigned char *x = into;
    const unsigned char *y = from;
    for (uint32_t i = 0; i < n; i++)
        if (kind == MERGE_MAX_BYTES)
            x[i] = x[i] < y[i] ? y[i] : x[i];
        else if (kind == MERGE_MAX)
            a[i] = a[i] < b[i] ? b[i] : a[i];
        else
            lane_count(&a[i], (uint64_t)b[i]);
}

static void fold_kind(struct neighbours *n, enum merge_kind kind, int n_nodes)
{
    const uint32_t lanes = partial_n_lanes(&n->layout, kind);
    void *sum = malloc(n->bytes), *more = malloc(n->bytes);
    CU_ASSERT_FATAL(sum != NULL && more != NULL);
    partial_get_lanes(&n->layout, n->node[0], kind, sum);
    for (int i = 1; i < n_nodes; i++) {
        partial_get_lanes(&n->layout, n->node[i], kind, more);
        add_lanes(kind, sum, more, lanes);
    }
    partial_set_lanes(&n->layout, n->folded, kind, sum);
    free(sum);
    free(more);
}

/* Blank lanes change nothing when they are merged, so this merges lists. */
static void fold_lists(struct neighbours *n, int n_nodes)
{
    partial_init(&n->layout, n->folded);
    for (int i = 0; i < n_nodes; i++) {
        int64_t *words = new_words(n);
        memcpy(words, n->node[i], n->bytes);
        partial_blank_lanes(&n->layout, words);
        partial_merge(&n->layout, n->folded, words);
        free(words);
    }
}

static int lanes_agree(struct trial *t)
{
    if (t->op->ordered)
        return 1;
    struct neighbours n;
    const int n_nodes = 1 + (int)below(MAX_LEAVES);
    neighbours_init(&n, t);
    for (int i = 0; i < n_nodes; i++) {
        if (below(8) > 0)
            fold_some(&n, t, n.node[i]);
        partial_normalise(&n.layout, n.node[i]);
        partial_merge(&n.layout, n.all, n.node[i]);
    }
    fold_lists(&n, n_nodes);
    fold_kind(&n, MERGE_SUM, n_nodes);
    fold_kind(&n, MERGE_MAX, n_nodes);
    fold_kind(&n, MERGE_MAX_BYTES, n_nodes);
    int agree = partial_valid(&n.layout, n.folded);
    partial_normalise(&n.layout, n.all);
    partial_normalise(&n.layout, n.folded);
    agree = agree && memcmp(n.all, n.folded, n.bytes) == 0;
    neighbours_release(&n);
    return agree;
}

static void lanes_give_what_merging_gives(void)
{
    each_operator(tap_long() ? 5000 : 300, lanes_agree);
}

/* ---- many nodes ---------------------------------------------------------- */

static int many_do_not_overflow(struct trial *t)
{
    if (t->op->merge_kind != MERGE_SUM)
        return 1;
    struct neighbours n;
    neighbours_init(&n, t);
    fold_some(&n, t, n.all);
    partial_normalise(&n.layout, n.all);
    const uint32_t lanes = partial_n_lanes(&n.layout, MERGE_SUM);
    int64_t *sum = malloc(n.bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sum);
    partial_get_lanes(&n.layout, n.all, MERGE_SUM, sum);
    for (uint32_t i = 0; i < lanes; i++)
        sum[i] = (int64_t)((uint64_t)sum[i] << DOUBLINGS);
    memcpy(n.folded, n.all, n.bytes);
    partial_set_lanes(&n.layout, n.folded, MERGE_SUM, sum);
    for (int i = 0; i < DOUBLINGS; i++) {
        memcpy(n.node[0], n.all, n.bytes);
        partial_merge(&n.layout, n.all, n.node[0]);
        partial_normalise(&n.layout, n.all);
    }
    partial_normalise(&n.layout, n.folded);
    const struct partial_result *r = &n.layout.result[1];
    const int agree = memcmp(n.all + r->offset, n.folded + r->offset,
                             r->words * sizeof *sum) == 0;
    free(sum);
    neighbours_release(&n);
    return agree;
}

static void two_to_the_31_nodes(void)
{
    each_operator(tap_long() ? 1000 : 100, many_do_not_overflow);
}

/* ---- all of it ----------------------------------------------------------- */

/* Each word is a lane of one kind, or of a list. */
static int every_word_counts(struct trial *t)
{
    if (t->op->ordered)
        return 1;
    struct neighbours n;
    neighbours_init(&n, t);
    const uint64_t words =
        (uint64_t)partial_n_lanes(&n.layout, MERGE_SUM)
        + partial_n_lanes(&n.layout, MERGE_MAX)
        + partial_n_lanes(&n.layout, MERGE_MAX_BYTES) / sizeof(int64_t)
        + partial_n_lanes(&n.layout, MERGE_LIST);
    const int all = words == n.layout.n_words;
    neighbours_release(&n);
    return all;
}

static void every_word(void)
{
    each_operator(20, every_word_counts);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"each word is of one kind", every_word},
        {"lanes over nodes give what merging gives",
         lanes_give_what_merging_gives},
        {"sums of 2^31 nodes fit", two_to_the_31_nodes},
    };
    return TAP_RUN(tests);
}
