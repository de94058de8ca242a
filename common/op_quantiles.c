/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantiles, from a sketch (sketch.h) with the relative error shape->lo (0: the
 * default), at the probabilities of shape->number (none: the default ones).
 *
 * The quantile of p, of n values without NaN, is that of rank ceil(p n), from 1
 * on, with p n rounded to a double, as NumPy's "inverted_cdf" has it. That of
 * rank 1 and of rank n is exact; any other is off by the relative error at
 * most. NaN are left out, and the note says so.
 */
#include "key.h"
#include "op.h"
#include "sketch.h"

#define DEFAULT_ERROR 0.01
#define SIGN (UINT64_C(1) << 63)
#define INFINITE (UINT64_C(0x7ff) << 52)

static const double default_number[] = {0, 0.01, 0.1, 0.5, 0.9, 0.99, 1};

static double error_of(const struct ff_shape *shape)
{
    return shape->lo == 0 ? DEFAULT_ERROR : shape->lo;
}

static uint64_t n_of(const struct ff_shape *shape)
{
    return shape->n_numbers > 0
               ? shape->n_numbers
               : sizeof default_number / sizeof default_number[0];
}

static double number_of(const struct ff_shape *shape, uint64_t i)
{
    return shape->n_numbers > 0 ? shape->number[i] : default_number[i];
}

static struct sketch view(const struct ff_shape *shape, const int64_t *slice)
{
    return sketch_of(error_of(shape), slice);
}

static const char *wrong(const struct ff_shape *shape)
{
    const double error = error_of(shape);
    if (!(error >= SKETCH_MIN_ERROR && error <= SKETCH_MAX_ERROR))
        return "has a relative error that is not in 0.0005 .. 0.25";
    for (uint32_t i = 0; i < shape->n_numbers; i++)
        if (!(shape->number[i] >= 0 && shape->number[i] <= 1))
            return "has a probability that is not in 0 .. 1";
    return NULL;
}

static uint32_t words(const struct ff_shape *shape)
{
    return sketch_words(error_of(shape));
}

static void init(const struct ff_shape *shape, int64_t *slice)
{
    struct sketch s = view(shape, slice);
    sketch_init(&s);
}

static void merge(const struct ff_shape *shape, int64_t *into,
                  const int64_t *from)
{
    struct sketch a = view(shape, into), b = view(shape, from);
    sketch_merge(&a, &b);
}

static void normalise(const struct ff_shape *shape, int64_t *slice)
{
    struct sketch s = view(shape, slice);
    sketch_normalise(&s);
}

/* ---- folding ------------------------------------------------------------ */

static inline void see(int64_t *head, int64_t key)
{
    head[SKETCH_LEAST] = key < head[SKETCH_LEAST] ? key : head[SKETCH_LEAST];
    head[SKETCH_MOST] = key > head[SKETCH_MOST] ? key : head[SKETCH_MOST];
}

/* NaN, infinities, zeros, and those whose page is not there yet. */
__attribute__((noinline))
static void add_special(struct sketch *s, union ff_value v)
{
    const uint64_t magnitude = v.u64 & ~SIGN;
    const bool negative = v.i64 < 0;
    if (magnitude > INFINITE) {
        s->head[SKETCH_NAN]++;
        return;
    }
    see(s->head, swap_negative(v.i64));
    if (magnitude == 0)
        s->head[SKETCH_ZERO]++;
    else if (magnitude == INFINITE)
        s->head[negative ? SKETCH_MINUS_INF : SKETCH_PLUS_INF]++;
    else if (magnitude >> 52 == 0)
        sketch_add(s, negative, sketch_key(magnitude, SKETCH_FIRST));
    else
        sketch_add(s, negative,
                   magnitude + ((uint64_t)(SKETCH_NORMAL - 1) << 52));
}

static void fold(const struct ff_shape *shape, int64_t *slice,
                 const union ff_value *value, size_t n)
{
    struct sketch s = view(shape, slice);
    const sketch_slot *const index = s.index;
    int64_t *const page = s.page;
    const uint64_t mask = (UINT64_C(1) << s.bits) - 1;
    int64_t least = INT64_MAX, most = INT64_MIN;
    uint32_t shift = sketch_shift(&s);
    for (size_t i = 0; i < n; i++) {
        const uint32_t begin = index[value[i].u64 >> 52];
        if (begin == 0) {
            add_special(&s, value[i]);
            shift = sketch_shift(&s);
            continue;
        }
        const int64_t key = swap_negative(value[i].i64);
        least = key < least ? key : least;
        most = key > most ? key : most;
        page[begin + (value[i].u64 >> shift & mask)]++;
    }
    if (least <= most) {
        see(s.head, least);
        see(s.head, most);
    }
}

/* An integer, and where it is in the order of all. */
static inline void add_integer(struct sketch *s, uint64_t magnitude,
                               uint32_t sign, int64_t order)
{
    see(s->head, order);
    if (magnitude == 0) {
        s->head[SKETCH_ZERO]++;
        return;
    }
    const uint64_t key = sketch_key(magnitude, SKETCH_ONE);
    const uint32_t exponent = (uint32_t)(key >> 52) - SKETCH_NORMAL + 1;
    const uint32_t begin = s->index[sign << 11 | exponent];
    if (begin != 0)
        s->page[begin + (key >> sketch_shift(s)
                         & ((UINT64_C(1) << s->bits) - 1))]++;
    else
        sketch_add(s, sign != 0, key);
}

static void fold_int(const struct ff_shape *shape, int64_t *slice,
                     const union ff_value *value, size_t n)
{
    struct sketch s = view(shape, slice);
    for (size_t i = 0; i < n; i++) {
        const uint64_t x = value[i].u64, sign = x >> 63;
        add_integer(&s, (x ^ -sign) + sign, (uint32_t)sign, value[i].i64);
    }
}

/* (With the first bit changed they order as signed ones do.) */
static void fold_uint(const struct ff_shape *shape, int64_t *slice,
                      const union ff_value *value, size_t n)
{
    struct sketch s = view(shape, slice);
    for (size_t i = 0; i < n; i++)
        add_integer(&s, value[i].u64, 0, (int64_t)(value[i].u64 ^ SIGN));
}

/* ---- what came of it ---------------------------------------------------- */

static bool valid_of_any(const struct ff_shape *shape, const int64_t *slice)
{
    const struct sketch s = view(shape, slice);
    if (!sketch_valid(&s))
        return false;
    return sketch_total(&s) == 0 ? slice[SKETCH_LEAST] == INT64_MAX
                                       && slice[SKETCH_MOST] == INT64_MIN
                                 : slice[SKETCH_LEAST] <= slice[SKETCH_MOST];
}

static bool valid(const struct ff_shape *shape, const int64_t *slice)
{
    const int64_t least = slice[SKETCH_LEAST], most = slice[SKETCH_MOST];
    return valid_of_any(shape, slice)
           && (least > most || (key_valid(least) && key_valid(most)
                                && most != NAN_KEY));
}

static bool valid_int(const struct ff_shape *shape, const int64_t *slice)
{
    return valid_of_any(shape, slice) && slice[SKETCH_NAN] == 0
           && slice[SKETCH_MINUS_INF] == 0 && slice[SKETCH_PLUS_INF] == 0;
}

#define NOTES(within)                                                          \
    {"within " within, "within " within "; NaN left out",                      \
     "within " within " as the values are far apart",                          \
     "within " within " as the values are far apart; NaN left out"}

/* 1 / (2^(bits + 1) + 1), rounded up. */
static const char *note_of(const struct sketch *s)
{
    static const char *const note[SKETCH_MAX_BITS + 1][4] = {
        NOTES("34 %"), NOTES("20 %"), NOTES("12 %"), NOTES("5.9 %"),
        NOTES("3.1 %"), NOTES("1.6 %"), NOTES("0.78 %"), NOTES("0.39 %"),
        NOTES("0.2 %"), NOTES("0.098 %"), NOTES("0.049 %")};
    return note[sketch_bits(s)][(s->head[SKETCH_LEVEL] > 0) * 2
                                + (s->head[SKETCH_NAN] > 0)];
}

static void finish(const struct ff_shape *shape, const int64_t *slice,
                   struct value *out)
{
    const struct sketch s = view(shape, slice);
    value_u64(out, sketch_total(&s));
    out->type = VALUE_LIST;
    out->n = n_of(shape);
    out->slice = slice;
    out->note = note_of(&s);
}

/* Of p, 0 .. 1, and n > 0. */
static uint64_t rank_of(double p, uint64_t n)
{
    const double exact = p * (double)n;
    if (exact >= (double)n)
        return n;
    const uint64_t whole = (uint64_t)exact;
    const uint64_t rank = whole + ((double)whole < exact);
    return rank == 0 ? 1 : rank < n ? rank : n;
}

/* As an integer that orders doubles. */
static int64_t key_of_f64(const struct sketch_bucket *b)
{
    const uint64_t bits =
        b->sign == 0 ? 0
        : b->infinite ? INFINITE
        : b->octave >= SKETCH_NORMAL
            ? ((uint64_t)(b->octave - SKETCH_NORMAL) << 52)
                  + sketch_number(b, 52)
            : sketch_number(b, b->octave - SKETCH_FIRST);
    return swap_negative((int64_t)(b->sign < 0 ? bits | SIGN : bits));
}

static uint64_t magnitude_of(const struct sketch_bucket *b)
{
    return b->sign == 0 || b->octave < SKETCH_ONE ? 0
           : b->octave > SKETCH_ONE + 63
               ? UINT64_MAX
               : sketch_number(b, b->octave - SKETCH_ONE);
}

static int64_t key_of_i64(const struct sketch_bucket *b)
{
    const uint64_t magnitude = magnitude_of(b);
    if (magnitude > INT64_MAX)
        return b->sign < 0 ? INT64_MIN : INT64_MAX;
    return b->sign < 0 ? -(int64_t)magnitude : (int64_t)magnitude;
}

static int64_t key_of_u64(const struct sketch_bucket *b)
{
    return (int64_t)(magnitude_of(b) ^ SIGN);
}

static void value_of_f64(struct value *out, int64_t key)
{
    value_f64(out, double_of_max_key(key));
}

static void value_of_u64(struct value *out, int64_t key)
{
    value_u64(out, (uint64_t)key ^ SIGN);
}

static void entry(const struct ff_shape *shape, const int64_t *slice,
                  uint64_t i, struct value *out,
                  int64_t (*key_of)(const struct sketch_bucket *b),
                  void (*give)(struct value *out, int64_t key))
{
    const struct sketch s = view(shape, slice);
    const uint64_t n = sketch_total(&s);
    const double p = number_of(shape, i);
    value_none(out);
    if (n > 0) {
        const int64_t least = slice[SKETCH_LEAST], most = slice[SKETCH_MOST];
        const uint64_t rank = rank_of(p, n);
        const struct sketch_bucket b = sketch_find(&s, rank);
        const int64_t key = key_of(&b);
        const bool exact = rank == 1 || rank == n || key < least || key > most;
        give(out, rank == 1 || key < least ? least
                  : rank == n || key > most ? most : key);
        out->digits = exact ? 0 : error_of(shape) >= 0.005 ? 4 : 5;
    }
    out->has_at = true;
    out->at = p;
}

#define DEFINE_ENTRY(type)                                                     \
    static void entry_##type(const struct ff_shape *shape,                     \
                             const int64_t *slice, uint64_t i,                 \
                             struct value *out)                                \
    {                                                                          \
        entry(shape, slice, i, out, key_of_##type, value_of_##type);           \
    }
#define value_of_i64 value_i64

DEFINE_ENTRY(f64)
DEFINE_ENTRY(i64)
DEFINE_ENTRY(u64)

#define ROW(CODE, TYPE, fold_fn, valid_fn)                                     \
    {.code = CODE, .name = "quantiles", .type = #TYPE,                         \
     .merge_kind = MERGE_LIST, .wrong = wrong, .words = words, .init = init,   \
     .fold = fold_fn, .merge = merge, .normalise = normalise,                  \
     .valid = valid_fn, .finish = finish, .entry = entry_##TYPE}

static const struct op row[] = {
    ROW(FF_OP_QUANTILES, f64, fold, valid),
    ROW(FF_OP_QUANTILES_INT, i64, fold_int, valid_int),
    ROW(FF_OP_QUANTILES_UINT, u64, fold_uint, valid_int),
};

const struct op_family op_quantiles = {row, sizeof row / sizeof row[0]};
