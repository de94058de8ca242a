/* SPDX-License-Identifier: Apache-2.0 */
/* --fold: what it sets, the operators that it can ask for, and values that
 * nobody has asked for. */
#ifndef FANFOLD_LAUNCHER_FOLD_OPTION_H
#define FANFOLD_LAUNCHER_FOLD_OPTION_H

#include "job.h"
#include "spec.h"

#include <stdbool.h>
#include <stdio.h>

/* For the table of options (options.h): into a struct job. */
const char *fold_option_set(void *into, const char *text);

/* The same name twice in one place, the command line for example, is an error;
 * that one place wins over another is not. 0, or -1 with FF_USAGE. */
int fold_option_check(const struct option_list *settings,
                      struct ff_error *err);

/* What is asked of a command: fields that are none, operators that are for
 * kernels. FF_USAGE. */
int fold_option_check_command(const struct job *job, struct ff_error *err);

/* With --fold people want numbers: what commands print to standard output is
 * shown when an option says how. */
bool fold_option_shows(const struct job *job);

/* Each operator on a line: types of values, what it gives, its parameters with
 * their defaults. */
void fold_option_list(FILE *out);

/* A line on standard error for each declaration of values that no result and
 * no output uses. */
void fold_option_tell_unused(const struct spec *spec);

#endif
