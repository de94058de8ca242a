/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that keep n values of all, each with its item:
 *
 *   top, bottom   those with the highest keys (key.h), so a NaN is before all
 *                 others, as for argmax and argmin; ties: the lower item
 *   sample        those whose items have the lowest hashes: which they are
 *                 depends on the seed and the items alone, so all items are
 *                 equally likely, and it does not matter who had them (bottom-k
 *                 sampling: E. Cohen, H. Kaplan, Summarizing data using
 *                 bottom-k sketches, PODC'07). Values of one item stay together
 *
 *   slice   [came][open][n x {key, item}]
 *
 * `came` values came, so min(came, n) are kept; what is behind them is 0. A
 * normalised slice is not open: its entries are sorted, those of a sample by
 * item. An open one that is full is a heap with the worst entry at its root, so
 * a value that is worse than all that are kept costs one comparison.
 */
#include "key.h"
#include "op.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_ENTRIES 10000u
enum { CAME, OPEN, ENTRIES };

struct entry {
    int64_t key;
    uint64_t item;
};

/* Is x before y? Equal entries are not. */
typedef bool before_fn(uint64_t seed, struct entry x, struct entry y);

static inline bool top_before(uint64_t seed __attribute__((unused)),
                              struct entry x, struct entry y)
{
    return x.key > y.key || (x.key == y.key && x.item < y.item);
}

static inline bool item_before(uint64_t seed __attribute__((unused)),
                               struct entry x, struct entry y)
{
    return x.item < y.item || (x.item == y.item && x.key < y.key);
}

/* The hash of an item is its number in a sequence of SplitMix64 (G. Steele,
 * D. Lea, C. Flood, Fast splittable pseudorandom number generators, OOPSLA'14),
 * which begins at the hash of the seed. */
static inline uint64_t hash(uint64_t seed, uint64_t item)
{
    uint64_t z = seed + (item + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t sample_seed(const struct ff_shape *shape)
{
    return hash(shape->seed, 0);
}

static inline bool sample_before(uint64_t seed, struct entry x, struct entry y)
{
    const uint64_t a = hash(seed, x.item), b = hash(seed, y.item);
    return a < b || (a == b && item_before(seed, x, y));
}

/* ---- heaps: nobody is behind the root ----------------------------------- */

/* Puts x in place i, whose entry is no more, of a heap of n. */
static inline void sift_down(struct entry *e, size_t n, size_t i,
                             struct entry x, before_fn *before, uint64_t seed)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(seed, e[child], e[child + 1]))
            child++;
        if (!before(seed, x, e[child]))
            break;
        e[i] = e[child];
    }
    e[i] = x;
}

static inline void make_heap(struct entry *e, size_t n, before_fn *before,
                             uint64_t seed)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down(e, n, i, e[i], before, seed);
}

static inline void sort(struct entry *e, size_t n, before_fn *before,
                        uint64_t seed)
{
    make_heap(e, n, before, seed);
    while (n-- > 1) {
        const struct entry x = e[n];
        e[n] = e[0];
        sift_down(e, n, 0, x, before, seed);
    }
}

/* ---- slices ------------------------------------------------------------- */

static const char *wrong(const struct ff_shape *shape)
{
    return shape->n - 1 < MAX_ENTRIES ? NULL : "must keep 1 to 10,000 values";
}

static uint32_t words(const struct ff_shape *shape)
{
    return ENTRIES + 2 * (uint32_t)shape->n;
}

static void init(const struct ff_shape *shape, int64_t *slice)
{
    memset(slice, 0, words(shape) * sizeof *slice);
}

static struct entry *entries(int64_t *slice)
{
    return (struct entry *)(slice + ENTRIES);
}

static const struct entry *entries_of(const int64_t *slice)
{
    return (const struct entry *)(slice + ENTRIES);
}

static size_t kept(const struct ff_shape *shape, const int64_t *slice)
{
    const uint64_t came = (uint64_t)slice[CAME];
    return came < shape->n ? came : shape->n;
}

/* Before entries are taken. */
static inline void reopen(const struct ff_shape *shape, int64_t *slice,
                          before_fn *before, uint64_t seed)
{
    if (!slice[OPEN] && kept(shape, slice) == shape->n)
        make_heap(entries(slice), shape->n, before, seed);
    slice[OPEN] = 1;
}

static inline void take(const struct ff_shape *shape, int64_t *slice,
                        struct entry x, before_fn *before, uint64_t seed)
{
    struct entry *e = entries(slice);
    const size_t k = kept(shape, slice);
    lane_count(&slice[CAME], 1);
    if (k == shape->n) {
        if (before(seed, x, e[0]))
            sift_down(e, k, 0, x, before, seed);
        return;
    }
    e[k] = x;
    if (k + 1 == shape->n)
        make_heap(e, shape->n, before, seed);
}

static inline void merge(const struct ff_shape *shape, int64_t *into,
                         const int64_t *from, before_fn *before, uint64_t seed)
{
    const size_t n = kept(shape, from);
    reopen(shape, into, before, seed);
    for (size_t i = 0; i < n; i++)
        take(shape, into, entries_of(from)[i], before, seed);
    lane_count(&into[CAME], (uint64_t)from[CAME] - n);
}

static inline void normalise(const struct ff_shape *shape, int64_t *slice,
                             before_fn *before, uint64_t seed)
{
    if (slice[OPEN])
        sort(entries(slice), kept(shape, slice), before, seed);
    slice[OPEN] = 0;
}

/* Are the entries a heap (sorted, when it is not open)? */
static inline bool in_order(const struct ff_shape *shape, const int64_t *slice,
                            before_fn *before, uint64_t seed)
{
    const struct entry *e = entries_of(slice);
    const size_t n = kept(shape, slice);
    for (size_t i = 1; i < n; i++)
        if (slice[OPEN] ? before(seed, e[(i - 1) / 2], e[i])
                        : before(seed, e[i], e[i - 1]))
            return false;
    return true;
}

/* Is all but their order as it must be? */
static bool contents_valid(const struct ff_shape *shape, const int64_t *slice,
                           bool doubles)
{
    const size_t n = kept(shape, slice);
    if (slice[CAME] < 0 || slice[CAME] > INT64_MAX / 2
        || (slice[OPEN] != 0 && slice[OPEN] != 1))
        return false;
    for (size_t i = 0; doubles && i < n; i++)
        if (!key_valid(entries_of(slice)[i].key))
            return false;
    for (size_t i = ENTRIES + 2 * n; i < words(shape); i++)
        if (slice[i] != 0)
            return false;
    return true;
}

static void finish(const struct ff_shape *shape, const int64_t *slice,
                   struct value *out)
{
    value_none(out);
    out->type = VALUE_LIST;
    out->n = kept(shape, slice);
    out->slice = slice;
    snprintf(out->decimal, sizeof out->decimal, "%" PRIu64,
             (uint64_t)slice[CAME]);
}

/* ---- top, bottom -------------------------------------------------------- */

static void top_merge(const struct ff_shape *shape, int64_t *into,
                      const int64_t *from)
{
    merge(shape, into, from, top_before, 0);
}

static void top_normalise(const struct ff_shape *shape, int64_t *slice)
{
    normalise(shape, slice, top_before, 0);
}

/* An open list that is not full has no order yet. */
static bool top_int_valid(const struct ff_shape *shape, const int64_t *slice)
{
    return contents_valid(shape, slice, false)
           && ((slice[OPEN] && kept(shape, slice) < shape->n)
               || in_order(shape, slice, top_before, 0));
}

static bool top_valid(const struct ff_shape *shape, const int64_t *slice)
{
    return contents_valid(shape, slice, true) && top_int_valid(shape, slice);
}

#define DEFINE_TOP_FOLD(name, key_of)                                          \
    static void name##_fold(const struct ff_shape *shape, int64_t *slice,      \
                            const union ff_value *value, size_t n)             \
    {                                                                          \
        reopen(shape, slice, top_before, 0);                                   \
        for (size_t i = 0; i + 1 < n; i += 2)                                  \
            take(shape, slice,                                                 \
                 (struct entry){key_of(value[i]), value[i + 1].u64},           \
                 top_before, 0);                                               \
    }

DEFINE_TOP_FOLD(top, max_key)
DEFINE_TOP_FOLD(top_int, max_int_key)
DEFINE_TOP_FOLD(top_uint, max_uint_key)
DEFINE_TOP_FOLD(bottom, min_key)
DEFINE_TOP_FOLD(bottom_int, min_int_key)
DEFINE_TOP_FOLD(bottom_uint, min_uint_key)

/* ---- sample ------------------------------------------------------------- */

static void sample_merge(const struct ff_shape *shape, int64_t *into,
                         const int64_t *from)
{
    merge(shape, into, from, sample_before, sample_seed(shape));
}

static void sample_normalise(const struct ff_shape *shape, int64_t *slice)
{
    normalise(shape, slice, item_before, 0);
}

static bool sample_int_valid(const struct ff_shape *shape,
                             const int64_t *slice)
{
    if (!contents_valid(shape, slice, false))
        return false;
    if (!slice[OPEN])
        return in_order(shape, slice, item_before, 0);
    return kept(shape, slice) < shape->n
           || in_order(shape, slice, sample_before, sample_seed(shape));
}

static bool sample_valid(const struct ff_shape *shape, const int64_t *slice)
{
    return contents_valid(shape, slice, true)
           && sample_int_valid(shape, slice);
}

/* The hash of the worst that is kept is at hand, for most values are worse. */
static inline void sample_take(const struct ff_shape *shape, int64_t *slice,
                               struct entry x, uint64_t seed, uint64_t *worst)
{
    if (kept(shape, slice) == shape->n
        && hash(seed, x.item) > *worst) {
        lane_count(&slice[CAME], 1);
        return;
    }
    take(shape, slice, x, sample_before, seed);
    *worst = hash(seed, entries(slice)->item);
}

#define DEFINE_SAMPLE_FOLD(name, key_of)                                       \
    static void name##_fold(const struct ff_shape *shape, int64_t *slice,      \
                            const union ff_value *value, size_t n)             \
    {                                                                          \
        const uint64_t seed = sample_seed(shape);                              \
        reopen(shape, slice, sample_before, seed);                             \
        uint64_t worst = hash(seed, entries(slice)->item);                     \
        for (size_t i = 0; i + 1 < n; i += 2)                                  \
            sample_take(shape, slice,                                          \
                        (struct entry){key_of(value[i]), value[i + 1].u64},    \
                        seed, &worst);                                         \
    }

DEFINE_SAMPLE_FOLD(sample, max_key)
DEFINE_SAMPLE_FOLD(sample_int, max_int_key)
DEFINE_SAMPLE_FOLD(sample_uint, max_uint_key)

/* ---- the rows ----------------------------------------------------------- */

#define DEFINE_ENTRY(name, give, value_of)                                     \
    static void name##_entry(OP_SHAPE, const int64_t *slice, uint64_t i,       \
                             struct value *out)                                \
    {                                                                          \
        const struct entry *e = entries_of(slice) + i;                         \
        give(out, value_of(e->key));                                           \
        out->has_item = true;                                                  \
        out->item = e->item;                                                   \
    }

DEFINE_ENTRY(max, value_f64, double_of_max_key)
DEFINE_ENTRY(max_int, value_i64, int_of_max_key)
DEFINE_ENTRY(max_uint, value_u64, uint_of_max_key)
DEFINE_ENTRY(min, value_f64, double_of_min_key)
DEFINE_ENTRY(min_int, value_i64, int_of_min_key)
DEFINE_ENTRY(min_uint, value_u64, uint_of_min_key)

#define ROW(CODE, NAME, TYPE, fn, kind_, entry_, check)                        \
    {.code = CODE, .name = NAME, .type = TYPE, .kind = VALUE_KIND_ITEM,        \
     .merge_kind = MERGE_LIST, .wrong = wrong, .words = words, .init = init,   \
     .fold = fn##_fold, .merge = kind_##_merge,                                \
     .normalise = kind_##_normalise, .valid = kind_##check,                    \
     .finish = finish, .entry = entry_##_entry}
#define ROWS(CODE, name, kind, entry)                                          \
    ROW(CODE, #name, "f64", name, kind, entry, _valid),                        \
    ROW(CODE##_INT, #name, "i64", name##_int, kind, entry##_int, _int_valid),  \
    ROW(CODE##_UINT, #name, "u64", name##_uint, kind, entry##_uint, _int_valid)

static const struct op row[] = {
    ROWS(FF_OP_TOP, top, top, max),
    ROWS(FF_OP_BOTTOM, bottom, top, min),
    ROWS(FF_OP_SAMPLE, sample, sample, max),
};

const struct op_family op_tops = {row, sizeof row / sizeof row[0]};
