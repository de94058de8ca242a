/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a command with replacement strings, and what becomes of them for
 * an item. Names and meaning are GNU parallel's:
 *
 *   {}     the input            {.}  without its extension
 *   {/}    its last component   {//} the directory    {/.} both
 *   {n} {n.} {n/} {n//} {n/.}   the same of column n; {-n} counts from the end
 *   {name} {name.} ...          of the column with that name (--header)
 *   {#}    number of the item, from 1         {##} how many there are
 *   {%}    number of the slot (worker on its node, from 1)
 *   {rank} {host} {core}        where it runs
 *
 * Anything else between braces stays as it is ('{print $1}'). A column's name
 * goes before the other meanings. Without any of these strings {} is appended
 * as a word of its own, unless the caller says otherwise.
 *
 * {} stands for all values of an item: of each input the columns. (So {.} is
 * each of them without its extension.) With one column and --max-args {n} is
 * the n-th input, else column n of each input.
 *
 * There is no shell: a value is never taken apart, and stays within its word.
 * A word that is one replacement string alone becomes as many words as there
 * are values; within a longer word the values are joined by blanks. A column
 * that this input does not have is empty.
 *
 * With `shell` the words are joined by blanks, values quoted as it is right
 * where they stand, and the command is /bin/sh -c LINE.
 */
#ifndef FANFOLD_COMMON_TEMPLATE_H
#define FANFOLD_COMMON_TEMPLATE_H

#include "error.h"
#include "items.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct template;

struct template_rules {
    bool shell;
    bool append;        /* {} when there is no other */
    const char *marker; /* in the place of {}; NULL: "{}" */
};

/* FF_USAGE when a replacement string cannot be meant ({7} of 2 columns, when
 * items are known; {0}). items may be NULL: no names, any number of columns. */
struct template *template_parse(const char *const *word, size_t n_words,
                                const struct template_rules *rules,
                                const struct items *items,
                                struct ff_error *err);

/* The command of a work, as its head has it ({} is not appended when the item
 * goes to standard input); what --tag puts in front of lines ({} unless
 * --tagstring says otherwise). items: of that work, open. */
struct template *template_of_work(const struct items *items,
                                  struct ff_error *err);
struct template *template_of_tag(const struct items *items,
                                 struct ff_error *err);

/* The same of --results, which may be just a name. There must be one. */
struct template *template_of_results(const struct items *items,
                                     struct ff_error *err);

void template_free(struct template *t);

bool template_uses_input(const struct template *t); /* as it was written */
bool template_uses_total(const struct template *t); /* {##} */

/* Where it runs, and as which. In a plan (--dry-run) slot is 1, rank 0 and so
 * on. */
struct template_place {
    uint64_t total;     /* {##}; 0: not known */
    bool anywhere;      /* the rest is not: it stays as it was written */
    uint32_t slot, rank;
    const char *host;
    const char *core;   /* "3" or "0-3" */
};

/* Words of a command, and the memory they are in. */
struct expansion {
    char **argv;        /* ended by NULL */
    size_t argc;
    /* Kept from one to the next. */
    size_t argv_room;
    struct text text;
};
#define EXPANSION_EMPTY ((struct expansion){.argv = NULL})

/* Anywhere, and without a place, what depends on it stays as it was written: the
 * words are then the same wherever the item is run. (Its number is part of them:
 * with another one it is another command. So is {##}, but without a place.) FF_ITEMS_FAILED when a value cannot be
 * passed on (it has a zero byte), or the words are more than 2 GiB; FF_LOST
 * without memory. */
int template_expand(const struct template *t, const struct item *item,
                    const struct template_place *place,
                    struct expansion *expansion, struct ff_error *err);
void expansion_release(struct expansion *expansion);

/* The words, joined by blanks: a tag. Appended; the same errors. */
int template_join(const struct template *t, const struct item *item,
                  const struct template_place *place, struct text *text,
                  struct ff_error *err);

/* Do the words depend on the place, or on the number of the item? */
bool template_uses_place(const struct template *t);

/* What --results becomes: as template_join, but FF_ITEMS_FAILED as well when that
 * is nothing, or too long, or when a value leads out of the folder that the template begins
 * with ("out/{}" and "../../x"). Where it begins with a value, that says where. */
int template_join_path(const struct template *t, const struct item *item,
                       const struct template_place *place, struct text *text,
                       struct ff_error *err);

/* The words as a line that a POSIX shell reads back as them, byte for byte,
 * appended. Words that need no quotes have none. (A value with newlines makes
 * a line of several lines.) -1: no memory. */
int template_quote(char *const *argv, struct text *line);

/* What standard input of the item's command is, for WORK_STDIN_ITEM: the text
 * of each input and a newline, appended. -1: no memory. */
int template_stdin(const struct item *item, struct text *text);

/* The same as a command with a pipe behind it: printf '%s\n' TEXT |, appended.
 * -1: no memory. */
int template_print(const struct item *item, struct text *line);

/* An item as one line, appended: the words, and what it reads.
 *
 *   ./sim --seed 1
 *   cd d; ./sim --seed 1              with --shell, as the shell reads it
 *   printf '%s\n' 'a b' | ./sim        with --stdin
 *   ./sim # xxh3:0123456789abcdef     with --pipe, over the block
 *
 * It is the Command of a joblog, and what --resume knows items by: for that
 * argv is expanded for anywhere. -1: no memory. */
int template_line(const struct work *work, const struct item *item,
                  char *const *argv, struct span block, struct text *line);

#endif
