/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people type them. Each wants the whole text; 0, or -1 with EINVAL
 * (not a number of this kind) or ERANGE, and *out unchanged. */
#ifndef FANFOLD_COMMON_NUMBER_H
#define FANFOLD_COMMON_NUMBER_H

#include <stdint.h>

/* Decimal, with an optional exponent: 1000, 1e9, 25e3. Exact. */
int number_u64(const char *text, uint64_t *out);
int number_i64(const char *text, int64_t *out); /* with an optional sign */

/* Anything that strtod reads whole. */
int number_f64(const char *text, double *out);

/* A duration: 90, 1.5h, 10m, 250ms, 2d; seconds without a unit. 0, or from one
 * nanosecond to less than 292 years. */
int number_duration_ns(const char *text, uint64_t *out);

#endif
