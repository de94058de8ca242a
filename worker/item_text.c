/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of items, for C kernels: see item_text.h. */
#include "item_text.h"
#include "nodefile.h"

#include <inttypes.h>
#include <stdio.h>

int item_texts_open(struct item_texts *texts, const struct job_shm *job,
                    struct ff_error *err)
{
    struct work work;
    void *at;
    *texts = (struct item_texts){.has_items = false};
    if (node_file_lines(&texts->lines, job, err) != 0)
        return -1;
    texts->are_numbers = job->has_range && !texts->lines.given
                         && job->work.fd < 0;
    if (job->work.fd < 0)
        return 0;
    const struct items_input input = {.lines = texts->lines};
    if (node_file_map(&at, job, &job->work, NODE_FILE_READ, err) != 0
        || work_open(&work, at, job->work.bytes, err) != 0
        || items_open(&texts->items, &work, &input, err) != 0)
        return -1;
    texts->has_items = true;
    return 0;
}

uint32_t item_texts_column(const struct item_texts *texts, const char *name)
{
    return texts->has_items
               ? (uint32_t)(items_column(&texts->items, span_of(name)) + 1) : 0;
}

static int no_column(const struct item_text *t, uint64_t i, uint32_t column,
                     struct ff_error *err)
{
    const uint32_t n = t != NULL ? t->item.n_inputs * t->item.n_columns : 1;
    return ff_error_set(err, FF_ITEMS_FAILED, "item %" PRIu64 " has no column "
                        "%" PRIu32 ": it has %" PRIu32 ", numbered from 1", i,
                        column, n);
}

/* Of a source. Columns of several inputs (--max-args) stand one behind the
 * other. */
static int get_item(struct item_text *t, const struct item_texts *texts,
                    uint64_t i, uint32_t column, struct ff_error *err)
{
    const struct item *item = &t->item;
    if (!t->known || t->number != i) {
        t->known = items_get(&texts->items, i, &t->item, err) == 0;
        t->number = i;
    }
    if (!t->known)
        return -1;
    if (column > (uint64_t)item->n_inputs * item->n_columns)
        return no_column(t, i, column, err);
    int rc = 0;
    if (column > 0)
        rc = text_append_span(&t->text, item->column[column - 1]);
    for (uint32_t k = 0; rc == 0 && column == 0 && k < item->n_inputs; k++)
        rc = text_append(&t->text, " ", k > 0) == 0
                 ? text_append_span(&t->text, item->whole[k]) : -1;
    return rc == 0 ? 0 : ff_error_set(err, FF_LOST, "cannot get memory for the "
                                      "text of an item");
}

/* The number of an item, or a line. */
static int get_plain(struct item_text *t, const struct item_texts *texts,
                     uint64_t i, uint32_t column, struct ff_error *err)
{
    char number[24];
    struct span span = {number, 0};
    if (column > 1)
        return no_column(NULL, i, column, err);
    if (texts->are_numbers)
        span.n = (size_t)snprintf(number, sizeof number, "%" PRIu64, i);
    else if (!texts->lines.given)
        return ff_error_set(err, FF_ITEMS_FAILED, "the kernel reads the text "
                            "of items, but the run has none: give it some by "
                            "-a FILE or ::: VALUE...");
    else if (i >= texts->lines.n)
        return ff_error_set(err, FF_ITEMS_FAILED, "the input has no line "
                            "%" PRIu64 ": it has %" PRIu64 " (items are "
                            "numbered from 0)", i, texts->lines.n);
    else if (lines_get(&texts->lines, i, &span) != 0)
        return ff_error_set(err, FF_LOST, "the input changed while it was "
                            "read");
    return text_append_span(&t->text, span) == 0 ? 0
           : ff_error_set(err, FF_LOST, "cannot get memory for the text of an "
                          "item");
}

int item_text_get(struct item_text *t, const struct item_texts *texts,
                  uint64_t i, uint32_t column, struct span *out,
                  struct ff_error *err)
{
    text_clear(&t->text);
    if ((texts->has_items ? get_item : get_plain)(t, texts, i, column, err)
        != 0)
        return -1;
    *out = (struct span){t->text.at, t->text.n};
    return 0;
}

void item_text_release(struct item_text *t)
{
    item_release(&t->item);
    text_release(&t->text);
    *t = ITEM_TEXT_NONE;
}
