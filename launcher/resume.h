/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --resume: which items are done already, as a joblog tells. It is known by
 * what is run, never by a number: an item is done when the log has a line with
 * its command that ended well (Exitval 0 and Signal 0), and with two such items
 * two lines are needed. So inputs may be put into another order, or become
 * more; and what failed, or was cut off, is run again. Lines that are none, and
 * logs of other programs, are as good as their lines are.
 */
#ifndef FANFOLD_LAUNCHER_RESUME_H
#define FANFOLD_LAUNCHER_RESUME_H

#include "cover.h"
#include "error.h"
#include "grid.h"
#include "input.h"
#include "job.h"
#include "work_file.h"

/* input: all of it, for --pipe, whose blocks are known by what is in them. Adds
 * to *done the chunks whose items are all done. A log that is not there
 * has no lines. FF_USAGE when it cannot be read, FF_LOST without memory. */
int resume_find(const struct job *job, const struct work_file *work,
                const struct input *input, const struct grid *grid,
                struct cover *done, struct ff_error *err);

#endif
