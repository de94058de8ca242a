/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason of a failure, for people. It may have several lines, as a Python
 * traceback does. Then one of them, the one that says most, stands behind the
 * item that failed, and the others are indented below. Twenty items that failed
 * at the same place differ in that line alone: the others are shown once.
 */
#ifndef FANFOLD_LAUNCHER_REASON_H
#define FANFOLD_LAUNCHER_REASON_H

#include <stddef.h>
#include <stdio.h>

#define REASONS_KEPT 16

/* Reasons whose other lines have been shown: the last ones. */
struct reasons {
    const char *text[REASONS_KEPT];
    size_t n; /* so far */
};

/* The line that says most, of n bytes: the first; of a traceback, the one
 * behind the last frame ("ValueError: ..."). */
const char *reason_line(const char *reason, size_t *n);

/* That line, as print_plain(), without an end of line. */
void reason_print_line(FILE *out, const char *reason);

/* The other lines, if there are any that were not shown before. The reason must
 * live as long as *told. */
void reason_print_rest(FILE *out, struct reasons *told, const char *reason);

#endif
