/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a step, as they are run. */
#ifndef FANFOLD_LAUNCHER_LAB_COMMAND_H
#define FANFOLD_LAUNCHER_LAB_COMMAND_H

#include "lab_site.h"
#include "shell_words.h"
#include "text_pool.h"

struct lab_command {
    struct word_list words; /* ended by NULL */
    struct text_pool pool;  /* that they are in */
};
#define LAB_COMMAND_EMPTY ((struct lab_command){{NULL, 0, 0}, {NULL}})

/* Fills an empty command: everything in braces has become something, programs
 * are compiled; value[i] is that of the step's variable i. json: a path that
 * the run of fanfold writes, quietly; or NULL. -1 with *err. */
int lab_command_make(struct lab_command *c, struct lab_site *site,
                     const struct lab *lab, const struct lab_step *step,
                     const char *const *value, const char *json,
                     struct ff_error *err);
void lab_command_release(struct lab_command *c);

#endif
