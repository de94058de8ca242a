/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in text that people read as well. A number is decimal, with point and
 * exponent as strtod has them in the C locale, whatever the locale is; a unit
 * may follow at once ("12ms", "50%"). None of these has one: "x86", "3f9a2b",
 * "0x1F", "1.2.3", "5m30s". A sign belongs to it when nothing is directly in
 * front of the sign: "10-20" are 10 and 20. Also "nan", "inf" and "infinity",
 * in any case, as words.
 */
#ifndef FANFOLD_WORKER_PRINTED_H
#define FANFOLD_WORKER_PRINTED_H

#include <stdbool.h>

/* Of the bytes [p, end): the number that they begin with, blanks and a quote
 * aside. */
bool printed_first(const char *p, const char *end, double *value);

/* The last number in them. `cut`: there was more in front of them, so a word
 * that they begin with is not looked at. */
bool printed_last(const char *p, const char *end, bool cut, double *value);

/* Where in [begin, end) a number may end, the last place: it must be looked
 * at with all that is in front. NULL: there is none. This is fast. */
const char *printed_trace(const char *begin, const char *end);

#endif
