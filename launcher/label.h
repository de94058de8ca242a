/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in front of each line of what a command prints: --tag,
 * --tagstring, --tag-output, --timestamp-output. Bytes in, bytes out: lines of
 * any length, with any bytes; none is added at the end (as GNU parallel does). */
#ifndef FANFOLD_LAUNCHER_LABEL_H
#define FANFOLD_LAUNCHER_LABEL_H

#include <stdbool.h>
#include <stddef.h>

struct label {
    const char *text; /* n bytes; the caller's */
    size_t n, done;   /* of it, in front of the line that begins */
    bool middle;      /* of a line */
};

/* Another stream begins: each of its lines gets the text. */
void label_begin(struct label *label, const char *text, size_t n);

/* Takes bytes of in and makes of them, with labels, up to room bytes at out:
 * how many were taken is in *taken, how many were made is returned. */
size_t label_copy(struct label *label, char *out, size_t room, const char *in,
                  size_t n, size_t *taken);

#endif
