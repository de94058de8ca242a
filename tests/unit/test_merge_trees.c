/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every operator of the table must be, whatever it computes: values split
 * over any leaves and merged in any order and grouping, normalised at any
 * moment, lane by lane where that is promised, give the same bytes and the same
 * result as all of them folded into one slice. Operators that are ordered: the
 * same for any split of the chunks into runs, against the definition of the
 * tree of chunks (tree.h).
 */
#include "tree.h"
#include "trial.h"

enum { MAX_CHUNKS = 40 };

/* ---- the same result? ---------------------------------------------------- */

static int same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int same_value(const struct value *a, const struct value *b)
{
    return a->type == b->type && !memcmp(&a->f64, &b->f64, sizeof a->f64)
           && a->is_float == b->is_float && same_text(a->decimal, b->decimal)
           && same_text(a->note, b->note) && same_text(a->label, b->label)
           && a->has_item == b->has_item && a->item == b->item
           && a->has_at == b->has_at && !memcmp(&a->at, &b->at, sizeof a->at)
           && a->n == b->n;
}

/* Normalises both, and compares all that can be seen of them. */
static int same(const struct trial *t, int64_t *a, int64_t *b)
{
    struct value v, w;
    op_normalise(t->op, t->shape, a);
    op_normalise(t->op, t->shape, b);
    if (memcmp(a, b, t->bytes) != 0 || !t->op->valid(t->shape, a))
        return 0;
    t->op->finish(t->shape, a, &v);
    t->op->finish(t->shape, b, &w);
    int is_same = same_value(&v, &w);
    const uint64_t n = v.type == VALUE_LIST ? v.n : 0;
    for (uint64_t i = 0; is_same && i < n; i++) {
        struct value x, y;
        t->op->entry(t->shape, a, i, &x);
        t->op->entry(t->shape, b, i, &y);
        is_same = same_value(&x, &y);
    }
    op_normalise(t->op, t->shape, b); /* once more changes nothing */
    return is_same && memcmp(a, b, t->bytes) == 0;
}

/* ---- trees of any shape -------------------------------------------------- */

static void max_bytes(int64_t *into, const int64_t *from, size_t n)
{
    unsigned char *a = (unsigned char *)into;
    const unsigned char *b = (const unsigned char *)from;
    for (size_t i = 0; i < n; i++)
        if (a[i] < b[i])
            a[i] = b[i];
}

/* Merges as MPI_SUM and MPI_MAX do it, lane by lane. */
static void merge_lanes(const struct trial *t, int64_t *into, int64_t *from)
{
    op_normalise(t->op, t->shape, into);
    op_normalise(t->op, t->shape, from);
    if (t->op->merge_kind == MERGE_MAX_BYTES) {
        max_bytes(into, from, t->bytes);
        return;
    }
    for (size_t i = 0; i < t->bytes / sizeof *into; i++)
        if (t->op->merge_kind == MERGE_SUM)
            lane_count(&into[i], (uint64_t)from[i]);
        else if (into[i] < from[i])
            into[i] = from[i];
}

/* First and last rely on it that all values of an item are in one leaf. */
static bool goes_by_item(const struct op *op)
{
    return strcmp(op->name, "first") == 0 || strcmp(op->name, "last") == 0;
}

/* Deals n values to leaves. */
static void deal(struct trial *t, const union ff_value *v, int n,
                 uint32_t n_leaves)
{
    const bool by_item = goes_by_item(t->op);
    for (uint32_t i = 0; i < n_leaves; i++)
        t->op->init(t->shape, t->leaf[i]);
    for (int i = 0, batch; i < n; i += batch) {
        const union ff_value *p = v + i * t->places;
        batch = by_item ? 1 : 1 + (int)below((uint32_t)(n - i));
        const uint64_t to = by_item ? p[1].u64 * 0x9e3779b9u >> 5
                                    : random_bits();
        trial_fold(t, t->leaf[to % n_leaves], p, batch);
    }
}

/* Merges leaves in random order until one is left, the first. */
static bool merge_all(struct trial *t, uint32_t n_leaves)
{
    bool valid = true;
    while (n_leaves > 1) {
        int64_t *from = t->leaf[--n_leaves], *into = t->leaf[below(n_leaves)];
        if (below(4) == 0)
            op_normalise(t->op, t->shape, below(2) ? into : from);
        if (t->op->merge_kind != MERGE_LIST && below(4) == 0)
            merge_lanes(t, into, from);
        else
            t->op->merge(t->shape, into, from);
        valid = valid && t->op->valid(t->shape, into);
    }
    return valid;
}

static int any_tree_agrees(struct trial *t)
{
    if (t->op->ordered)
        return 1;
    union ff_value v[MAX_TRIAL_PLACES];
    const int n = random_values(t, v);
    const uint32_t n_leaves = 1 + below(MAX_LEAVES);
    t->op->init(t->shape, t->one);
    trial_fold(t, t->one, v, n);
    deal(t, v, n, n_leaves);
    return merge_all(t, n_leaves) && t->op->valid(t->shape, t->one)
           && same(t, t->one, t->leaf[0]);
}

static void random_merge_trees(void)
{
    each_operator(tap_long() ? 10000 : 500, any_tree_agrees);
}

/* ---- the tree of chunks -------------------------------------------------- */

static void merge_states(const void *context, int64_t *into,
                         const int64_t *from)
{
    const struct trial *t = context;
    t->op->merge(t->shape, into, from);
}

static bool state_is_valid(const void *context, const int64_t *words)
{
    const struct trial *t = context;
    return t->op->valid(t->shape, words);
}

/* The values of some chunks: those of chunk c are [first[c], first[c + 1]). */
struct chunks {
    uint32_t n;
    bool failed[MAX_CHUNKS];
    int first[MAX_CHUNKS + 1];
    union ff_value v[MAX_TRIAL_PLACES];
};

static void random_chunks(const struct trial *t, struct chunks *c)
{
    const int n = random_values(t, c->v);
    c->n = 1 + below(MAX_CHUNKS);
    for (uint32_t i = 0; i < c->n; i++) {
        c->failed[i] = below(8) == 0;
        c->first[i] = n * (int)i / (int)c->n;
    }
    c->first[c->n] = n;
}

static void fold_chunk(const struct trial *t, const struct chunks *c,
                       uint32_t i, int64_t *slice)
{
    t->op->init(t->shape, slice);
    trial_fold(t, slice, c->v + c->first[i] * t->places,
         c->first[i + 1] - c->first[i]);
    op_normalise(t->op, t->shape, slice);
}

/* The definition. False: all chunks of the node failed. Depth: 6 levels. */
static bool node_state(struct trial *t, const struct chunks *c, uint32_t lo,
                       uint32_t level, int64_t *slice)
{
    if (lo >= c->n)
        return false;
    if (level == 0) {
        if (!c->failed[lo])
            fold_chunk(t, c, lo, slice);
        return !c->failed[lo];
    }
    int64_t *right = t->leaf[level];
    const bool has_left = node_state(t, c, lo, level - 1, slice);
    if (!node_state(t, c, lo + (1u << (level - 1)), level - 1,
                    has_left ? right : slice))
        return has_left;
    if (has_left)
        t->op->merge(t->shape, slice, right);
    return true;
}

/* Chunks in runs to this many trees, each from its first to its last or the
 * other way round. */
static void deal_chunks(struct trial *t, const struct chunks *c,
                        struct tree *tree, uint32_t n_trees)
{
    uint32_t end;
    for (uint32_t i = 0; i < c->n; i = end) {
        struct tree *to = &tree[below(n_trees)];
        const bool down = below(2);
        end = i + 1 + below(c->n - i);
        for (uint32_t k = i; k < end; k++) {
            const uint32_t chunk = down ? end - 1 - (k - i) : k;
            if (c->failed[chunk])
                continue;
            fold_chunk(t, c, chunk, t->other);
            CU_ASSERT_EQUAL(
                tree_add(to, (struct tree_node){chunk, 0}, t->other), 0);
        }
    }
}

/* By way of words, as records go. */
static void send(struct trial *t, struct tree *into, const struct tree *from)
{
    struct tree between;
    const size_t n = tree_encoded_words(from);
    int64_t *words = malloc(n * sizeof *words);
    CU_ASSERT_PTR_NOT_NULL_FATAL(words);
    tree_encode(from, words);
    tree_init(&between, from->n_chunks, from->state_words, merge_states, t);
    CU_ASSERT_EQUAL(tree_decode(&between, words, n, state_is_valid), 0);
    CU_ASSERT_EQUAL(tree_join(into, &between), 0);
    tree_release(&between);
    free(words);
}

static int the_tree_agrees(struct trial *t)
{
    if (!t->op->ordered)
        return 1;
    static struct chunks c;
    struct tree tree[4];
    const uint32_t n_trees = 1 + below(3);
    random_chunks(t, &c);
    for (uint32_t i = 0; i <= n_trees; i++)
        tree_init(&tree[i], c.n, (uint32_t)(t->bytes / sizeof(int64_t)),
                  merge_states, t);
    deal_chunks(t, &c, tree, n_trees);
    for (uint32_t i = n_trees; i-- > 0;)
        send(t, &tree[n_trees], &tree[i]);
    const int64_t *root = tree_root(&tree[n_trees]);
    const bool some = node_state(t, &c, 0, 6, t->one);
    int agrees = some == (root != NULL);
    if (some && root != NULL) {
        memcpy(t->other, root, t->bytes);
        agrees = same(t, t->one, t->other);
    }
    for (uint32_t i = 0; i <= n_trees; i++)
        tree_release(&tree[i]);
    return agrees;
}

static void ordered_trees(void)
{
    each_operator(tap_long() ? 10000 : 500, the_tree_agrees);
}

/* ---- nothing ------------------------------------------------------------- */

/* Nothing that came is not the same as the worst that may come: it changes
 * nothing, on either side. */
static int nothing_changes_nothing(struct trial *t)
{
    union ff_value v[MAX_TRIAL_PLACES];
    const int n = random_values(t, v);
    int64_t *nothing = t->leaf[0], *with = t->leaf[1];
    t->op->init(t->shape, nothing);
    if (!t->op->valid(t->shape, nothing))
        return 0;
    t->op->init(t->shape, t->one);
    trial_fold(t, t->one, v, n);
    memcpy(with, t->one, t->bytes);
    t->op->init(t->shape, t->other);
    t->op->merge(t->shape, t->other, t->one);
    t->op->merge(t->shape, with, nothing);
    return same(t, t->one, t->other) && same(t, t->one, with);
}

static void merging_with_nothing(void)
{
    each_operator(100, nothing_changes_nothing);
}

/* ---- the table ----------------------------------------------------------- */

static void table(void)
{
    const struct op *op, *other;
    CU_ASSERT_PTR_NULL(op_find(0));
    CU_ASSERT_PTR_NULL(op_find(FF_OP_NUMBER_UINT + 1));
    CU_ASSERT_PTR_NULL(op_find(UINT32_MAX));
    for (size_t i = 0; (op = op_row(i)) != NULL; i++) {
        CU_ASSERT_PTR_EQUAL(op_find(op->code), op);
        CU_ASSERT_PTR_EQUAL(op_named(op->name, strlen(op->name), op->type), op);
        CU_ASSERT(op->words && op->init && op->merge && op->valid);
        CU_ASSERT(op->finish && (op->fold || op->code == FF_OP_OPERATION));
        CU_ASSERT_EQUAL(op_places(op), op->kind == VALUE_KIND_DIRECT ? 0
                                       : op->kind == VALUE_KIND_ONE ? 1 : 2);
        for (size_t k = 0; k < i; k++) {
            other = op_row(k);
            CU_ASSERT_NOT_EQUAL(other->code, op->code);
            CU_ASSERT(strcmp(op->name, other->name) != 0
                      || strcmp(op->type, other->type) != 0);
        }
    }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"the table of operators", table},
        {"random merge trees of each operator", random_merge_trees},
        {"the tree of chunks, for those that are ordered", ordered_trees},
        {"merging with nothing", merging_with_nothing},
    };
    return TAP_RUN(tests);
}
