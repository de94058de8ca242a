/* SPDX-License-Identifier: Apache-2.0 */
/* Names of columns, out of the headers of sources. */
#ifndef FANFOLD_LAUNCHER_WORK_NAMES_H
#define FANFOLD_LAUNCHER_WORK_NAMES_H

#include "error.h"
#include "split.h"
#include "text.h"

#include <stdint.h>

struct work_names {
    struct text text; /* each ended by a zero byte */
    uint32_t n;
};

/* Those of another source; *n: how many they are. splitter: NULL: the header is
 * one name. Numbers have no header, and one column without a name. FF_USAGE:
 * a name comes twice, or there are too many. */
int work_names_add(struct work_names *names, bool numbers,
                   const struct text *header, const struct splitter *splitter,
                   uint32_t *n, struct ff_error *err);

/* The first string in braces of the word that looks like the name of a column,
 * but is none, in *said; the name that is near it. NULL: there is none. What
 * follows a $ is a shell's. */
const char *work_names_misspelt(const struct work_names *names,
                                const char *word, struct span *said);

#endif
