/* SPDX-License-Identifier: Apache-2.0 */
/* A text that grows. It is ended by a zero byte as soon as something has been
 * appended, and may have others inside. */
#ifndef FANFOLD_COMMON_TEXT_H
#define FANFOLD_COMMON_TEXT_H

#include "span.h"

#include <stddef.h>

struct text {
    char *at;       /* malloc's; NULL: nothing was ever appended */
    size_t n, room; /* n: without the zero at its end */
};
#define TEXT_EMPTY ((struct text){.at = NULL})

/* -1: no memory, and nothing changes. */
int text_append(struct text *text, const void *from, size_t n);
int text_append_string(struct text *text, const char *string);
int text_append_span(struct text *text, struct span span);

/* Empty again, with its memory; without it. */
void text_clear(struct text *text);
void text_release(struct text *text);

#endif
