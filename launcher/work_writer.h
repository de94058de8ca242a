/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the work file from its front to its back, texts of any size: what is
 * small stays in memory (a sealed memfd), what is not goes to a file without a
 * name in TMPDIR. Errors are kept until the end.
 */
#ifndef FANFOLD_LAUNCHER_WORK_WRITER_H
#define FANFOLD_LAUNCHER_WORK_WRITER_H

#include "error.h"
#include "work.h"

#include <stddef.h>
#include <stdint.h>

struct work_writer {
    int fd;
    bool on_disk;
    uint64_t at;        /* where the next byte goes */
    char *buffer;
    size_t n;           /* bytes in it */
    /* The text that is open. */
    uint64_t text;      /* where it begins; 0: none */
    unsigned char ends_with, last;
    uint64_t *index;    /* line ends before each block of it, so far */
    size_t n_blocks, index_room;
    uint64_t n_ends;
    struct ff_error error; /* the first one */
};

/* The first head_bytes are left free for work_writer_end. */
int work_writer_begin(struct work_writer *w, size_t head_bytes,
                      struct ff_error *err);

/* Appends, and tells where it is; aligned: to 8 bytes. */
uint64_t work_writer_put(struct work_writer *w, const void *data, size_t n);
uint64_t work_writer_put_text(struct work_writer *w, const char *text);
void work_writer_align(struct work_writer *w);

/* The lines of a source: what is put in between; then its index. Sets text,
 * text_bytes, index, index_bytes, n and ends_with of the source. */
void work_writer_open_lines(struct work_writer *w, int ends_with);
void work_writer_close_lines(struct work_writer *w, struct work_source *s);

/* What there is so far, with this head in front, in its file (still ours). More
 * can be put behind it. */
int work_writer_show(struct work_writer *w, struct work_head *head,
                     struct ff_error *err);

/* All is there: the head goes to the front, the file is sealed. The descriptor
 * is the caller's; -1: the first error. */
int work_writer_end(struct work_writer *w, struct work_head *head,
                    struct ff_error *err);
void work_writer_release(struct work_writer *w);

#endif
