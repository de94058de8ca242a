/* SPDX-License-Identifier: Apache-2.0 */
/* Sources made ready, and how many items they make: see items.h. */
#include "items.h"
#include "items_private.h"
#include "split.h"

#include <inttypes.h>
#include <stdlib.h>

static void open_source(struct items_source *source, const struct work *work,
                        const struct work_source *s)
{
    source->kind = s->kind;
    source->n = s->n;
    source->n_names = s->n_names;
    if (s->kind == WORK_LINES && s->text_bytes == 0)
        lines_set(&source->lines, NULL, 0, NULL, 0, (int)s->ends_with);
    else if (s->kind == WORK_LINES)
        lines_set(&source->lines, work->base + s->text, s->text_bytes,
                  (const uint64_t *)(const void *)(work->base + s->index),
                  s->index_bytes, (int)s->ends_with);
    if (s->kind == WORK_NUMBERS)
        source->part = (const struct work_numbers *)(const void *)
            (work->base + s->text);
}

static void open_groups(struct items_private *p, const struct work_head *head)
{
    for (uint32_t i = 0; i < head->n_sources; i++) {
        if (i == 0 || !head->source[i].linked)
            p->group[p->n_groups++].first = i;
        p->group[p->n_groups - 1].end = i + 1;
    }
}

static void open_names(struct items_private *p, const struct work *work)
{
    const char *at = work_text(work, work->head->names);
    for (uint32_t i = 0; i < work->head->n_names; i++) {
        p->name[i] = span_of(at);
        at += p->name[i].n + 1;
    }
}

/* The numbers of inputs and items, from those of the sources. */
static void count(struct items_private *p, const struct work_head *head)
{
    p->n_product = p->n_groups > 0;
    p->too_many = false;
    for (uint32_t g = 0; g < p->n_groups; g++) {
        struct items_group *group = &p->group[g];
        group->n = UINT64_MAX;
        for (uint32_t i = group->first; i < group->end; i++)
            if (p->source[i].n < group->n)
                group->n = p->source[i].n;
        if (group->n == 0) {
            p->n_product = 0;
            p->too_many = false;
            break;
        }
        p->too_many |= p->n_product > ITEMS_MAX / group->n;
        p->n_product = p->too_many ? ITEMS_MAX : p->n_product * group->n;
    }
    p->n_inputs = p->chosen != NULL ? head->n_chosen : p->n_product;
    p->n_items = p->n_inputs / head->max_args
                 + (p->n_inputs % head->max_args != 0);
}

int items_open(struct items *items, const struct work *work,
               const struct items_input *input, struct ff_error *err)
{
    struct items_private *p = calloc(1, sizeof *p);
    if (p == NULL)
        return ff_error_errno(err, FF_LOST, "cannot open the items");
    const struct work_head *head = work->head;
    if (head->split != WORK_SPLIT_NONE) {
        p->splitter = splitter_new(head->split, work_text(work, head->colsep),
                                   err);
        if (p->splitter == NULL) {
            free(p);
            return -1;
        }
    }
    for (uint32_t i = 0; i < head->n_sources; i++)
        open_source(&p->source[i], work, &head->source[i]);
    open_groups(p, head);
    open_names(p, work);
    if (head->chosen != 0)
        p->chosen =
            (const uint64_t *)(const void *)(work->base + head->chosen);
    *items = (struct items){*work, *input, p};
    items_set_input(items, input);
    return 0;
}

void items_release(struct items *items)
{
    if (items->private != NULL)
        splitter_free(items->private->splitter);
    free(items->private);
    items->private = NULL;
}

void items_set_input(struct items *items, const struct items_input *input)
{
    struct items_private *p = items->private;
    items->input = *input;
    for (uint32_t i = 0; i < items->work.head->n_sources; i++) {
        struct items_source *source = &p->source[i];
        if (source->kind == WORK_INPUT) {
            source->lines = input->lines;
            source->n = input->lines.n;
        } else if (source->kind == WORK_BLOCKS)
            source->n = input->n_blocks;
    }
    count(p, items->work.head);
}

int items_count(const struct items *items, uint64_t *n_items,
                uint64_t *n_inputs, struct ff_error *err)
{
    const struct items_private *p = items->private;
    if (p->too_many)
        return ff_error_set(err, FF_USAGE, "the sources make more than 2^62 "
                            "combinations: link some of them (:::+ in place of "
                            ":::)");
    *n_items = p->n_items;
    *n_inputs = p->n_inputs;
    return 0;
}

int items_column(const struct items *items, struct span name)
{
    for (uint32_t i = 0; i < items->work.head->n_names; i++) {
        const struct span *n = &items->private->name[i];
        if (n->n == name.n && n->n > 0 && memcmp(n->at, name.at, n->n) == 0)
            return (int)i;
    }
    return -1;
}

struct span items_name(const struct items *items, uint32_t column)
{
    return column < items->work.head->n_names ? items->private->name[column]
                                              : (struct span){"", 0};
}
