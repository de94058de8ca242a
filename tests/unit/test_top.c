/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that keep n values: top and bottom against qsort, samples against
 * what is said of them and, with chi-square tests, against chance. The bounds
 * of chi-square are the 0.5 % and 99.5 % points for 99 degrees of freedom
 * (NIST/SEMATECH e-Handbook, 1.3.6.7.4; R's qchisq gives more digits).
 */
#include "fold.h"

#include <inttypes.h>
#include <stdio.h>

#define CHI2_99_LOW 66.510
#define CHI2_99_HIGH 138.987

struct pair {
    union ff_value value, item;
};

static struct value entry_of(uint32_t code, const struct ff_shape *shape,
                             const int64_t *slice, uint64_t i)
{
    struct value v;
    op_find(code)->entry(shape, slice, i, &v);
    CU_ASSERT(v.has_item);
    return v;
}

/* ---- top and bottom ------------------------------------------------------ */

static int by_item(const struct pair *x, const struct pair *y)
{
    return (x->item.u64 > y->item.u64) - (x->item.u64 < y->item.u64);
}

/* Largest first; NaN before all, -0.0 behind 0.0. */
static int doubles_down(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    const double v = x->value.f64, w = y->value.f64;
    if (isnan(v) || isnan(w))
        return isnan(v) && isnan(w) ? by_item(x, y) : isnan(v) ? -1 : 1;
    if (v != w)
        return v > w ? -1 : 1;
    if (v == 0 && signbit(v) != signbit(w))
        return signbit(w) ? -1 : 1;
    return by_item(x, y);
}

static int doubles_up(const void *a, const void *b)
{
    struct pair x = *(const struct pair *)a, y = *(const struct pair *)b;
    x.value.f64 = -x.value.f64;
    y.value.f64 = -y.value.f64;
    return doubles_down(&x, &y);
}

#define BY(name, member, operator)                                             \
    static int name(const void *a, const void *b)                              \
    {                                                                          \
        const struct pair *x = a, *y = b;                                      \
        if (x->value.member != y->value.member)                                \
            return x->value.member operator y->value.member ? -1 : 1;          \
        return by_item(x, y);                                                  \
    }
BY(ints_down, i64, >)
BY(ints_up, i64, <)
BY(uints_down, u64, >)
BY(uints_up, u64, <)

static const struct kind {
    uint32_t code;
    int (*compare)(const void *a, const void *b);
} kinds[] = {
    {FF_OP_TOP, doubles_down},      {FF_OP_BOTTOM, doubles_up},
    {FF_OP_TOP_INT, ints_down},     {FF_OP_BOTTOM_INT, ints_up},
    {FF_OP_TOP_UINT, uints_down},   {FF_OP_BOTTOM_UINT, uints_up},
};

/* Values with ties, specials among the doubles; items in no order. */
static void make_pairs(struct pair *p, size_t n, bool doubles, uint64_t *state)
{
    static const double special[] = {INFINITY, -INFINITY, NAN, 0.0, -0.0, 1};
    const unsigned width = (unsigned)(draw(state) % 64);
    for (size_t i = 0; i < n; i++) {
        p[i].value.u64 = draw(state) >> width;
        p[i].item.u64 = draw(state) >> draw(state) % 64;
        if (doubles)
            p[i].value.f64 = draw(state) % 8 ? (double)p[i].value.i64
                                             : special[draw(state) % 6];
    }
}

static bool is_pair(const struct value *v, const struct pair *p,
                    const char *type)
{
    char text[64];
    if (v->item != p->item.u64)
        return false;
    if (type[0] == 'f')
        return is_f64(*v, p->value.f64);
    if (type[0] == 'i')
        snprintf(text, sizeof text, "%" PRId64, p->value.i64);
    else
        snprintf(text, sizeof text, "%" PRIu64, p->value.u64);
    return is_int(*v, text);
}

static void sorts_as(const struct kind *kind, uint64_t n, size_t n_values,
                     uint64_t *state)
{
    const struct ff_shape shape = {.n = n};
    const struct op *op = op_find(kind->code);
    struct pair *p = malloc((n_values + 1) * sizeof *p);
    struct value list;
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    make_pairs(p, n_values, op->type[0] == 'f', state);
    int64_t *slice = slice_of(kind->code, &shape, &p->value, 2 * n_values);
    qsort(p, n_values, sizeof *p, kind->compare);
    op->finish(&shape, slice, &list);
    CU_ASSERT(list.type == VALUE_LIST && list.slice == slice);
    CU_ASSERT_EQUAL_FATAL(list.n, n_values < n ? n_values : n);
    CU_ASSERT_EQUAL(strtoull(list.decimal, NULL, 10), n_values);
    size_t n_wrong = 0;
    for (uint64_t i = 0; i < list.n; i++) {
        const struct value v = entry_of(kind->code, &shape, slice, i);
        n_wrong += !is_pair(&v, &p[i], op->type);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    free(slice);
    free(p);
}

static void top_is_what_sorting_gives(void)
{
    uint64_t state = 1;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (size_t n_values = 0; n_values < 40; n_values++)
            sorts_as(&kinds[k], 1 + draw(&state) % 12, n_values, &state);
        sorts_as(&kinds[k], 1, 3000, &state);
        sorts_as(&kinds[k], 10, 3000, &state);
        sorts_as(&kinds[k], 1000, 3000, &state);
        sorts_as(&kinds[k], 10000, 12000, &state);
    }
}

static void special_doubles(void)
{
    const struct ff_shape shape = {.n = 4};
    int64_t *s = slice_of(FF_OP_TOP, &shape,
                          VALUES(F(-0.0), U(1), F(0.0), U(2), F(INFINITY), U(3),
                                 F(-NAN), U(5), F(NAN), U(4), F(-1), U(0)));
    CU_ASSERT(at_item(entry_of(FF_OP_TOP, &shape, s, 0), 4));
    CU_ASSERT(is_f64(entry_of(FF_OP_TOP, &shape, s, 1), NAN));
    CU_ASSERT(is_f64(entry_of(FF_OP_TOP, &shape, s, 2), INFINITY));
    CU_ASSERT(is_f64(entry_of(FF_OP_TOP, &shape, s, 3), 0.0));
    free(s);
    s = slice_of(FF_OP_BOTTOM, &shape,
                 VALUES(F(0.0), U(2), F(-0.0), U(1), F(-INFINITY), U(3), F(NAN),
                        U(5), F(7), U(9)));
    CU_ASSERT(at_item(entry_of(FF_OP_BOTTOM, &shape, s, 0), 5));
    CU_ASSERT(is_f64(entry_of(FF_OP_BOTTOM, &shape, s, 1), -INFINITY));
    CU_ASSERT(is_f64(entry_of(FF_OP_BOTTOM, &shape, s, 2), -0.0));
    CU_ASSERT(is_f64(entry_of(FF_OP_BOTTOM, &shape, s, 3), 0.0));
    free(s);
}

static void numbers_of_entries(void)
{
    static const uint64_t wrong[] = {0, 10001, UINT64_MAX};
    for (uint32_t code = FF_OP_TOP; code <= FF_OP_SAMPLE_UINT; code++) {
        struct ff_shape shape = {.n = 1};
        CU_ASSERT_PTR_NULL(op_wrong(op_find(code), &shape));
        shape.n = 10000;
        CU_ASSERT_PTR_NULL(op_wrong(op_find(code), &shape));
        CU_ASSERT(op_find(code)->words(&shape) <= 20002);
        for (int i = 0; i < 3; i++) {
            shape.n = wrong[i];
            CU_ASSERT_PTR_NOT_NULL(op_wrong(op_find(code), &shape));
        }
    }
}

/* {came, open, key, item, key, item} */
static void made_up_slices_are_refused(void)
{
    static const int64_t bad[][6] = {
        {2, 0, 1, 5, 2, 4},             /* neither by key nor by item */
        {2, 1, 2, 5, 1, 4},             /* open: the best is at the root */
        {1, 0, 1, 5, 0, 1},             /* something behind the last */
        {-1, 0, 1, 5, 1, 6},            /* fewer than none */
        {INT64_MAX, 0, 1, 5, 1, 6},     /* no run has so many */
        {2, 2, 2, 5, 1, 6},
        {2, 0, INT64_MAX - 1, 5, 1, 6}, /* a key of no double */
    };
    static const int64_t good[][6] = {
        {0}, {2, 0, 2, 4, 1, 5}, {1, 1, 1, 5}};
    static const int64_t heap[][6] = {{9, 1, 1, 5, 2, 4}, {9, 1, 1, 4, 2, 5}};
    const struct ff_shape shape = {.n = 2};
    for (uint32_t code = FF_OP_TOP; code <= FF_OP_SAMPLE_UINT; code++) {
        const struct op *op = op_find(code);
        const bool sample = code >= FF_OP_SAMPLE;
        const int any = op->type[0] == 'f' ? 7 : 6;
        for (int i = sample ? 2 : 0; i < any; i++)
            CU_ASSERT(!op->valid(&shape, bad[i]));
        CU_ASSERT(!op->valid(&shape, bad[0]));
        for (int i = 0; i < 3; i++)
            CU_ASSERT(op->valid(&shape, good[i]));
        /* Of two items the one at the root of a sample is always the same. */
        CU_ASSERT(op->valid(&shape, heap[0])
                  == (!sample || !op->valid(&shape, heap[1])));
    }
}

/* ---- samples ------------------------------------------------------------- */

#define MAX_ITEMS 100000

/* Values 2 i of the items [0, n_items), last item first. */
static int64_t *sample_of(const struct ff_shape *shape, size_t n_items)
{
    static struct pair p[MAX_ITEMS];
    for (size_t i = 0; i < n_items; i++) {
        p[i].item.u64 = n_items - 1 - i;
        p[i].value.f64 = 2 * (double)p[i].item.u64;
    }
    return slice_of(FF_OP_SAMPLE, shape, &p->value, 2 * n_items);
}

static void samples_are_some_of_the_values(void)
{
    for (uint64_t n = 1; n <= 20; n++) {
        const struct ff_shape shape = {.n = n, .seed = n};
        int64_t *slice = sample_of(&shape, 12);
        struct value list;
        uint64_t next = 0;
        op_find(FF_OP_SAMPLE)->finish(&shape, slice, &list);
        CU_ASSERT_EQUAL(list.n, n < 12 ? n : 12);
        CU_ASSERT_STRING_EQUAL(list.decimal, "12");
        for (uint64_t i = 0; i < list.n; i++) {
            const struct value v = entry_of(FF_OP_SAMPLE, &shape, slice, i);
            CU_ASSERT(v.item >= next && v.item < 12);
            CU_ASSERT(is_f64(v, 2 * (double)v.item));
            next = v.item + 1;
        }
        free(slice);
    }
}

/* One value of an item more does not make the others less likely: all values of
 * the items with the lowest hashes are in. */
static void values_of_one_item_stay_together(void)
{
    const struct ff_shape shape = {.n = 6};
    struct pair p[60];
    for (size_t i = 0; i < 60; i++)
        p[i] = (struct pair){I((int64_t)(i / 20)), U(i % 20)};
    int64_t *s = slice_of(FF_OP_SAMPLE_INT, &shape, &p->value, 120);
    for (uint64_t i = 0; i < 6; i += 3) {
        const struct value v = entry_of(FF_OP_SAMPLE_INT, &shape, s, i);
        const struct value w = entry_of(FF_OP_SAMPLE_INT, &shape, s, i + 1);
        const struct value x = entry_of(FF_OP_SAMPLE_INT, &shape, s, i + 2);
        CU_ASSERT(is_int(v, "0") && is_int(w, "1") && is_int(x, "2"));
        CU_ASSERT(at_item(w, v.item) && at_item(x, v.item));
    }
    free(s);
}

/* 10 of 100 items with 2,000 seeds: how often each was taken. With p = 0.1,
 * sum (taken - 2000 p)^2 / (2000 p (1 - p)) * 99/100 is chi-square with 99
 * degrees of freedom (the counts of a draw without replacement). */
static void items_are_equally_likely(void)
{
    const uint64_t n_seeds = 2000, n_items = 100, n = 10;
    uint64_t taken[100] = {0};
    double chi2 = 0;
    for (uint64_t seed = 0; seed < n_seeds; seed++) {
        const struct ff_shape shape = {.n = n, .seed = seed};
        int64_t *slice = sample_of(&shape, n_items);
        for (uint64_t i = 0; i < n; i++)
            taken[entry_of(FF_OP_SAMPLE, &shape, slice, i).item]++;
        free(slice);
    }
    for (uint64_t i = 0; i < n_items; i++) {
        const double off = (double)taken[i] - 200;
        chi2 += off * off / (200 * 0.9) * 0.99;
    }
    tap_note("chi-square over items: %.1f", chi2);
    CU_ASSERT(chi2 > CHI2_99_LOW && chi2 < CHI2_99_HIGH);
}

/* 1,000 of 100,000 items: how many of each hundredth of them. */
static void a_sample_is_spread(void)
{
    const struct ff_shape shape = {.n = 1000, .seed = 42};
    int64_t *slice = sample_of(&shape, MAX_ITEMS);
    uint64_t taken[100] = {0};
    double chi2 = 0;
    for (uint64_t i = 0; i < 1000; i++)
        taken[entry_of(FF_OP_SAMPLE, &shape, slice, i).item / 1000]++;
    for (int i = 0; i < 100; i++)
        chi2 += ((double)taken[i] - 10) * ((double)taken[i] - 10) / (10 * 0.99);
    tap_note("chi-square over places: %.1f", chi2);
    CU_ASSERT(chi2 > CHI2_99_LOW && chi2 < CHI2_99_HIGH);
    free(slice);
}

/* Two samples of 1,000 of 100,000 items have 10 in common, with a standard
 * deviation of 3.1 (hypergeometric): not all, and not none. */
static void seeds_give_different_samples(void)
{
    struct ff_shape shape = {.n = 1000, .seed = 1};
    int64_t *a = sample_of(&shape, MAX_ITEMS);
    shape.seed = 2;
    int64_t *b = sample_of(&shape, MAX_ITEMS);
    unsigned in_both = 0;
    for (uint64_t i = 0, j = 0; i < 1000 && j < 1000;) {
        const uint64_t x = entry_of(FF_OP_SAMPLE, &shape, a, i).item;
        const uint64_t y = entry_of(FF_OP_SAMPLE, &shape, b, j).item;
        in_both += x == y;
        i += x <= y;
        j += y <= x;
    }
    tap_note("in both: %u", in_both);
    CU_ASSERT(in_both > 0 && in_both < 25);
    free(a);
    free(b);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"top and bottom are what sorting gives", top_is_what_sorting_gives},
        {"NaN, infinities and zeros among the top", special_doubles},
        {"how many entries there can be", numbers_of_entries},
        {"made-up slices are refused", made_up_slices_are_refused},
        {"samples are some of the values", samples_are_some_of_the_values},
        {"values of one item stay together", values_of_one_item_stay_together},
        {"all items are equally likely", items_are_equally_likely},
        {"a sample is spread over the items", a_sample_is_spread},
        {"seeds give different samples", seeds_give_different_samples},
    };
    return TAP_RUN(tests);
}
