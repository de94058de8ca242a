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

/* Whose a thread is, of a worker that took too long. */
enum whose {
    WHOSE_CRASH, /* not that: the one that crashed */
    WHOSE_CHUNK, /* of the chunk that took too long */
    WHOSE_OTHER, /* of another chunk */
    WHOSE_KERNEL /* started by the kernel */
};

/* One thread; and the next. */
struct backtrace {
    struct backtrace *next; /* or NULL; owned */
    uint32_t whose;         /* enum whose */
    uint32_t thread;        /* of the worker, in order of creation, from 0 */
    uint32_t left_out;      /* of the first: so many threads are not here: they
                               did not answer, or are too many */
    uint32_t n;
    struct frame frame[BACKTRACE_FRAMES];
    struct crash_trace raw; /* checked */
};

/* A copy of what a worker noted, as far as it makes sense; the frames have no
 * names yet. NULL when it noted nothing, or without memory. */
struct backtrace *backtrace_copy(const struct crash_trace *trace);

/* The same of all threads of a worker that have to do with it, the chunk of
 * executor tid having taken too long: those without a chunk are not told of. */
struct backtrace *backtrace_of_stacks(const struct worker_shm *w, uint32_t tid);

/* With those that follow. */
void backtrace_free(struct backtrace *b);

/* Finds the names, also of those that follow. One that cannot be found stays
 * unknown: that is no error worth more words than it has. */
void backtrace_resolve(struct backtrace *b, command_runner *run, void *arg);

/* " at FILE:LINE", of the first thread, behind the error's text: of the
 * innermost frame of which that is known, if there is one; of the kernel's own
 * object rather than of a library. */
void backtrace_add_place(const struct backtrace *b, const char *object,
                         struct ff_error *err);

#endif
