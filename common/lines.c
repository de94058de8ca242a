/* SPDX-License-Identifier: Apache-2.0 */
/* Finding lines: see lines.h. The index gives the block in which the line
 * before ends, the block is searched. */
#include "lines.h"

#include <string.h>

void lines_set(struct lines *lines, const char *text, uint64_t bytes,
               const uint64_t *index, uint64_t index_bytes, int ends_with)
{
    *lines = (struct lines){.text = "", .ends_with = ends_with, .given = true};
    lines->end = lines->text;
    if (bytes == 0)
        return;
    lines->text = text;
    lines->end = text + bytes;
    lines->before = index;
    lines->n_blocks = index_bytes / sizeof *index - 1;
    lines->n = lines->before[lines->n_blocks];
    lines->n += (unsigned char)lines->end[-1] != ends_with;
}

/* The block in which the i-th line end (from 1) is. */
static uint64_t block_of(const struct lines *lines, uint64_t i)
{
    uint64_t low = 0, high = lines->n_blocks - 1;
    while (low < high) {
        const uint64_t middle = low + (high - low + 1) / 2;
        if (lines->before[middle] < i)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

const char *lines_find(const struct lines *lines, uint64_t i)
{
    if (i == 0)
        return lines->text;
    const uint64_t block = block_of(lines, i);
    const char *p = lines->text + block * INPUT_BLOCK;
    for (uint64_t ends = lines->before[block]; ends < i; ends++) {
        p = memchr(p, lines->ends_with, (size_t)(lines->end - p));
        if (p == NULL)
            return NULL;
        p++;
    }
    return p;
}

int lines_get(const struct lines *lines, uint64_t i, struct span *line)
{
    const char *begin = lines_find(lines, i);
    if (begin == NULL)
        return -1;
    const size_t left = (size_t)(lines->end - begin);
    const char *end = memchr(begin, lines->ends_with, left);
    *line = (struct span){begin, end != NULL ? (size_t)(end - begin) : left};
    return 0;
}
