/* SPDX-License-Identifier: Apache-2.0 */
/* Labels in front of lines: see label.h. */
#include "label.h"

#include <string.h>

void label_begin(struct label *label, const char *text, size_t n)
{
    *label = (struct label){.text = text, .n = n};
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* As much of the label as fits; it comes with the first byte of its line. */
static size_t put_label(struct label *l, char *out, size_t room)
{
    const size_t n = least(l->n - l->done, room);
    if (n > 0)
        memcpy(out, l->text + l->done, n);
    l->done += n;
    if (l->done == l->n) {
        l->done = 0;
        l->middle = true;
    }
    return n;
}

size_t label_copy(struct label *label, char *out, size_t room, const char *in,
                  size_t n, size_t *taken)
{
    size_t made = 0;
    *taken = 0;
    while (*taken < n && made < room) {
        if (label->n > 0 && !label->middle) {
            made += put_label(label, out + made, room - made);
            continue;
        }
        const size_t part = least(n - *taken, room - made);
        const char *end = label->n > 0 ? memchr(in + *taken, '\n', part)
                                       : NULL;
        const size_t line = end != NULL ? (size_t)(end - in) + 1 - *taken
                                        : part;
        memcpy(out + made, in + *taken, line);
        label->middle = end == NULL;
        made += line;
        *taken += line;
    }
    return made;
}
