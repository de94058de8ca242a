/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where what a command prints goes:
 *
 *   grouped     to the outputs of the engine, as it comes. While the attempt may
 *               be repeated it is held back: only the last attempt counts.
 *   by lines    whole lines to our own standard output and error, at once
 *   ungrouped   the command has our descriptors: nothing comes by here
 *
 * In all of them numbers are looked for in its standard output (extract.h).
 */
#ifndef FANFOLD_WORKER_COMMAND_OUTPUT_H
#define FANFOLD_WORKER_COMMAND_OUTPUT_H

#include "attempt.h"
#include "error.h"
#include "extract.h"
#include "held.h"
#include "line_writer.h"
#include "row.h"
#include "span.h"
#include "work.h"

#include <fanfold.h>
#include <stdbool.h>

struct command_output {
    enum work_output mode;
    bool no_stdout;          /* WORK_NO_STDOUT */
    struct extract *extract; /* NULL: nothing is looked for */
    struct attempt *attempt; /* ticks while we wait for a reader */
    struct ff *ff;           /* of the chunk that runs */
    bool holds;              /* this attempt */
    uint64_t n[2];           /* bytes of this attempt */
    struct held held[2];
    struct line_writer lines[2];
    struct ff_error err;     /* what went wrong; status 0: nothing */
    char small[1024];        /* for a row */
};

void output_init(struct command_output *o, enum work_output mode,
                 bool no_stdout, struct extract *extract,
                 struct attempt *attempt);
void output_release(struct command_output *o);

/* An attempt begins; hold: it may be repeated. tag: in front of lines. */
void output_begin(struct command_output *o, bool hold, struct span tag);

/* A piece of it. */
void output_take(struct command_output *o, int stream, const char *data,
                 size_t n);

/* It has ended, for good or to be repeated. n_stdout and n_stderr of the row. */
void output_end(struct command_output *o, bool counts, struct row *row);

/* The bytes that a row is. -1: no memory. */
int output_row(struct command_output *o, const struct row *row);

#endif
