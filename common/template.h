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
 * Anything else between braces stays as it is ('{print $1}'). Without any that
 * stands for an input, {} is appended as a word of its own, unless the caller
 * says otherwise.
 *
 * There is no shell: a value is never taken apart, and stays within its word.
 * With several inputs (--max-args) a word that is {} or {n} alone becomes as
 * many words; within a longer word the values are joined by blanks.
 *
 * With `shell` the words are joined by blanks, values quoted, and the command
 * is /bin/sh -c LINE.
 */
#ifndef FANFOLD_COMMON_TEMPLATE_H
#define FANFOLD_COMMON_TEMPLATE_H

#include "error.h"
#include "items.h"

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
void template_free(struct template *t);

bool template_uses_input(const struct template *t); /* as it was written */
bool template_uses_total(const struct template *t); /* {##} */

/* Where it runs, and as which. In a plan (--dry-run) slot is 1, rank 0 and so
 * on. */
struct template_place {
    uint64_t total;     /* {##}; 0: not known */
    uint32_t slot, rank;
    const char *host;
    const char *core;   /* "3" or "0-3" */
};

/* Words of a command, and the memory they are in. */
struct expansion {
    char **argv;        /* ended by NULL */
    size_t argc;
    /* Kept from one to the next. */
    size_t argv_room, text_n, text_room;
    char *text;
};
#define EXPANSION_EMPTY ((struct expansion){.argv = NULL})

/* FF_ITEMS_FAILED when a value cannot be passed on (it has a zero byte), or the
 * words are more than 2 GiB; FF_LOST without memory. */
int template_expand(const struct template *t, const struct item *item,
                    const struct template_place *place,
                    struct expansion *expansion, struct ff_error *err);
void expansion_release(struct expansion *expansion);

/* The words as a line that a POSIX shell reads back as them, byte for byte,
 * appended to *line (a string in memory of malloc, *n long, room for *room).
 * Words that need none are not quoted; what is not printable comes in $'...'
 * only when `dollar`, else as it is. -1: no memory. */
int template_quote(char *const *argv, char **line, size_t *n, size_t *room);

#endif
