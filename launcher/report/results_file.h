/* SPDX-License-Identifier: Apache-2.0 */
/* A file of results for programs: a path, or "-" for standard output. A full
 * disk is not a success. */
#ifndef FANFOLD_LAUNCHER_RESULTS_FILE_H
#define FANFOLD_LAUNCHER_RESULTS_FILE_H

#include "error.h"

#include <stdio.h>

/* The file that an option asks for; NULL with *err (FF_UNWRITTEN, or FF_UNSAFE
 * as trust_output says). */
FILE *results_open(const char *path, const char *option,
                   struct ff_error *err);

/* Writes out and closes it, unless it is standard output. -1 with *err when
 * anything of it could not be written. */
int results_close(FILE *out, const char *path, struct ff_error *err);

#endif
