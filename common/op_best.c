/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that look for the best value:
 *
 *   min, max         [key][seen], both merged by max
 *   argmin, argmax   [seen][key][item]
 *
 * The keys are those of key.h, so a NaN that came is the result. Values that
 * are tied for an arg result give the lowest item.
 */
#include "key.h"
#include "op.h"

/* ---- min, max ----------------------------------------------------------- */

enum { BEST_KEY, BEST_SEEN, BEST_WORDS };

static uint32_t best_words(OP_SHAPE)
{
    return BEST_WORDS;
}

static void best_init(OP_SHAPE, int64_t *slice)
{
    slice[BEST_KEY] = NO_KEY;
    slice[BEST_SEEN] = 0;
}

static inline void raise_to(int64_t *lane, int64_t x)
{
    if (*lane < x)
        *lane = x;
}

static void best_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    raise_to(&into[BEST_KEY], from[BEST_KEY]);
    raise_to(&into[BEST_SEEN], from[BEST_SEEN]);
}

static bool best_int_valid(OP_SHAPE, const int64_t *slice)
{
    return slice[BEST_SEEN] == 1 ||
           (slice[BEST_SEEN] == 0 && slice[BEST_KEY] == NO_KEY);
}

static bool best_valid(OP_SHAPE, const int64_t *slice)
{
    return best_int_valid(shape, slice) &&
           (slice[BEST_SEEN] == 0 || key_valid(slice[BEST_KEY]));
}

/* ---- argmin, argmax ----------------------------------------------------- */

enum { ARG_SEEN, ARG_KEY, ARG_ITEM, ARG_WORDS };

static uint32_t arg_words(OP_SHAPE)
{
    return ARG_WORDS;
}

static void arg_init(OP_SHAPE, int64_t *slice)
{
    slice[ARG_SEEN] = 0;
    slice[ARG_KEY] = NO_KEY;
    slice[ARG_ITEM] = 0;
}

static inline void arg_take(int64_t *slice, int64_t key, uint64_t item)
{
    const bool better =
        !slice[ARG_SEEN] || key > slice[ARG_KEY] ||
        (key == slice[ARG_KEY] && item < (uint64_t)slice[ARG_ITEM]);
    if (!better)
        return;
    slice[ARG_SEEN] = 1;
    slice[ARG_KEY] = key;
    slice[ARG_ITEM] = (int64_t)item;
}

static void arg_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    if (from[ARG_SEEN])
        arg_take(into, from[ARG_KEY], (uint64_t)from[ARG_ITEM]);
}

static bool arg_int_valid(OP_SHAPE, const int64_t *slice)
{
    return slice[ARG_SEEN] == 1 ||
           (slice[ARG_SEEN] == 0 && slice[ARG_KEY] == NO_KEY &&
            slice[ARG_ITEM] == 0);
}

static bool arg_valid(OP_SHAPE, const int64_t *slice)
{
    return arg_int_valid(shape, slice) &&
           (slice[ARG_SEEN] == 0 || key_valid(slice[ARG_KEY]));
}

static void give_item(struct value *out, const int64_t *slice)
{
    out->has_item = true;
    out->item = (uint64_t)slice[ARG_ITEM];
}

/* ---- what differs between min and max, doubles and integers ------------- */

#define DEFINE_BEST(name, key_of, give, value_of)                              \
    static void name##_fold(OP_SHAPE, int64_t *slice,                          \
                            const union ff_value *value, size_t n)             \
    {                                                                          \
        for (size_t i = 0; i < n; i++)                                         \
            raise_to(&slice[BEST_KEY], key_of(value[i]));                      \
        raise_to(&slice[BEST_SEEN], n > 0);                                    \
    }                                                                          \
    static void name##_finish(OP_SHAPE, const int64_t *slice,                  \
                              struct value *out)                               \
    {                                                                          \
        if (slice[BEST_SEEN])                                                  \
            give(out, value_of(slice[BEST_KEY]));                              \
        else                                                                   \
            value_none(out);                                                    \
    }

#define DEFINE_ARG(name, key_of, give, value_of)                               \
    static void name##_fold(OP_SHAPE, int64_t *slice,                          \
                            const union ff_value *value, size_t n)             \
    {                                                                          \
        for (size_t i = 0; i + 1 < n; i += 2)                                  \
            arg_take(slice, key_of(value[i]), value[i + 1].u64);               \
    }                                                                          \
    static void name##_finish(OP_SHAPE, const int64_t *slice,                  \
                              struct value *out)                               \
    {                                                                          \
        if (!slice[ARG_SEEN]) {                                                \
            value_none(out);                                                    \
            return;                                                            \
        }                                                                      \
        give(out, value_of(slice[ARG_KEY]));                                   \
        give_item(out, slice);                                                 \
    }

#define SAME(key) (key)
#define COMPLEMENT(key) (~(key))

DEFINE_BEST(min, min_key, value_f64, double_of_min_key)
DEFINE_BEST(max, max_key, value_f64, double_of_max_key)
DEFINE_BEST(min_int, min_int_key, value_i64, COMPLEMENT)
DEFINE_BEST(max_int, max_int_key, value_i64, SAME)
DEFINE_ARG(argmin, min_key, value_f64, double_of_min_key)
DEFINE_ARG(argmax, max_key, value_f64, double_of_max_key)
DEFINE_ARG(argmin_int, min_int_key, value_i64, COMPLEMENT)
DEFINE_ARG(argmax_int, max_int_key, value_i64, SAME)

/* ---- the rows ------------------------------------------------------------ */

#define BEST_ROW(CODE, NAME, TYPE, fn, check)                                  \
    {.code = CODE, .name = NAME, .type = TYPE, .merge_kind = MERGE_MAX,        \
     .words = best_words, .init = best_init, .fold = fn##_fold,              \
     .merge = best_merge, .valid = check, .finish = fn##_finish}
#define ARG_ROW(CODE, NAME, TYPE, fn, check)                                   \
    {.code = CODE, .name = NAME, .type = TYPE, .kind = VALUE_KIND_ITEM,        \
     .merge_kind = MERGE_LIST, .words = arg_words, .init = arg_init,           \
     .fold = fn##_fold, .merge = arg_merge, .valid = check,                  \
     .finish = fn##_finish}

static const struct op row[] = {
    BEST_ROW(FF_OP_MIN, "min", "f64", min, best_valid),
    BEST_ROW(FF_OP_MIN_INT, "min", "i64", min_int, best_int_valid),
    BEST_ROW(FF_OP_MAX, "max", "f64", max, best_valid),
    BEST_ROW(FF_OP_MAX_INT, "max", "i64", max_int, best_int_valid),
    ARG_ROW(FF_OP_ARGMIN, "argmin", "f64", argmin, arg_valid),
    ARG_ROW(FF_OP_ARGMIN_INT, "argmin", "i64", argmin_int, arg_int_valid),
    ARG_ROW(FF_OP_ARGMAX, "argmax", "f64", argmax, arg_valid),
    ARG_ROW(FF_OP_ARGMAX_INT, "argmax", "i64", argmax_int, arg_int_valid),
};

const struct op_family op_bests = {row, sizeof row / sizeof row[0]};
