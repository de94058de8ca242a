/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a command line that is a command and its sources (task.h). */
#ifndef FANFOLD_LAUNCHER_TASK_WORDS_H
#define FANFOLD_LAUNCHER_TASK_WORDS_H

#include "error.h"
#include "task.h"

#include <stdbool.h>

/* Takes the sources off the end of the words: how many words are left. -1 with
 * a usage error. */
int task_take_sources(struct task *task, int argc, char *const *argv,
                      struct ff_error *err);

/* Does a command begin with this word, so that the rest of the line is its own?
 * After "--" (`dashes`) any that is no kernel's file; else a program: the path
 * of one, or a name that is found in PATH; or a line with blanks, for a shell. */
bool task_begins_command(const char *word, bool dashes);

#endif
