/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms of doubles over n bins. Bin i has the values x with edge(i) <= x
 * < edge(i + 1). Values below the first edge, values from the last one on and
 * NaN are counted apart. By the form of the shape:
 *
 *   FF_LINEAR       edge(i) = (lo * (n - i) + hi * i) / n, edge(0) = lo,
 *                   edge(n) = hi, in doubles, each operation rounded to nearest
 *   FF_LIST         edge(i) = number[i], n + 1 of them
 *   FF_LOGARITHMIC  lo * (hi / lo)^(i / n), rounded to nearest (log_edges.h).
 *                   Only declared so: histogram_spell makes a list of it.
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
#define HISTOGRAM_MAX_LISTED 4095u /* of FF_LIST, FF_LOGARITHMIC */
enum { HISTOGRAM_BELOW, HISTOGRAM_ABOVE, HISTOGRAM_NAN, HISTOGRAM_BINS };

/* Edge i, 0 .. shape->n. Not of FF_LOGARITHMIC. */
double histogram_edge(const struct ff_shape *shape, uint64_t i);

/* NULL when the shape makes a histogram whose edges ascend; else what is wrong
 * with it, to stand behind the name ("has no bins"). */
const char *histogram_wrong(const struct ff_shape *shape);

/* Makes a shape that is FF_LOGARITHMIC one that is FF_LIST, with its edges in
 * `edge`, and leaves others as they are. NULL, or what is wrong. */
const char *histogram_spell(struct ff_shape *shape,
                            double edge[HISTOGRAM_MAX_LISTED + 1]);

#endif
