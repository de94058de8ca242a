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
enum { HISTOGRAM_BELOW, HISTOGRAM_ABOVE, HISTOGRAM_NAN, HISTOGRAM_BINS };

/* Edge i, 0 .. shape->n. */
double histogram_edge(const struct ff_shape *shape, uint64_t i);

/* NULL when lo, hi and n make a histogram whose edges ascend; else what is
 * wrong with them, to stand behind the name ("has no bins"). */
const char *histogram_wrong(const struct ff_shape *shape);

#endif
