/* SPDX-License-Identifier: Apache-2.0 */
/* Slices that were made up do no harm once `valid` of their operator has let
 * them in: neither merging nor finishing them is undefined (the sanitizers are
 * the judges), and no text overflows. */
#include "trial.h"

static int64_t random_word(void)
{
    static const int64_t special[] = {INT64_MIN, INT64_MAX, -1, 0, 1, 2,
                                      INT64_MAX / 2, INT64_MAX - 1};
    return below(2) ? special[below(8)]
                    : (int64_t)random_bits() >> below(64);
}

/* Of random values, with some words changed; rarely all of them. */
static void make_up(const struct trial *t, int64_t *slice)
{
    union ff_value v[MAX_TRIAL_PLACES];
    const uint32_t n_words = (uint32_t)(t->bytes / sizeof *slice);
    const int n = random_values(t, v);
    t->op->init(t->shape, slice);
    trial_fold(t, slice, v, n);
    if (below(2))
        op_normalise(t->op, t->shape, slice);
    for (uint32_t k = below(8) ? below(4) : n_words; k > 0; k--) {
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
    union ff_value v[MAX_TRIAL_PLACES];
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
    trial_fold(t, t->leaf[0], v, random_values(t, v));
    op_normalise(t->op, t->shape, t->one);
    op_normalise(t->op, t->shape, t->other);
    op_normalise(t->op, t->shape, t->leaf[0]);
    return look_at(t, t->one) && look_at(t, t->other)
           && look_at(t, t->leaf[0]);
}

static void made_up_slices(void)
{
    each_operator(tap_long() ? 20000 : 1000, made_up_does_no_harm);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"made-up slices do no harm", made_up_slices},
    };
    return TAP_RUN(tests);
}
