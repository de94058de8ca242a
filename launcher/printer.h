/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output and standard error as one stream of pieces, each of which
 * goes to one of them: what was put first is written first, whichever it is
 * for, so that on a terminal they stand as they were put. Never waits for a
 * reader.
 */
#ifndef FANFOLD_LAUNCHER_PRINTER_H
#define FANFOLD_LAUNCHER_PRINTER_H

#include "error.h"
#include "sink.h"

#include <stdbool.h>
#include <stddef.h>

#define PRINTER_BYTES 65536u
#define PRINTER_LEAST 2u /* bytes that there is room for */

enum printer_stream { PRINTER_STDOUT, PRINTER_STDERR, PRINTER_N_STREAMS };

struct printer {
    struct sink sink[PRINTER_N_STREAMS];
    enum printer_stream to; /* what the bytes are for */
    size_t at, n;           /* [at, n) are not written yet */
    bool blocked;           /* by a reader of `to` */
    bool middle;            /* of a line, that was written last */
    char *bytes;            /* PRINTER_BYTES */
};

/* to_stderr: of standard output others are the owners. */
int printer_open(struct printer *p, bool to_stderr, struct ff_error *err);
void printer_release(struct printer *p);

/* Where bytes for a stream can be put now, and how many (at least PRINTER_LEAST); then
 * printer_put says how many were. 1; 0 when a reader must read first; -1:
 * FF_UNWRITTEN. */
int printer_room(struct printer *p, enum printer_stream to, char **at,
                 size_t *n, struct ff_error *err);
void printer_put(struct printer *p, size_t n);

/* Writes what was put: 1 all of it, 0 and -1 as above. */
int printer_flush(struct printer *p, struct ff_error *err);

#endif
