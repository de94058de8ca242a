/* SPDX-License-Identifier: Apache-2.0 */
/* Text as a double. */
#ifndef FANFOLD_COMMON_DECIMAL_H
#define FANFOLD_COMMON_DECIMAL_H

#include <stddef.h>

/* Reads n bytes, which need not end in a zero, as strtod does in the C locale:
 * correctly rounded (to nearest, ties to even), whatever the locale is. All of
 * it must be the number, but for blanks (space, tab, carriage return) around
 * it. 0; -1 when it is no number, *out unchanged. Overflow is infinity,
 * underflow what rounding gives: no errors. */
int decimal_parse(const char *text, size_t n, double *out);

#endif
