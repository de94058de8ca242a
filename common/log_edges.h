/* SPDX-License-Identifier: Apache-2.0 */
/* The edges of bins of the same ratio, without a logarithm or a power of libm,
 * which differ from machine to machine. */
#ifndef FANFOLD_COMMON_LOG_EDGES_H
#define FANFOLD_COMMON_LOG_EDGES_H

#include <stdint.h>

/* edge[i] = lo * (hi / lo)^(i / n), i = 0 .. n: the double that is nearest to
 * it, computed in integers with a relative error below 2^-110. So it is another
 * one than the nearest only when the exact value is that close to the middle of
 * two; and edges that are doubles, as powers of ten, come out as they are.
 * 2^-1022 <= lo < hi < infinity; 0 < n < 2^12. */
void log_edges(double lo, double hi, uint32_t n, double *edge);

#endif
