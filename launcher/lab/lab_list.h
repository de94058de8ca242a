/* SPDX-License-Identifier: Apache-2.0 */
/* The labs that there are: the files of a folder. */
#ifndef FANFOLD_LAUNCHER_LAB_LIST_H
#define FANFOLD_LAUNCHER_LAB_LIST_H

#include "error.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#define LAB_LIST_MAX 200

struct lab_list {
    char *name[LAB_LIST_MAX]; /* sorted, without ".yaml"; owned */
    size_t n;
};

/* The labs of a folder. -1 with *err. To be released in any case. */
int lab_list_read(struct lab_list *list, const char *folder,
                  struct ff_error *err);
void lab_list_release(struct lab_list *list);

/* The file of a lab: of one in the folder, or a path of one's own (with a slash
 * in it, or the end .yaml). FF_USAGE, with the nearest name. */
int lab_list_find(const char *folder, const char *name, char path[PATH_MAX],
                  struct ff_error *err);

#endif
