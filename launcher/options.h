/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a subcommand from one table: the command line (by argp), the
 * environment and --help are all driven by it.
 */
#ifndef FANFOLD_LAUNCHER_OPTIONS_H
#define FANFOLD_LAUNCHER_OPTIONS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>

/* One option. set() stores the value in `into` and returns NULL, or returns
 * what is wrong with it, to stand behind the quoted value ("is not a ...").
 * The text of a flag is "1", or "0" from the environment. */
struct option_row {
    const char *name;  /* long, without dashes; NULL: only the letter */
    char letter;       /* 0: none */
    const char *value; /* its name in --help; NULL: a flag */
    int group;         /* 1 .. n_headings */
    const char *help;
    const char *(*set)(void *into, const char *text);
};

struct options {
    const char *command;         /* "fanfold run" */
    const char *operands;        /* "KERNEL", as --help shows them */
    const char *about;           /* --help before the options, ... */
    const char *after;           /* ... and after them */
    const char *const *headings; /* of the groups; NULL: --help does not show
                                    this one */
    size_t n_headings;
    const struct option_row *row;
    size_t n_rows;
    /* Takes a word that is no option; 0, or -1 with *err. */
    int (*operand)(void *into, const char *word, struct ff_error *err);
};

/* Sets what FANFOLD_OPT_<OPTION> asks for: upper case, '-' becomes '_', the
 * letter where there is no long name. An empty variable counts as unset. 0, or
 * -1 with a usage error that names the variable. */
int options_environment(const struct options *o, void *into,
                        struct ff_error *err);

/* A line for the first FANFOLD_OPT_<SOMETHING> that is no option; "" when there
 * is none. An empty variable counts as unset. */
void options_unknown(const struct options *o, char *out, size_t size);

/* Sets what the command line asks for; argv[0] is skipped and the order of
 * argv may change. The words -np and --np are read as -n. --help prints and
 * exits 0. 0, or -1 with a usage error that names the option. */
int options_command_line(const struct options *o, int argc, char **argv,
                         void *into, struct ff_error *err);

#endif
