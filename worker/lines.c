/* SPDX-License-Identifier: Apache-2.0 */
/* Finding lines: see lines.h. The index gives the block in which the line
 * before ends, the block is searched. */
#include "lines.h"
#include "nodefile.h"

#include <string.h>

int lines_open(struct lines *lines, const struct job_shm *job,
               struct ff_error *err)
{
    void *text, *index;
    *lines = (struct lines){.text = "", .ends_with = (int)job->line_ends_with};
    lines->end = lines->text;
    lines->given = job->input.fd >= 0;
    if (!lines->given || job->input.bytes == 0)
        return 0;
    if (node_file_map(&text, job, &job->input, NODE_FILE_READ, err) != 0
        || node_file_map(&index, job, &job->input_index, NODE_FILE_READ, err)
           != 0)
        return -1;
    lines->text = text;
    lines->end = lines->text + job->input.bytes;
    lines->before = index;
    lines->n_blocks = job->input_index.bytes / sizeof(uint64_t) - 1;
    lines->n = lines->before[lines->n_blocks];
    lines->n += (unsigned char)lines->end[-1] != job->line_ends_with;
    return 0;
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
