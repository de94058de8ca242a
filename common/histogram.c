/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms: see histogram.h. The edges decide, the division only guesses:
 * so a value's bin does not depend on how the guess was compiled. */
#include "histogram.h"
#include "log_edges.h"
#include "op.h"

#include <float.h>
#include <math.h>
#include <string.h>

double histogram_edge(const struct ff_shape *shape, uint64_t i)
{
    const double n = (double)shape->n;
    if (shape->form == FF_LIST)
        return shape->number[i < shape->n ? i : shape->n];
    if (i == 0)
        return shape->lo;
    if (i >= shape->n)
        return shape->hi;
    return (shape->lo * (n - (double)i) + shape->hi * (double)i) / n;
}

static const char NOT_FINITE[] = "has edges that are not finite, or too large";
static const char DESCENDS[] =
    "ends before it begins: its first edge is not below its last";

static const char *wrong_list(const struct ff_shape *shape)
{
    if (shape->n_numbers != shape->n + 1)
        return "has not one edge more than bins";
    for (uint64_t i = 0; i <= shape->n; i++)
        if (!isfinite(shape->number[i]))
            return NOT_FINITE;
    for (uint64_t i = 0; i < shape->n; i++)
        if (shape->number[i] >= shape->number[i + 1])
            return "has edges that do not ascend";
    return NULL;
}

static const char *wrong_linear(const struct ff_shape *shape)
{
    if (!isfinite(shape->lo) || !isfinite(shape->hi)
        || !isfinite((shape->hi - shape->lo) * (double)shape->n)
        || !isfinite(shape->lo * (double)shape->n)
        || !isfinite(shape->hi * (double)shape->n))
        return NOT_FINITE;
    if (shape->lo >= shape->hi)
        return DESCENDS;
    for (uint64_t i = 0; i < shape->n; i++)
        if (histogram_edge(shape, i) >= histogram_edge(shape, i + 1))
            return "has bins narrower than doubles can tell apart";
    return NULL;
}

const char *histogram_wrong(const struct ff_shape *shape)
{
    if (shape->n == 0)
        return "has no bins";
    if (shape->n > HISTOGRAM_MAX_BINS)
        return "has more than 65,536 bins, or fewer than none";
    return shape->form == FF_LINEAR ? wrong_linear(shape)
           : shape->form == FF_LIST ? wrong_list(shape)
                                    : "has edges that are not spelt out";
}

const char *histogram_spell(struct ff_shape *shape,
                            double edge[HISTOGRAM_MAX_LISTED + 1])
{
    if (shape->form != FF_LOGARITHMIC)
        return NULL;
    if (shape->n == 0)
        return "has no bins";
    if (shape->n > HISTOGRAM_MAX_LISTED)
        return "has more than 4,095 bins with logarithmic edges, or fewer than "
               "none";
    if (!isfinite(shape->lo) || !isfinite(shape->hi))
        return NOT_FINITE;
    if (shape->lo < DBL_MIN)
        return "has logarithmic edges that do not begin above 0 (from 2.3e-308 "
               "on)";
    if (shape->lo >= shape->hi)
        return DESCENDS;
    log_edges(shape->lo, shape->hi, (uint32_t)shape->n, edge);
    for (uint64_t i = 0; i < shape->n; i++)
        if (edge[i] >= edge[i + 1])
            return "has bins narrower than doubles can tell apart";
    shape->form = FF_LIST;
    shape->number = edge;
    shape->n_numbers = (uint32_t)shape->n + 1;
    return NULL;
}

static uint32_t words(const struct ff_shape *shape)
{
    return HISTOGRAM_BINS + (uint32_t)shape->n;
}

static void init(const struct ff_shape *shape, int64_t *slice)
{
    memset(slice, 0, words(shape) * sizeof *slice);
}

/* The bin of x, lo <= x < hi. The guess is at most a few bins away. */
static uint64_t find_bin(const struct ff_shape *shape, double per_bin,
                         double x)
{
    const double guess = (x - shape->lo) * per_bin;
    /* (per_bin is infinite when the bins are denormal.) */
    uint64_t i = guess < (double)shape->n ? (uint64_t)guess : shape->n - 1;
    while (x < histogram_edge(shape, i))
        i--;
    while (x >= histogram_edge(shape, i + 1))
        i++;
    return i;
}

/* The same among edges of a list: the last one that is not above x. A branch
 * would be mispredicted every other time; the empty instruction hides from the
 * compiler that there could be one. */
static uint64_t search_bin(const struct ff_shape *shape, double x)
{
    uint64_t i = 0;
    for (uint64_t n = shape->n; n > 1; n -= n / 2) {
        uint64_t is_above = x >= shape->number[i + n / 2];
        __asm__("" : "+r"(is_above));
        i += -is_above & n / 2;
    }
    return i;
}

static void fold(const struct ff_shape *shape, int64_t *slice,
                 const union ff_value *value, size_t n)
{
    const double lo = histogram_edge(shape, 0);
    const double hi = histogram_edge(shape, shape->n);
    const bool is_list = shape->form == FF_LIST;
    const double per_bin = is_list ? 0 : (double)shape->n / (hi - lo);
    for (size_t i = 0; i < n; i++) {
        const double x = value[i].f64;
        if (x >= lo && x < hi)
            lane_count(&slice[HISTOGRAM_BINS
                              + (is_list ? search_bin(shape, x)
                                         : find_bin(shape, per_bin, x))], 1);
        else
            lane_count(&slice[x < lo ? HISTOGRAM_BELOW
                       : x >= hi ? HISTOGRAM_ABOVE : HISTOGRAM_NAN], 1);
    }
}

static void merge(const struct ff_shape *shape, int64_t *into,
                  const int64_t *from)
{
    const uint32_t n = words(shape);
    for (uint32_t i = 0; i < n; i++)
        lane_count(&into[i], (uint64_t)from[i]);
}

static bool valid(const struct ff_shape *shape, const int64_t *slice)
{
    const uint32_t n = words(shape);
    for (uint32_t i = 0; i < n; i++)
        if (slice[i] < 0)
            return false;
    return true;
}

static void finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_none(out);
    out->type = VALUE_HISTOGRAM;
    out->slice = slice;
}

static const struct op row[] = {
    {.code = FF_OP_HISTOGRAM, .name = "histogram", .type = "f64",
     .gives = "u64",
     .merge_kind = MERGE_SUM, .wrong = histogram_wrong, .words = words,
     .init = init, .fold = fold, .merge = merge, .valid = valid,
     .finish = finish},
};

const struct op_family op_histograms = {row, sizeof row / sizeof row[0]};
