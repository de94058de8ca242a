/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of an item that is a command: the row that a worker emits for
 * each, as an output of its own (ROW_OUTPUT), behind what the command printed.
 * So it counts exactly once, as the item does, and comes on clusters as well.
 *
 * A command that fails is an item that has failed, but its chunk is accepted:
 * what it printed and how it ended are wanted. (A chunk that the engine gives
 * up, since its worker died each time, has no row.)
 */
#ifndef FANFOLD_COMMON_ROW_H
#define FANFOLD_COMMON_ROW_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The outputs of a command, in this order (spec.h). */
enum { ROW_STDOUT, ROW_STDERR, ROW_OUTPUT, ROW_N_OUTPUTS };

enum row_end {
    ROW_WELL,         /* exit status 0 */
    ROW_EXITED,       /* another one: row.exit */
    ROW_SIGNALLED,    /* row.signal */
    ROW_TIMED_OUT,    /* --timeout; how it ended then is in exit or signal */
    ROW_NO_MEMORY,    /* --memory */
    ROW_NOT_FOUND,    /* exit 127, and nothing was run */
    ROW_NOT_RUN,      /* exit 126, likewise: row.reason says why */
    ROW_NO_NUMBER,    /* it ended well, but --fold found no number: reason */
    ROW_WRONG_ITEM,   /* the item has no command (bad CSV ...): reason */
    ROW_CANCELLED     /* ended since the run ends: the worker's alone, for such an
                         item was not done and no row tells of it
                         (RECORD_CANCELLED) */
};

struct row {
    uint64_t item;            /* from 0 */
    int64_t start_ns;         /* of the last attempt, since 1970 */
    uint64_t wall_ns;         /* of it: from its start to its end */
    uint64_t user_ns, system_ns; /* all processes of it that were waited for */
    uint64_t max_rss_kb;      /* of the largest of them */
    uint64_t sent;            /* bytes to its standard input */
    uint64_t n_stdout, n_stderr; /* bytes it printed, of this item; those of the
                                    first do not come with WORK_NO_STDOUT */
    uint32_t attempts;        /* 1 and more */
    uint32_t end;             /* enum row_end */
    int32_t exit;             /* status; -1: none */
    uint32_t signal;          /* 0: none */
    uint32_t rank, node;
    struct span tag;          /* what --tag puts in front of lines, its tab as
                                 well; "" without */
    struct span command;      /* the command line; "" unless it is wanted or
                                 the item failed */
    struct span reason;       /* for people; "" when `end` says all */
    struct span results;      /* what --results becomes, when it is a template;
                                 else "" */
    struct span inputs;       /* its columns, each ended by a zero byte; "" unless
                                 the command line is wanted or the item failed */
};

/* Bytes of the row as it is emitted; written to out. (A text of more than
 * 32 MiB, which no program can be given, is cut.) */
size_t row_bytes(const struct row *row);
void row_encode(const struct row *row, char *out);

/* How many of the n bytes at p are the first row: 0: there are not enough yet.
 * -1: it cannot be one. Spans point into p. */
long row_decode(const char *p, size_t n, struct row *row);

/* Is the item done? (All but ROW_WELL are failures.) */
static inline bool row_is_well(const struct row *row)
{
    return row->end == ROW_WELL;
}

/* How it ended, in the store: "well", "exit", "signal", "timeout", "memory",
 * "not found", "not run", "no number", "wrong item", "cancelled". */
const char *row_end_name(enum row_end end);

/* Why it failed, one line for people: "exit status 3", "killed by SIGSEGV
 * (segmentation fault)", "timed out after 2 s" ... */
void row_why(const struct row *row, char out[256]);

#endif
