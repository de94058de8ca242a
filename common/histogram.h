/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms of doubles over n bins between lo and hi. Bin i has the values x
 * with edge(i) <= x < edge(i + 1), where
 *
 *     edge(i) = (lo * (n - i) + hi * i) / n,   edge(0) = lo,   edge(n) = hi
 *
 * in doubles, each operation rounded to nearest. Values below lo, values from
 * hi on and NaN are counted apart.
 *
 * A slice of a partial is lanes that merge by adding: below, above, NaN, then
 * the bins.
 */
#ifndef FANFOLD_COMMON_HISTOGRAM_H
#define FANFOLD_COMMON_HISTOGRAM_H

#include <fanfold.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MAX_BINS 65536u
/* Of all histograms of a kernel: their partial must fit into a record. */
#define HISTOGRAM_MAX_ALL_BINS 100000u

enum { HISTOGRAM_BELOW, HISTOGRAM_ABOVE, HISTOGRAM_NAN, HISTOGRAM_BINS };

/* Edge i, 0 .. shape->n. */
double histogram_edge(const struct ff_shape *shape, uint64_t i);

/* NULL when lo, hi and n make a histogram whose edges ascend; else what is
 * wrong with them, to stand behind the name ("has no bins"). */
const char *histogram_wrong(const struct ff_shape *shape);

uint32_t histogram_words(const struct ff_shape *shape);
void histogram_init(const struct ff_shape *shape, int64_t *slice);
void histogram_fold(const struct ff_shape *shape, int64_t *slice,
                    const union ff_value *value, size_t n);
void histogram_merge(const struct ff_shape *shape, int64_t *into,
                     const int64_t *from);
bool histogram_valid(const struct ff_shape *shape, const int64_t *slice);

#endif
