/* SPDX-License-Identifier: Apache-2.0 */
/* Where a kernel was when it crashed, with names: the addresses come from the
 * worker (worker/trace.c), the names from addr2line. */
#ifndef FANFOLD_LAUNCHER_BACKTRACE_H
#define FANFOLD_LAUNCHER_BACKTRACE_H

#include "command_runner.h"
#include "error.h"
#include "ledger.h"

#define BACKTRACE_FRAMES 64 /* with inlined functions */

struct frame {
    char function[128]; /* "": not known */
    char file[256];     /* "": not known */
    uint32_t line;
    char object[128];   /* the name of its file; "": none */
    uint64_t address;   /* in it */
};

struct backtrace {
    uint32_t n;
    struct frame frame[BACKTRACE_FRAMES];
    struct crash_trace raw; /* checked */
};

/* A copy of what a worker noted, as far as it makes sense; the frames have no
 * names yet. NULL when it noted nothing, or without memory. Freed by free(). */
struct backtrace *backtrace_copy(const struct crash_trace *trace);

/* Finds the names. One that cannot be found stays unknown: that is no error
 * worth more words than it has. */
void backtrace_resolve(struct backtrace *b, command_runner *run, void *arg);

/* " at FILE:LINE" behind the error's text: of the innermost frame of which
 * that is known, if there is one; of the kernel's own object rather than of a
 * library. */
void backtrace_add_place(const struct backtrace *b, const char *object,
                         struct ff_error *err);

#endif
