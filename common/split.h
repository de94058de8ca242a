/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line taken apart into columns.
 *
 *   by a regular expression (--colsep)   POSIX extended, and \t \n \r \f \v \a
 *       \d \D \xHH as Perl has them (\s \S \w \W \b come with the C library);
 *       white space is taken off both ends of a column, as GNU parallel does
 *   as a CSV record   RFC 4180; a quote within a column that does not begin
 *       with one is like any other byte, as in most programs
 */
#ifndef FANFOLD_COMMON_SPLIT_H
#define FANFOLD_COMMON_SPLIT_H

#include "error.h"
#include "span.h"
#include "work.h"

#include <stdbool.h>

struct splitter;

/* separator: the expression; for CSV one byte, or NULL: a comma. FF_USAGE when
 * it is no expression, or one that matches nothing at all. Free with
 * splitter_free. */
struct splitter *splitter_new(enum work_split how, const char *separator,
                              struct ff_error *err);
void splitter_free(struct splitter *splitter);

/* The byte between columns of a CSV record. */
char splitter_comma(const struct splitter *splitter);

/* A line, and how far it is read. */
struct splitting {
    const char *at, *end;
    bool more;      /* there is another column */
    bool begun;
    bool quoted;    /* the column has doubled quotes: see split_unquote */
};

void split_begin(struct splitting *s, struct span line);

/* The next column: 1; 0: there is no other; -1: this is no CSV record. A line
 * has one column at least. */
int split_next(const struct splitter *splitter, struct splitting *s,
               struct span *column, struct ff_error *err);

/* Doubled quotes become single ones; out has room for column.n bytes. How many
 * it takes. */
size_t split_unquote(struct span column, char *out);

#endif
