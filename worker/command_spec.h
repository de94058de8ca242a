/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command declares, as a kernel does: the outputs of row.h, and for
 * each FIELD of --fold a source of values, which are numbers with their items.
 * And how the numbers of an item get there:
 *
 *   for each attempt
 *       extract_begin, extract_feed ..., extract_end(x, row)
 *       if row is ROW_WELL and command_check fails: row is ROW_NO_NUMBER
 *   command_push, once, with the row as it is emitted
 *
 * Which items count: what is printed, of those that ended well; @wall and its
 * like, of all that ran to their end, also when they failed.
 */
#ifndef FANFOLD_WORKER_COMMAND_SPEC_H
#define FANFOLD_WORKER_COMMAND_SPEC_H

#include "error.h"
#include "extract.h"
#include "ledger.h"
#include "row.h"
#include "spec.h"

#include <fanfold.h>

/* Into *spec, which is all zero, for the folds of the job. *x is there even if
 * it has none, and to be freed. FF_USAGE. */
int command_spec(struct spec *spec, const struct job_shm *job,
                 struct extract **x, struct ff_error *err);

/* Did the command, which ended well, print all numbers? -1: the text of *why
 * says which is missing ("--fold t=mean:time: it printed no 'time=NUMBER'"). */
int command_check(const struct spec *spec, const struct extract *x,
                  struct ff_error *why);

/* The values of an item into the buffers of their sources. */
void command_push(struct ff *ff, const struct extract *x,
                  const struct row *row);

#endif
