/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of items for C kernels: see item_calls.h. Lines of the input are not
 * copied, and the next one is found by fanfold.h itself, without a call:
 * ff->line is where it begins. For everything else there is nothing at
 * ff->line, so that each item is asked for here.
 */
#include "item_calls.h"

const char *item_call_column(struct ff *ff, struct item_text *t,
                             const struct item_texts *texts, uint64_t item,
                             uint32_t column, size_t *n)
{
    struct ff_error err = {0};
    struct span text = {"", 0};
    if (item_text_get(t, texts, item, column, &text, &err) != 0)
        ff->calls->fail(ff, item, "%s", err.text);
    *n = text.n;
    return text.at;
}

const char *item_call_text(struct ff *ff, struct item_text *t,
                           const struct item_texts *texts, uint64_t item,
                           size_t *n)
{
    const struct lines *lines = &texts->lines;
    struct span line;
    if (texts->has_items || item >= lines->n
        || lines_get(lines, item, &line) != 0) /* it knows what is wrong */
        return item_call_column(ff, t, texts, item, 0, n);
    const char *end = line.at + line.n;
    ff->line = end < lines->end ? end + 1 : end;
    ff->line_item = item + 1;
    *n = line.n;
    return line.at;
}
