/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers out of what a command prints, for --fold NAME=OP[:FIELD]:
 *
 *   (nothing)    the last number printed
 *   3, -1        column of the last line that is not empty, separated by blanks
 *                (by semicolons or commas when it has none); -1 is the last one
 *   name         what stands behind name=, name: or "name": (JSON), the last
 *                time it comes
 *   /REGEX/      POSIX extended, with Perl's \d, \s and so on; one group: the
 *                last match
 *   @wall @user @system @cpu (seconds) @rss (bytes) @exit @attempts
 *                of how the item ended
 *
 * What a number is, printed.h tells. Of name and REGEX the last place counts
 * also when no number stands there: then there is none. Output comes in pieces
 * of any size; of a line no more than the last 64 KiB are looked at.
 */
#ifndef FANFOLD_WORKER_EXTRACT_H
#define FANFOLD_WORKER_EXTRACT_H

#include "error.h"
#include "field.h"
#include "row.h"

#include <stdbool.h>
#include <stddef.h>

struct extract;

/* n fields, as texts; "" is the last number. FF_USAGE. Free with extract_free.
 */
struct extract *extract_new(const char *const *field, size_t n,
                            struct ff_error *err);
void extract_free(struct extract *x);

/* Does any field need what is printed? */
bool extract_reads(const struct extract *x);

/* An attempt begins; a piece of its standard output; it has ended. */
void extract_begin(struct extract *x);
void extract_feed(struct extract *x, const void *data, size_t n);
void extract_end(struct extract *x, const struct row *row);

/* After extract_end: what there was of field i, and its number. */
enum extract_found {
    EXTRACT_NOTHING, /* no such place in what was printed */
    EXTRACT_OTHER,   /* there is, but no number in it */
    EXTRACT_NUMBER
};
enum extract_found extract_value(const struct extract *x, size_t i,
                                 double *value);

size_t extract_n(const struct extract *x);
const struct field *extract_field(const struct extract *x, size_t i);

#endif
