/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold run --dry-run of a command: the lines that would be run. */
#ifndef FANFOLD_LAUNCHER_DRY_RUN_COMMAND_H
#define FANFOLD_LAUNCHER_DRY_RUN_COMMAND_H

#include "error.h"
#include "job.h"
#include "template.h"

#include <stdio.h>

/* One line an item, in the order of items, which a POSIX shell runs as the run
 * would: where (--wdir), with which variables (-x), standard input (--stdin,
 * --pipe) and words. A value that has newlines makes a line of several lines,
 * between quotes. {%}, {rank}, {host} and {core} are those of `place`.
 *
 * FF_USAGE when the command or its items are wrong; FF_ITEMS_FAILED when an
 * item has no command: each is told on standard error, and the others are
 * printed; FF_UNWRITTEN. */
int dry_run_commands(FILE *out, const struct job *job,
                     const struct template_place *place, struct ff_error *err);

#endif
