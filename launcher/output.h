/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels print: from a worker's pipe to our own stream, by whole lines
 * as long as they are of a reasonable length. */
#ifndef FANFOLD_LAUNCHER_OUTPUT_H
#define FANFOLD_LAUNCHER_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OUTPUT_BYTES 4096

#define OUTPUT_STAMP 40

/* Now, in local time, as ISO 8601 has it, to the millisecond, and a blank:
 * what --timestamp-output writes. Returns out. */
const char *output_stamp(char out[OUTPUT_STAMP]);

struct output {
    int fd;       /* read end, non-blocking; -1 closed */
    FILE *to;
    bool tag;     /* "[rank] " before each line, ... */
    bool stamp;   /* ... and the time before that */
    uint32_t rank;
    size_t n;
    bool middle;  /* of a line that was longer than the buffer */
    bool ended;   /* the pipe is at its end */
    int error;    /* of the first write that failed, or 0 */
    char text[OUTPUT_BYTES];
};

/* Allocated here; NULL without memory. Takes fd over. */
struct output *output_create(int fd, FILE *to, bool tag, bool stamp,
                             uint32_t rank);

/* Would a write of one buffer go through now? A pipe that polls writable has
 * room for PIPE_BUF bytes. */
bool output_can_write(const struct output *o);

/* Is so much in the pipe that its writer may soon have to wait? */
bool output_is_filling(const struct output *o);

/* Forwards what is there now, at most one buffer, so that a flood does not
 * keep the launcher from its work. False at the end of the pipe. What cannot be
 * written is dropped, see error. */
bool output_forward(struct output *o);

/* Its writer is dead: forwards what is in the pipe now (whoever else holds it
 * may go on), and ends the last line. */
void output_finish(struct output *o);

void output_destroy(struct output *o);

#endif
