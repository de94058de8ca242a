/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --filter: an expression over the columns of an input, true for those that are
 * to be run.
 *
 *   or      = and { "||" and }
 *   and     = not { "&&" not }
 *   not     = "!" not | relation
 *   relation = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum
 *                  | ("=~" | "!~") TEXT ]   POSIX extended, anywhere in it
 *   sum     = product { ("+" | "-") product }
 *   product = unary { ("*" | "/" | "%") unary }
 *   unary   = "-" unary | "(" or ")" | NUMBER | 'TEXT' | "TEXT"
 *           | "{" column "}"            {1}, {-1}, {name}, {}
 *           | "length" "(" or ")"
 *
 * Two values compare as numbers when both are numbers to the last byte (blanks
 * around them do not count; not "inf", "nan" or "0x10"), else as bytes: as awk
 * does with fields. What stands in quotes is a text, also '10'; there are no
 * escapes in it. Arithmetic is in doubles, % is C's fmod; a text that is no
 * number is an error of that input, as is a division by zero. True is any
 * number but 0 and any text but "" (a column that is a number is one: "0.0" is
 * not true). What is right of && and || is looked at only when it matters.
 * length counts bytes.
 */
#ifndef FANFOLD_COMMON_FILTER_H
#define FANFOLD_COMMON_FILTER_H

#include "error.h"
#include "items.h"

struct filter;

/* FF_USAGE with the place in the text that is wrong and what was expected.
 * items: for the names of columns; NULL: none. Free with filter_free. */
struct filter *filter_parse(const char *text, const struct items *items,
                            struct ff_error *err);
void filter_free(struct filter *filter);

/* Does the first input of the item pass? 1, 0, or -1 with *err, which names
 * what of the expression could not be computed. */
int filter_passes(struct filter *filter, const struct item *item,
                  struct ff_error *err);

#endif
