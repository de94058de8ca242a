/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a text that is in memory, found by their number with the help of an
 * index (launcher/input.h makes one of the input). */
#ifndef FANFOLD_COMMON_LINES_H
#define FANFOLD_COMMON_LINES_H

#include "ledger.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
    const char *text, *end;
    const uint64_t *before; /* line ends before each block; all of them */
    uint64_t n_blocks;      /* of INPUT_BLOCK bytes */
    uint64_t n;             /* lines */
    int ends_with;          /* the byte behind each, not always the last */
    bool given;             /* there is such a text */
};

/* Of a text of so many bytes and its index of index_bytes. (An empty text has
 * no lines; index may then be NULL.) */
void lines_set(struct lines *lines, const char *text, uint64_t bytes,
               const uint64_t *index, uint64_t index_bytes, int ends_with);

/* Where line i begins (i < lines->n); NULL when the text is no longer what the
 * index says. */
const char *lines_find(const struct lines *lines, uint64_t i);

/* Line i without its end: 0; -1 as above. */
int lines_get(const struct lines *lines, uint64_t i, struct span *line);

#endif
