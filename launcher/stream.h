/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input that grows: a run begins before the end of its input is known. What
 * comes from a pipe, a socket or a terminal is appended to an unnamed file in
 * TMPDIR, which workers map; its index grows along with it (of lines:
 * common/lines.h; of blocks, which --pipe makes: their ends). Of a file that is
 * cut into blocks only the index grows.
 *
 * Nothing here waits but stream_finish. Who reads when, and what is granted, is
 * the business of supply.c.
 */
#ifndef FANFOLD_LAUNCHER_STREAM_H
#define FANFOLD_LAUNCHER_STREAM_H

#include "blocks.h"
#include "error.h"
#include "input.h"
#include "job.h"

#include <stdbool.h>
#include <stdint.h>

struct stream {
    struct input *input; /* grows: its text in fd, the index in index.fd */
    int from;            /* what is read, ours; -1: all of the text is here */
    bool poll_first;     /* a read of it could block */
    bool awaits;         /* a FIFO that nobody may have opened for writing yet:
                            a read would say that this is the end, poll waits */
    bool splices;        /* straight into the file, without our buffer */
    bool ended;          /* all inputs are known */
    bool is_blocks;
    struct blocks blocks;
    uint64_t bytes;      /* of the text, here */
    uint64_t n_inputs;   /* lines or blocks that are complete, */
    uint64_t bytes_cut;  /* about so many bytes */
    uint64_t n_index;    /* entries of the index */
    uint64_t forgotten;  /* bytes at the front that are not kept any more */
    unsigned char *buffer;
};

#define STREAM_NONE ((struct stream){.from = -1})

/* Opens the input of a job when it can grow, or is to be cut into blocks:
 * *input is then open, and the caller's to release after *stream. When it need
 * not be complete before the run begins, input->stream is *stream, else NULL.
 * When the job has no such input, *input stays closed: see input_open. FF_USAGE,
 * FF_UNWRITTEN. */
int stream_open(struct stream *stream, const struct job *job, bool may_grow,
                struct input *input, struct ff_error *err);
void stream_release(struct stream *stream);

/* Takes what there is now, at most a few megabytes, or looks for a few cuts: 1:
 * there may be more at once; 0: not now (or it has ended); -1. */
int stream_read(struct stream *stream, struct ff_error *err);

/* Reads it to its end, however long that takes. */
int stream_finish(struct stream *stream, struct ff_error *err);

/* How many items of so many inputs are complete. */
uint64_t stream_n_items(const struct stream *stream, uint64_t max_args);

/* Nobody will ask for inputs before this one: gives the room in TMPDIR back. */
void stream_forget(struct stream *stream, uint64_t input);

#endif
