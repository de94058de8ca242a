/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text for people. Each fills out and returns it. */
#ifndef FANFOLD_LAUNCHER_FIGURE_H
#define FANFOLD_LAUNCHER_FIGURE_H

#include <stdint.h>

#define FIGURE_TEXT 40

/* 1234567 is "1,234,567". */
const char *figure_count(char out[FIGURE_TEXT], uint64_t n);

/* The shortest decimal of at most 17 digits that reads back the same bits;
 * "nan", "inf", "-inf". */
const char *figure_double(char out[FIGURE_TEXT], double x);

/* The same of a float, at most 9 digits. */
const char *figure_float(char out[FIGURE_TEXT], double x);

/* 3 digits and a prefix: "812 M", "1.25 k", "17", "0.25". Not negative. */
const char *figure_si(char out[FIGURE_TEXT], double x);

/* "812 us", "3.1 ms", "1.234 s", "2 min 05 s", "3 h 07 min", "2 d 04 h". */
const char *figure_time(char out[FIGURE_TEXT], uint64_t ns);

#endif
