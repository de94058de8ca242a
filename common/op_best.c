/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that look for the best value:
 *
 *   min, max                      [key][seen], both merged by max
 *   argmin, argmax, first, last   [seen][key][item]
 *
 * The keys are those of key.h, so a NaN that came is the result. Values that
 * are tied for an arg result give the lowest item. Floats are doubles here and
 * become floats at the end.
 *
 * First and last go by the item alone. Of several values of one item the first
 * (last) is that which was folded first (last): all of an item are in one
 * chunk, and so in one slice, to which they come in the order of the calls.
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

static inline void arg_set(int64_t *slice, int64_t key, uint64_t item)
{
    slice[ARG_SEEN] = 1;
    slice[ARG_KEY] = key;
    slice[ARG_ITEM] = (int64_t)item;
}

static inline void arg_take(int64_t *slice, int64_t key, uint64_t item)
{
    const bool better =
        !slice[ARG_SEEN] || key > slice[ARG_KEY] ||
        (key == slice[ARG_KEY] && item < (uint64_t)slice[ARG_ITEM]);
    if (better)
        arg_set(slice, key, item);
}

static inline void first_take(int64_t *slice, int64_t key, uint64_t item)
{
    if (!slice[ARG_SEEN] || item < (uint64_t)slice[ARG_ITEM])
        arg_set(slice, key, item);
}

static inline void last_take(int64_t *slice, int64_t key, uint64_t item)
{
    if (!slice[ARG_SEEN] || item >= (uint64_t)slice[ARG_ITEM])
        arg_set(slice, key, item);
}

#define DEFINE_MERGE(take)                                                     \
    static void take##_merge(OP_SHAPE, int64_t *into, const int64_t *from)     \
    {                                                                          \
        if (from[ARG_SEEN])                                                    \
            take(into, from[ARG_KEY], (uint64_t)from[ARG_ITEM]);               \
    }

DEFINE_MERGE(arg_take)
DEFINE_MERGE(first_take)
DEFINE_MERGE(last_take)

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

#define DEFINE_BEST_FOLD(name, key_of)                                         \
    static void name##_fold(OP_SHAPE, int64_t *slice,                          \
                            const union ff_value *value, size_t n)             \
    {                                                                          \
        for (size_t i = 0; i < n; i++)                                         \
            raise_to(&slice[BEST_KEY], key_of(value[i]));                      \
        raise_to(&slice[BEST_SEEN], n > 0);                                    \
    }
#define DEFINE_BEST_FINISH(name, give, value_of)                               \
    static void name##_finish(OP_SHAPE, const int64_t *slice,                  \
                              struct value *out)                               \
    {                                                                          \
        if (slice[BEST_SEEN])                                                  \
            give(out, value_of(slice[BEST_KEY]));                              \
        else                                                                   \
            value_none(out);                                                   \
    }

#define DEFINE_ARG_FOLD(name, key_of, take)                                    \
    static void name##_fold(OP_SHAPE, int64_t *slice,                          \
                            const union ff_value *value, size_t n)             \
    {                                                                          \
        for (size_t i = 0; i + 1 < n; i += 2)                                  \
            take(slice, key_of(value[i]), value[i + 1].u64);                   \
    }
#define DEFINE_ARG_FINISH(name, give, value_of)                                \
    static void name##_finish(OP_SHAPE, const int64_t *slice,                  \
                              struct value *out)                               \
    {                                                                          \
        if (!slice[ARG_SEEN]) {                                                \
            value_none(out);                                                   \
            return;                                                            \
        }                                                                      \
        give(out, value_of(slice[ARG_KEY]));                                   \
        give_item(out, slice);                                                 \
    }

#define DEFINE_BEST(name, key_of, give, value_of)                              \
    DEFINE_BEST_FOLD(name, key_of)                                             \
    DEFINE_BEST_FINISH(name, give, value_of)
#define DEFINE_ARG(name, key_of, take, give, value_of)                         \
    DEFINE_ARG_FOLD(name, key_of, take)                                        \
    DEFINE_ARG_FINISH(name, give, value_of)

DEFINE_BEST(min, min_key, value_f64, double_of_min_key)
DEFINE_BEST(max, max_key, value_f64, double_of_max_key)
DEFINE_BEST_FINISH(min_float, value_f32, float_of_min_key)
DEFINE_BEST_FINISH(max_float, value_f32, float_of_max_key)
DEFINE_BEST(min_int, min_int_key, value_i64, int_of_min_key)
DEFINE_BEST(max_int, max_int_key, value_i64, int_of_max_key)
DEFINE_BEST(min_uint, min_uint_key, value_u64, uint_of_min_key)
DEFINE_BEST(max_uint, max_uint_key, value_u64, uint_of_max_key)

DEFINE_ARG(argmin, min_key, arg_take, value_f64, double_of_min_key)
DEFINE_ARG(argmax, max_key, arg_take, value_f64, double_of_max_key)
DEFINE_ARG_FINISH(argmin_float, value_f32, float_of_min_key)
DEFINE_ARG_FINISH(argmax_float, value_f32, float_of_max_key)
DEFINE_ARG(argmin_int, min_int_key, arg_take, value_i64, int_of_min_key)
DEFINE_ARG(argmax_int, max_int_key, arg_take, value_i64, int_of_max_key)
DEFINE_ARG(argmin_uint, min_uint_key, arg_take, value_u64, uint_of_min_key)
DEFINE_ARG(argmax_uint, max_uint_key, arg_take, value_u64, uint_of_max_key)

/* First and last: the key only stands for the value, as that of max does. */
DEFINE_ARG_FOLD(first, max_key, first_take)
DEFINE_ARG_FOLD(last, max_key, last_take)
DEFINE_ARG_FOLD(first_int, max_int_key, first_take)
DEFINE_ARG_FOLD(last_int, max_int_key, last_take)
DEFINE_ARG_FOLD(first_uint, max_uint_key, first_take)
DEFINE_ARG_FOLD(last_uint, max_uint_key, last_take)

/* ---- the rows ------------------------------------------------------------ */

#define BEST_ROW(CODE, NAME, TYPE, fold_, finish_, check)                      \
    {.code = CODE, .name = NAME, .type = TYPE, .merge_kind = MERGE_MAX,        \
     .words = best_words, .init = best_init, .fold = fold_,                    \
     .merge = best_merge, .valid = check, .finish = finish_}
#define ITEM_ROW(CODE, NAME, TYPE, fold_, merge_, finish_, check)              \
    {.code = CODE, .name = NAME, .type = TYPE, .kind = VALUE_KIND_ITEM,        \
     .merge_kind = MERGE_LIST, .words = arg_words, .init = arg_init,           \
     .fold = fold_, .merge = merge_, .valid = check, .finish = finish_}

/* The four types of one. Floats are folded as doubles. */
#define BEST_ROWS(CODE, name)                                                  \
    BEST_ROW(CODE, #name, "f64", name##_fold, name##_finish, best_valid),      \
    BEST_ROW(CODE##_FLOAT, #name, "f32", name##_fold, name##_float_finish,     \
             best_valid),                                                      \
    BEST_ROW(CODE##_INT, #name, "i64", name##_int_fold, name##_int_finish,     \
             best_int_valid),                                                  \
    BEST_ROW(CODE##_UINT, #name, "u64", name##_uint_fold, name##_uint_finish,  \
             best_int_valid)
#define ARG_ROWS(CODE, name)                                                   \
    ITEM_ROW(CODE, #name, "f64", name##_fold, arg_take_merge, name##_finish,   \
             arg_valid),                                                       \
    ITEM_ROW(CODE##_FLOAT, #name, "f32", name##_fold, arg_take_merge,          \
             name##_float_finish, arg_valid),                                  \
    ITEM_ROW(CODE##_INT, #name, "i64", name##_int_fold, arg_take_merge,        \
             name##_int_finish, arg_int_valid),                                \
    ITEM_ROW(CODE##_UINT, #name, "u64", name##_uint_fold, arg_take_merge,      \
             name##_uint_finish, arg_int_valid)
#define END_ROWS(CODE, name)                                                   \
    ITEM_ROW(CODE, #name, "f64", name##_fold, name##_take_merge,               \
             argmax_finish, arg_valid),                                        \
    ITEM_ROW(CODE##_INT, #name, "i64", name##_int_fold, name##_take_merge,     \
             argmax_int_finish, arg_int_valid),                                \
    ITEM_ROW(CODE##_UINT, #name, "u64", name##_uint_fold, name##_take_merge,   \
             argmax_uint_finish, arg_int_valid)

static const struct op row[] = {
    BEST_ROWS(FF_OP_MIN, min),
    BEST_ROWS(FF_OP_MAX, max),
    ARG_ROWS(FF_OP_ARGMIN, argmin),
    ARG_ROWS(FF_OP_ARGMAX, argmax),
    END_ROWS(FF_OP_FIRST, first),
    END_ROWS(FF_OP_LAST, last),
};

const struct op_family op_bests = {row, sizeof row / sizeof row[0]};
