/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a subcommand from one table: the command line, the environment,
 * files, --help and the completion of shells are all driven by it.
 *
 * What is asked for is read into a list first and set afterwards, so that who
 * reads several sources can put them into an order: of two settings of one
 * option the later counts.
 */
#ifndef FANFOLD_LAUNCHER_OPTIONS_H
#define FANFOLD_LAUNCHER_OPTIONS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum option_repeat {
    OPTION_ONCE,  /* the last one counts */
    OPTION_LIST,  /* all of the last source count */
    OPTION_NAMED  /* NAME=VALUE, or NAME: the last of each NAME counts */
};

/* One option. set() stores the value in `into` and returns NULL, or returns
 * what is wrong with it, to stand behind the quoted value ("is not a ...").
 * The text of a flag is "1", or "0" from a file or the environment. */
struct option_row {
    const char *name;  /* long, without dashes; NULL: only the letter */
    char letter;       /* 0: none */
    const char *value; /* its name in --help; NULL: a flag. What ends with FILE
                          or DIR is completed as such. */
    int group;         /* 1 .. n_headings */
    const char *help;  /* "(default: X)" in it is also shown on its own */
    const char *(*set)(void *into, const char *text);
    /* The rest may be left out. */
    enum option_repeat repeat;
    const char *name_ends; /* OPTION_NAMED: the bytes that end a NAME; NULL:
                              the '=' */
    const char *words; /* what the value can be, "core|numa|none", as a hint;
                          of a flag: a word that may follow and says no more */
    const char *alias; /* another long name */
    const char *key;   /* in files, when it is not the name */
    bool passing;      /* of this call alone: not part of a job written down */
    const char *bare;  /* the text when --name stands without a value, which
                          then has to follow as --name=value, or be one of
                          `words`; NULL: it must have one */
};

struct options {
    const char *command;         /* "fanfold run" */
    const char *operands;        /* "KERNEL", as --help shows them; or NULL */
    const char *or_operands;     /* behind them; or NULL */
    const char *about;           /* --help before the options, ... */
    const char *after;           /* ... and after them; or NULL */
    const char *const *headings; /* of the groups; NULL: --help does not show
                                    this one */
    size_t n_headings;
    const struct option_row *row;
    size_t n_rows;
    /* Which of the rows --help and completion show; the others are known, for a
     * better error. NULL: all. */
    bool (*shows)(const struct option_row *row);
    /* Takes a word that is no option; 0, or -1 with *err. NULL: there are no
     * such words. */
    int (*operand)(void *into, const char *word, struct ff_error *err);
    /* Is the word, which is no option, the first of those that are the operand's
     * own? dashes: it stands behind "--". NULL: there is no such. */
    bool (*begins_rest)(const char *word, bool dashes);
    const char *operand_key;     /* in files; NULL: none */
    const char *operand_suffix;  /* of the files that it can be, "c|so"; NULL */
    const char *operand_words;   /* the words that it can be, "on|off"; NULL */
    const char *operand_command; /* prints words that it can be, one a line; or a
                                    path to a .yaml; NULL */
};

/* ---- what was asked for -------------------------------------------------- */

/* The texts are those of the command line, the environment, the file. */

enum option_source { OPTION_FILE, OPTION_ENVIRONMENT, OPTION_COMMAND_LINE };

struct option_setting {
    const struct option_row *row; /* NULL: an operand */
    const char *text;
    enum option_source source;
    const char *file;             /* OPTION_FILE: where it stands */
    unsigned line;
};

struct option_list {
    struct option_setting *at;
    size_t n, room;
    bool help; /* the command line asks for --help */
    int rest;  /* begins_rest: which word of the command line; 0: none */
};
#define OPTION_LIST_EMPTY ((struct option_list){NULL, 0, 0, false, 0})

int option_list_add(struct option_list *list, struct option_setting setting,
                    struct ff_error *err);

/* Without the setting at i. */
void option_list_remove(struct option_list *list, size_t i);
void option_list_release(struct option_list *list);

/* How long the NAME is in the text of an OPTION_NAMED. */
size_t option_name_bytes(const struct option_setting *s);

/* Does the setting at i count in the end? Not when a later one is of the same
 * thing. */
bool option_list_counts(const struct option_list *list, size_t i);

/* Adds what the command line asks for; argv[0] is skipped. Long names can be
 * cut short; -np is read as -n. When there is a --help, what stands behind it
 * need not be right. 0, or -1 with a usage error that names the option. */
int options_read_words(const struct options *o, int argc, char *const *argv,
                       struct option_list *list, struct ff_error *err);

/* Adds what FANFOLD_OPT_<OPTION> asks for: upper case, '-' becomes '_', the
 * letter where there is no long name. An empty variable counts as unset. */
int options_read_environment(const struct options *o,
                             struct option_list *list, struct ff_error *err);

/* Sets all, in the order of the list. 0, or -1 with a usage error that names
 * the place. */
int options_apply(const struct options *o, const struct option_list *list,
                  void *into, struct ff_error *err);

#define OPTION_VARIABLE "FANFOLD_OPT_"

/* What is behind that in the name of its variable. */
const char *option_variable(const struct option_row *row, char out[64]);

/* Where it was asked for: "pi.yaml:3", "FANFOLD_OPT_CHUNK", "command line". */
const char *option_origin(const struct option_setting *s, char out[256]);

#define OPTION_SHOWN 104

/* The beginning of a value, on one line, for messages. */
const char *option_shown(const char *text, char out[OPTION_SHOWN]);

/* ---- the table ----------------------------------------------------------- */

/* A line for the first FANFOLD_OPT_<SOMETHING> that is no option; "" when there
 * is none. An empty variable counts as unset. */
void options_unknown(const struct options *o, char *out, size_t size);

/* The row of a file's key; NULL: none. The operand has none. */
const struct option_row *options_find_key(const struct options *o,
                                          const char *key);

/* The key that is nearest to a word, the operand's too, in `out`; NULL: none is
 * near. */
const char *options_nearest_key(const struct options *o, const char *word,
                                size_t n, char out[64]);

/* In files: its key, its name, or its letter in `out`. */
const char *option_key(const struct option_row *row, char out[2]);

/* What its help says of the default, in `out`; "" when it says nothing. */
const char *option_default(const struct option_row *row, char out[256]);

/* It takes no value. */
static inline bool option_is_flag(const struct option_row *row)
{
    return row->value == NULL;
}

/* The text of --help. */
void options_help(const struct options *o, FILE *out);

/* ---- for a command that reads no files ----------------------------------- */

/* Read and set at once. --help prints and exits 0. 0, or -1 with a usage
 * error. */
int options_environment(const struct options *o, void *into,
                        struct ff_error *err);
int options_command_line(const struct options *o, int argc, char *const *argv,
                         void *into, struct ff_error *err);

#endif
