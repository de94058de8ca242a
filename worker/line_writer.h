/* SPDX-License-Identifier: Apache-2.0 */
/* Whole lines to a descriptor, at once and with a tag in front, from
 * pieces that end anywhere. A line of more than 64 KiB comes in parts. */
#ifndef FANFOLD_WORKER_LINE_WRITER_H
#define FANFOLD_WORKER_LINE_WRITER_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>

struct line_writer {
    int fd;
    struct span tag;      /* "": none */
    char *part;           /* the line that has not ended; LINE_BYTES */
    size_t n;
    char *out;            /* lines on their way; LINE_BYTES */
    size_t n_out;
    bool inside;          /* a part of it has been written */
    void (*tick)(void *arg); /* while nobody reads */
    void *arg;
};

void line_writer_add(struct line_writer *w, const char *data, size_t n);

/* What has no end of line as well. */
void line_writer_end(struct line_writer *w);

void line_writer_release(struct line_writer *w);

#endif
