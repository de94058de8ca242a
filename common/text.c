/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that grow: see text.h. */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 64

/* Room for n more bytes and a zero. */
static int make_room(struct text *text, size_t n)
{
    if (n < text->room - text->n) /* 0 - 0 as long as there is none */
        return 0;
    if (n >= SIZE_MAX / 2 - text->n)
        return -1;
    size_t room = text->room > LEAST_ROOM ? text->room : LEAST_ROOM;
    while (room - text->n <= n)
        room *= 2;
    char *at = realloc(text->at, room);
    if (at == NULL)
        return -1;
    text->at = at;
    text->room = room;
    return 0;
}

int text_append(struct text *text, const void *from, size_t n)
{
    if (make_room(text, n) != 0)
        return -1;
    if (n > 0)
        memcpy(text->at + text->n, from, n);
    text->n += n;
    text->at[text->n] = '\0';
    return 0;
}

int text_append_string(struct text *text, const char *string)
{
    return text_append(text, string, strlen(string));
}

int text_append_span(struct text *text, struct span span)
{
    return text_append(text, span.at, span.n);
}

void text_clear(struct text *text)
{
    text->n = 0;
    if (text->at != NULL)
        text->at[0] = '\0';
}

void text_release(struct text *text)
{
    free(text->at);
    *text = TEXT_EMPTY;
}
