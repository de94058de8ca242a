/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every operator of the table must be, whatever it computes: values split
 * over any leaves and merged in any order and grouping, normalised at any
 * moment, lane by lane where that is promised, give the same bytes and the same
 * result as all of them folded into one slice. Operators that are ordered: the
 * same for any split of the chunks into runs, against the definition of the
 * tree of chunks (tree.h). And slices that were made up do no harm once `valid`
 * has let them in; the sanitizers are the judges.
 *
 * An operator with a shape is tried with each of `shapes` that it can take.
 */
#include "fold.h"
#include "op_operation.h"
#include "tree.h"

#include <float.h>
#include <stdio.h>

enum { MAX_VALUES = 64, MAX_LEAVES = 12, MAX_CHUNKS = 40, MAX_SHAPES = 16 };

static uint64_t state = 1;

static uint32_t below(uint32_t n)
{
    return (uint32_t)(draw(&state) % n);
}

/* ---- what is tried -------------------------------------------------------- */

static const double edges[] = {-1e300, -1, 0, 0.5, 3, 1e9};
static const double probabilities[] = {0, 0.1, 0.5, 1};

/* An operation of the kernel's own, which does not commute: x -> a x + b, one
 * behind the other. A value v is (v | 1) x + v. */
static void affine_combine(void *into, const void *from)
{
    uint64_t a[2], b[2];
    memcpy(a, into, 16);
    memcpy(b, from, 16);
    memcpy(into, (const uint64_t[2]){a[0] * b[0], a[1] * b[0] + b[1]}, 16);
}

static void affine_finish(const void *map, double *number)
{
    memcpy(number, map, 16);
}

static const struct ff_operation affine = {affine_combine, affine_finish};

static const struct ff_shape shapes[] = {
    {.n = 16, .form = 2, .operation = &affine},
    {.n = 0},
    {.n = 1, .seed = 7},
    {.n = 3, .seed = 8},
    {.n = 17, .seed = UINT64_MAX},
    {.lo = -2, .hi = 5, .n = 7},
    {.lo = 1e-9, .hi = 1e9, .n = 12, .form = FF_LOGARITHMIC},
    {.n = 5, .form = FF_LIST, .number = edges, .n_numbers = 6},
    {.lo = 0.01, .number = probabilities, .n_numbers = 4},
    {.lo = 0.2, .number = probabilities, .n_numbers = 1},
    {.lo = 0.01},
    {.lo = 0.2},
};

/* An operator with a shape, and room for its slices. */
struct trial {
    const struct op *op;
    const struct ff_shape *shape;
    size_t bytes;   /* of a slice */
    int places;     /* of a value: of a whole vector, when it folds those */
    int64_t *one, *other, *leaf[MAX_LEAVES];
};

static void trial_init(struct trial *t, const struct op *op,
                       const struct ff_shape *shape)
{
    const size_t n = op->words(shape);
    *t = (struct trial){.op = op, .shape = shape, .bytes = n * sizeof(int64_t),
                        .places = op->kind == VALUE_KIND_DIRECT
                                      ? (int)shape->n : (int)op_places(op)};
    t->one = malloc((MAX_LEAVES + 2) * t->bytes + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t->one);
    t->other = t->one + n;
    for (size_t i = 0; i < MAX_LEAVES; i++)
        t->leaf[i] = t->one + (2 + i) * n;
}

static void trial_release(struct trial *t)
{
    free(t->one);
}

/* How many shapes an operator can be tried with. One without a shape has one. */
static size_t shapes_of(const struct op *op,
                        const struct ff_shape *out[MAX_SHAPES])
{
    const bool own = op->code == FF_OP_OPERATION;
    size_t n = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if ((shapes[i].operation != NULL) == own
            && op_wrong(op, &shapes[i]) == NULL && (op->wrong != NULL || n == 0))
            out[n++] = &shapes[i];
    return n;
}

/* Calls `check` for each operator, n times in all for each. */
static void each_operator(int n, int (*check)(struct trial *t))
{
    const struct op *op;
    for (size_t row = 0; (op = op_row(row)) != NULL; row++) {
        const struct ff_shape *shape[MAX_SHAPES];
        const size_t n_shapes = shapes_of(op, shape);
        int n_wrong = 0;
        CU_ASSERT(n_shapes > 0);
        for (size_t s = 0; s < n_shapes; s++) {
            struct trial t;
            trial_init(&t, op, shape[s]);
            for (int i = (int)s; i < n; i += (int)n_shapes)
                n_wrong += !check(&t);
            trial_release(&t);
        }
        if (n_wrong)
            tap_note("%s of %s: %d of %d", op->name, op->type, n_wrong, n);
        CU_ASSERT_EQUAL(n_wrong, 0);
    }
}

/* ---- random values -------------------------------------------------------- */

static union ff_value random_value(const char *type, uint32_t width,
                                   uint32_t rare)
{
    static const double special[] = {INFINITY, -INFINITY, NAN,      0.0,
                                     -0.0,     DBL_MAX,   -DBL_MAX, 1,
                                     DBL_TRUE_MIN, 5, -2, 0.5};
    static const int64_t extreme[] = {INT64_MIN, INT64_MAX, -1, 0};
    union ff_value v = {.u64 = draw(&state) >> width};
    if (type[0] != 'f') {
        if (below(rare) == 0)
            v.i64 = extreme[below(4)];
        else if (type[0] == 'i' && below(2))
            v.u64 = -v.u64;
        return v;
    }
    const int most = type[1] == '6' ? 450 : 70;
    v.f64 = below(rare) ? ldexp((double)(int64_t)draw(&state),
                                (int)below(2 * (uint32_t)most) - most - 63)
                        : special[below(12)];
    if (type[1] == '3')
        v.f64 = (double)(float)v.f64;
    return v;
}

/* n values: with specials among the doubles, integers of all sizes, few items
 * or many. Returns how many. */
static int random_values(const struct trial *t, union ff_value *v)
{
    const int n = (int)below(MAX_VALUES);
    const uint32_t width = below(64), rare = 1 + below(100);
    for (int i = 0; i < n * t->places; i++) {
        v[i] = random_value(t->op->type, width, rare);
        if (t->op->kind == VALUE_KIND_ITEM)
            v[++i].u64 = below(2) ? below(4) : draw(&state);
    }
    return n;
}

static void fold_own(const struct ff_shape *shape, int64_t *slice, uint64_t v)
{
    const uint64_t map[2] = {v | 1, v};
    if (slice[0] == OPERATION_EMPTY)
        memcpy(slice + 1, map, sizeof map);
    else
        shape->operation->combine(slice + 1, map);
    slice[0] = OPERATION_STATE;
}

static void fold(const struct trial *t, int64_t *slice,
                 const union ff_value *v, int n)
{
    if (t->op->kind != VALUE_KIND_DIRECT) {
        t->op->fold(t->shape, slice, v, (size_t)(n * t->places));
        return;
    }
    for (int i = 0; i < n; i++, v += t->places)
        if (t->op->fold != NULL)
            t->op->fold(t->shape, slice, v, (size_t)t->places);
        else
            fold_own(t->shape, slice, v->u64);
}

/* ---- the same result? ----------------------------------------------------- */

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

/* ---- trees of any shape --------------------------------------------------- */

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
                                    : draw(&state);
        fold(t, t->leaf[to % n_leaves], p, batch);
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
    union ff_value v[MAX_VALUES * 20];
    const int n = random_values(t, v);
    const uint32_t n_leaves = 1 + below(MAX_LEAVES);
    t->op->init(t->shape, t->one);
    fold(t, t->one, v, n);
    deal(t, v, n, n_leaves);
    return merge_all(t, n_leaves) && t->op->valid(t->shape, t->one)
           && same(t, t->one, t->leaf[0]);
}

static void random_merge_trees(void)
{
    each_operator(tap_long() ? 10000 : 500, any_tree_agrees);
}

/* ---- the tree of chunks --------------------------------------------------- */

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
    union ff_value v[MAX_VALUES * 20];
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
    fold(t, slice, c->v + c->first[i] * t->places,
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

/* ---- nothing -------------------------------------------------------------- */

/* Nothing that came is not the same as the worst that may come: it changes
 * nothing, on either side. */
static int nothing_changes_nothing(struct trial *t)
{
    union ff_value v[MAX_VALUES * 20];
    const int n = random_values(t, v);
    int64_t *nothing = t->leaf[0], *with = t->leaf[1];
    t->op->init(t->shape, nothing);
    if (!t->op->valid(t->shape, nothing))
        return 0;
    t->op->init(t->shape, t->one);
    fold(t, t->one, v, n);
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

/* ---- made-up slices ------------------------------------------------------- */

static int64_t random_word(void)
{
    static const int64_t special[] = {INT64_MIN, INT64_MAX, -1, 0, 1, 2,
                                      INT64_MAX / 2, INT64_MAX - 1};
    return below(2) ? special[below(8)]
                    : (int64_t)draw(&state) >> below(64);
}

/* Of random values, with some words changed; rarely all of them. */
static void make_up(const struct trial *t, int64_t *slice)
{
    union ff_value v[MAX_VALUES * 20];
    const uint32_t n_words = (uint32_t)(t->bytes / sizeof *slice);
    const int n = random_values(t, v);
    t->op->init(t->shape, slice);
    fold(t, slice, v, n);
    if (below(2))
        op_normalise(t->op, t->shape, slice);
    for (uint32_t k = below(8) ? below(4) : n_words; k > 0 && n_words > 0; k--) {
        int64_t *word = &slice[below(2) ? below(n_words)
                                        : below(n_words < 4 ? n_words : 4)];
        if (below(2))
            *word = random_word();
        else if (below(2))
            lane_count(word, below(3) - UINT64_C(1));
        else
            *word = slice[below(n_words)];
    }
}

/* Asks for all that can be asked. */
static int look_at(const struct trial *t, const int64_t *slice)
{
    struct value v, e;
    t->op->finish(t->shape, slice, &v);
    if (memchr(v.decimal, 0, sizeof v.decimal) == NULL)
        return 0;
    if (v.type != VALUE_LIST)
        return 1;
    for (uint64_t i = 0; i < v.n; i++) {
        t->op->entry(t->shape, slice, i, &e);
        if (memchr(e.decimal, 0, sizeof e.decimal) == NULL)
            return 0;
    }
    return v.n <= 10000;
}

static int made_up_does_no_harm(struct trial *t)
{
    union ff_value v[MAX_VALUES * 20];
    make_up(t, t->one);
    if (!t->op->valid(t->shape, t->one))
        return 1;
    make_up(t, t->other);
    if (!t->op->valid(t->shape, t->other))
        t->op->init(t->shape, t->other);
    memcpy(t->leaf[0], t->one, t->bytes);
    t->op->merge(t->shape, t->leaf[0], t->other);
    t->op->merge(t->shape, t->other, t->one);
    t->op->merge(t->shape, t->other, t->leaf[0]);
    fold(t, t->leaf[0], v, random_values(t, v));
    op_normalise(t->op, t->shape, t->one);
    op_normalise(t->op, t->shape, t->other);
    op_normalise(t->op, t->shape, t->leaf[0]);
    return look_at(t, t->one) && look_at(t, t->other)
           && look_at(t, t->leaf[0]);
}

static void made_up_slices(void)
{
    each_operator(tap_long() ? 100000 : 1000, made_up_does_no_harm);
}

/* ---- the table ------------------------------------------------------------ */

static void table(void)
{
    const struct op *op, *other;
    CU_ASSERT_PTR_NULL(op_find(0));
    CU_ASSERT_PTR_NULL(op_find(FF_OP_OPERATION + 1));
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
        {"made-up slices do no harm", made_up_slices},
    };
    return TAP_RUN(tests);
}
