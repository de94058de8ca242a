/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts that make a shell complete fanfold's command line, from the tables
 * of commands and options. */
#ifndef FANFOLD_LAUNCHER_COMPLETION_H
#define FANFOLD_LAUNCHER_COMPLETION_H

#include "subcommand.h"

#include <stdio.h>

typedef void completion_print(FILE *out, const struct command *command,
                              size_t n_commands);

completion_print completion_bash, completion_zsh, completion_fish;

/* ---- what the shells have in common -------------------------------------- */

/* What can be completed in place of a value. */
enum completion_value { COMPLETE_NOTHING, COMPLETE_WORDS, COMPLETE_FILES,
                        COMPLETE_DIRECTORIES };
enum completion_value completion_of(const struct option_row *row);

/* Is the row shown by the command's --help? */
bool completion_has(const struct options *o, const struct option_row *row);

/* The beginning of the row's help: up to the first bracket or semicolon. */
const char *completion_about(const struct option_row *row, char out[128]);

/* Words that are separated by |, with another separator. */
void completion_words(FILE *out, const char *words, const char *separator);

#endif
