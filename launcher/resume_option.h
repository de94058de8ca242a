/* SPDX-License-Identifier: Apache-2.0 */
/* Which options of a run may be others when it goes on: where it runs, limits,
 * what is told. All others say what is run. */
#ifndef FANFOLD_LAUNCHER_RESUME_OPTION_H
#define FANFOLD_LAUNCHER_RESUME_OPTION_H

#include "error.h"
#include "options.h"

#include <stdbool.h>

bool resume_option_may(const struct option_row *row);

/* Of a command line of `fanfold resume`: FF_USAGE names the first that may
 * not. */
int resume_option_check(const struct option_list *words, struct ff_error *err);

#endif
