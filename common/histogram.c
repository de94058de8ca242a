/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms: see histogram.h. The edges decide, the division only guesses:
 * so a value's bin does not depend on how the guess was compiled. */
#include "histogram.h"

#include <math.h>
#include <string.h>

double histogram_edge(const struct ff_shape *shape, uint64_t i)
{
    const double n = (double)shape->n;
    if (i == 0)
        return shape->lo;
    if (i >= shape->n)
        return shape->hi;
    return (shape->lo * (n - (double)i) + shape->hi * (double)i) / n;
}

const char *histogram_wrong(const struct ff_shape *shape)
{
    if (shape->n == 0)
        return "has no bins";
    if (shape->n > HISTOGRAM_MAX_BINS)
        return "has more than 65,536 bins, or fewer than none";
    if (!isfinite(shape->lo) || !isfinite(shape->hi)
        || !isfinite((shape->hi - shape->lo) * (double)shape->n)
        || !isfinite(shape->lo * (double)shape->n)
        || !isfinite(shape->hi * (double)shape->n))
        return "has edges that are not finite, or too large";
    if (shape->lo >= shape->hi)
        return "ends before it begins: its first edge is not below its last";
    for (uint64_t i = 0; i < shape->n; i++)
        if (histogram_edge(shape, i) >= histogram_edge(shape, i + 1))
            return "has bins narrower than doubles can tell apart";
    return NULL;
}

uint32_t histogram_words(const struct ff_shape *shape)
{
    return HISTOGRAM_BINS + (uint32_t)shape->n;
}

void histogram_init(const struct ff_shape *shape, int64_t *slice)
{
    memset(slice, 0, histogram_words(shape) * sizeof *slice);
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

static void add(int64_t *lane, uint64_t n)
{
    *lane = (int64_t)((uint64_t)*lane + n);
}

void histogram_fold(const struct ff_shape *shape, int64_t *slice,
                    const union ff_value *value, size_t n)
{
    const double per_bin = (double)shape->n / (shape->hi - shape->lo);
    for (size_t i = 0; i < n; i++) {
        const double x = value[i].f64;
        if (x >= shape->lo && x < shape->hi)
            add(&slice[HISTOGRAM_BINS + find_bin(shape, per_bin, x)], 1);
        else
            add(&slice[x < shape->lo ? HISTOGRAM_BELOW
                       : x >= shape->hi ? HISTOGRAM_ABOVE : HISTOGRAM_NAN], 1);
    }
}

void histogram_merge(const struct ff_shape *shape, int64_t *into,
                     const int64_t *from)
{
    const uint32_t n = histogram_words(shape);
    for (uint32_t i = 0; i < n; i++)
        add(&into[i], (uint64_t)from[i]);
}

bool histogram_valid(const struct ff_shape *shape, const int64_t *slice)
{
    const uint32_t n = histogram_words(shape);
    for (uint32_t i = 0; i < n; i++)
        if (slice[i] < 0)
            return false;
    return true;
}
