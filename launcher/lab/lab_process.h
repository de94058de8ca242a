/* SPDX-License-Identifier: Apache-2.0 */
/* One command of a lab, from its start until all that it started is gone. */
#ifndef FANFOLD_LAUNCHER_LAB_PROCESS_H
#define FANFOLD_LAUNCHER_LAB_PROCESS_H

#include "error.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kept of each stream; what is beyond is read and forgotten. */
#define LAB_MAX_OUTPUT ((size_t)1 << 20)

#define LAB_TIMED_OUT 124 /* as timeout(1) */

struct lab_process {
    int status;           /* of its exit; 128 + a signal; LAB_TIMED_OUT */
    bool timed_out;
    double wall_s, cpu_s;
    double maxrss_kib;
    struct text out, err; /* what it printed: text in UTF-8, its control
                             characters replaced by '?' */
    bool cut;             /* there was more */
};

/* Runs argv in a directory, with standard input empty, until end_ns of
 * clock_ns(); the caller is a subreaper, and has no other children. Becomes
 * readable wake_fd, the command is ended: FF_INTERRUPTED. -1 with *err, then or
 * when it cannot be started. Of p only lab_process_release() is due, in any
 * case. */
int lab_process_run(char *const *argv, const char *dir, uint64_t end_ns,
                    int wake_fd, struct lab_process *p, struct ff_error *err);
void lab_process_release(struct lab_process *p);

/* The lines of a text that were printed last, for errors: at most n bytes. */
const char *lab_process_tail(const struct text *text, size_t n);

#endif
