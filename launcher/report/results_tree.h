/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --results: what each item printed, in files of its own, laid out as GNU
 * parallel's:
 *
 *   DIR                DIR/1/VALUE/2/VALUE/{stdout,stderr,seq}; with --header
 *                      names of columns in place of their numbers, sorted
 *                      (of a block of --pipe, DIR/SEQ/...)
 *   a template + "/"   the folder that it becomes, likewise
 *   a template         the file that it becomes for standard output, with .err
 *                      and .seq at its end for the others
 *
 * In DIR a value is one name: / is \_, \ is \\, a tab \t; what GNU parallel
 * would let out of DIR, or lose, is \. and \.. and (of an empty value) \e; a
 * name that is too long is cut and ends with \~ and a hash.
 */
#ifndef FANFOLD_LAUNCHER_RESULTS_TREE_H
#define FANFOLD_LAUNCHER_RESULTS_TREE_H

#include "error.h"
#include "items.h"
#include "row.h"
#include "text.h"

#include <stdbool.h>

struct results_tree;

/* path: of --results; what it becomes as a template rows tell. items: for names
 * of columns, or NULL. Both are the caller's and stay. FF_UNSAFE. */
struct results_tree *results_tree_open(const char *path,
                                       const struct items *items,
                                       struct ff_error *err);
void results_tree_free(struct results_tree *r);

/* An item's files begin, get what it printed (0: standard output, 1: standard
 * error), and are complete. -1: FF_UNWRITTEN, which names the file. */
int results_tree_begin(struct results_tree *r, const struct row *row,
                       struct ff_error *err);
int results_tree_put(struct results_tree *r, int stream, const char *data,
                     size_t n, struct ff_error *err);
int results_tree_end(struct results_tree *r, struct ff_error *err);

/* A value as the name of a folder, appended. -1: no memory. */
int results_tree_name(struct text *name, struct span value);

#endif
