/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input of a run whose items are lines: a file, which workers map as it
 * is, and an index of its lines, so that they find any of them. A line ends at
 * a newline (or a zero byte) or at the end of the file.
 */
#ifndef FANFOLD_LAUNCHER_INPUT_H
#define FANFOLD_LAUNCHER_INPUT_H

#include "error.h"
#include "ledger.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct stream;

struct input {
    const char *name;  /* for people; NULL: there is no input */
    int fd;            /* a regular file, close-on-exec */
    uint64_t bytes;
    uint64_t n_lines;
    int ends_with;     /* the byte that ends a line */
    struct timespec modified;
    bool is_blocks;    /* the index is that of blocks (--pipe) */
    bool scratch;      /* a file of ours without a name: nobody changes it */
    struct stream *stream; /* it grows (stream.h); NULL: all of it is here */
    struct shm index;  /* uint64_t: line ends before each INPUT_BLOCK bytes,
                          and their number in all; with --pipe, the ends of
                          blocks. Of one that grows it is not mapped, and has no
                          number in all */
};

#define INPUT_NONE ((struct input){.fd = -1, .index.fd = -1})

/* Opens the file, "-" for standard input, and counts its lines. What is no
 * regular file is first read to its end into an unnamed file in $TMPDIR or
 * /tmp. FF_USAGE when it cannot be read, FF_UNWRITTEN when there is no room
 * for it. */
int input_open(struct input *input, const char *path, int ends_with,
               struct ff_error *err);

/* One that comes in pieces, from the root of a cluster: an unnamed file of ours
 * and room for the index (so many bytes; FF_LOST when it cannot be that of the
 * input), to be filled by input_put and by writing to index.at; input_made when
 * all is there. path: the root's, must outlive it. */
int input_make(struct input *input, const char *path, int ends_with,
               uint64_t bytes, struct ff_error *err);
int input_make_index(struct input *input, bool is_blocks, uint64_t bytes,
                     struct ff_error *err);
int input_put(const struct input *input, uint64_t offset, const void *data,
              size_t n, struct ff_error *err);
int input_made(struct input *input, struct ff_error *err);

/* Has the file changed since it was opened? Fills *err then. */
bool input_changed(const struct input *input, struct ff_error *err);

void input_release(struct input *input);

/* Has input_make_index been called? (An input without blocks has no index.) */
static inline bool input_has_index(const struct input *input)
{
    return input->index.fd >= 0 || input->is_blocks;
}

/* How an input is called in what people read: FILE, or stdin for "-". */
const char *input_name(const char *path);

#endif
