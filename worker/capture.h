/* SPDX-License-Identifier: Apache-2.0 */
/* --keep-order: what a kernel prints goes to a file instead of standard
 * output, from which it is taken when the chunk has ended. One a process, for
 * standard output is one. */
#ifndef FANFOLD_WORKER_CAPTURE_H
#define FANFOLD_WORKER_CAPTURE_H

#include "error.h"

#include <stddef.h>

struct capture {
    int file;   /* where it goes to; -1: not captured */
    int before; /* standard output as it was */
};

/* From now on. */
int capture_begin(struct capture *capture, struct ff_error *err);

/* What was printed since the last time, piece by piece. Nothing when the
 * kernel has closed or replaced standard output: then it goes where the kernel
 * wants it. -1: some of it is lost. */
int capture_take(struct capture *capture,
                 void (*take)(void *arg, const void *data, size_t n),
                 void *arg);

/* Standard output is again what it was. */
void capture_end(struct capture *capture);

#endif
