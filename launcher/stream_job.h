/* SPDX-License-Identifier: Apache-2.0 */
/* Which jobs can begin before the end of their input is known, and which input
 * that is. */
#ifndef FANFOLD_LAUNCHER_STREAM_JOB_H
#define FANFOLD_LAUNCHER_STREAM_JOB_H

#include "error.h"
#include "job.h"

#include <stdbool.h>

/* The one file that all items come from, "-" for standard input; NULL: there
 * are other sources. */
const char *stream_source(const struct job *job);

/* Everything that needs to know how many items there are waits for the end. */
bool stream_can_grow(const struct job *job);

/* --pipe: can the input (stream_source) be cut into blocks? They have no
 * columns. FF_USAGE. */
int stream_check_pipe(const struct job *job, const char *path,
                      struct ff_error *err);

#endif
