/* SPDX-License-Identifier: Apache-2.0 */
/* What a command reads on its standard input: a text, or a piece of a file,
 * through a pipe, as fast as it reads. */
#ifndef FANFOLD_WORKER_STDIN_FEED_H
#define FANFOLD_WORKER_STDIN_FEED_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed {
    int reader;        /* for the command; -1: closed */
    int writer;        /* -1: all was sent, or nobody reads */
    const char *text;  /* n bytes of it are left; or ... */
    size_t n;
    int file;          /* ... of this file, from there; else -1 */
    uint64_t at, left;
    uint64_t sent;
    int failed;        /* errno, when the file could not be read to the end */
};
#define FEED_NONE ((struct feed){.reader = -1, .writer = -1, .file = -1})

/* A pipe for the text, which must outlive it, or the piece of a file. FF_LOST. */
int feed_text(struct feed *f, const char *text, size_t n,
              struct ff_error *err);
int feed_file(struct feed *f, int file, uint64_t at, uint64_t n,
              struct ff_error *err);

/* The command has its end. */
void feed_started(struct feed *f);

/* Sends what the pipe takes without waiting. */
void feed_push(struct feed *f);

void feed_close(struct feed *f);

#endif
