/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of items for C kernels: see item_calls.h. Lines of the input are not
 * copied, and the next one is found by fanfold.h itself, without a call:
 * ff->line is where it begins. For everything else there is nothing at
 * ff->line, so that each item is asked for here.
 */
#include "item_calls.h"
#include "executor.h"

static const char *none(struct ff *ff, uint64_t item, size_t *n,
                        const struct ff_error *err)
{
    ff->calls->fail(ff, item, "%s", err->text);
    *n = 0;
    return "";
}

const char *item_call_column(struct ff *ff, uint64_t item, uint32_t column,
                             size_t *n)
{
    struct executor *e = (struct executor *)ff;
    struct ff_error err = {0};
    struct span text;
    if (item_text_get(&e->item_text, e->texts, item, column, &text, &err) != 0)
        return none(ff, item, n, &err);
    *n = text.n;
    return text.at;
}

const char *item_call_text(struct ff *ff, uint64_t item, size_t *n)
{
    struct executor *e = (struct executor *)ff;
    const struct lines *lines = &e->texts->lines;
    struct span line;
    if (e->texts->has_items || item >= lines->n
        || lines_get(lines, item, &line) != 0)
        return item_call_column(ff, item, 0, n); /* which knows what is wrong */
    const char *end = line.at + line.n;
    ff->line = end < lines->end ? end + 1 : end;
    ff->line_item = item + 1;
    *n = line.n;
    return line.at;
}

uint32_t item_call_number(const struct ff *ff, const char *name)
{
    return item_texts_column(((const struct executor *)ff)->texts, name);
}
