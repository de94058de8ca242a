/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One item: its number taken apart into those of its inputs, and each of them
 * into a value of each source (items.h). Spans point into the sources where
 * they can; what must be made (numbers, joined columns) goes to `own`, which
 * may move while it grows: then what points there moves along.
 *
 * Items are mostly asked for one after the other, so each source remembers the
 * line that was found last.
 */
#include "items.h"
#include "items_private.h"
#include "permute.h"
#include "split.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_TEXT 21 /* -9223372036854775808, and a zero byte */

static int no_memory(struct ff_error *err)
{
    return ff_error_errno(err, FF_LOST, "cannot get memory for an item");
}

/* ---- room ---------------------------------------------------------------- */

static int reserve_spans(struct span **at, size_t *room, size_t n)
{
    if (n <= *room)
        return 0;
    const size_t want = n > *room * 2 ? n : *room * 2;
    struct span *new = realloc(*at, want * sizeof *new);
    if (new == NULL)
        return -1;
    *at = new;
    *room = want;
    return 0;
}

/* Those that are within; a text of a source may begin right behind. */
static void move_spans(struct span *span, size_t n, const char *old,
                       size_t old_n, const char *new)
{
    for (size_t i = 0; i < n; i++)
        if (span[i].at >= old && span[i].at + span[i].n <= old + old_n)
            span[i].at = new + (span[i].at - old);
}

/* What is being made: the item, its inputs so far, and of the next one the
 * values and the columns so far. */
struct making {
    const struct items *items;
    struct item *item;
    uint32_t n_whole;
    size_t n_columns; /* of all inputs so far */
    struct span value[WORK_MAX_SOURCES];
    uint32_t n_values;
};

static int reserve_own(struct making *m, size_t more)
{
    struct item *item = m->item;
    if (more <= item->own_room - item->own_n)
        return 0;
    const size_t room = (item->own_n + more) * 2;
    char *new = malloc(room), *old = item->own;
    if (new == NULL)
        return -1;
    if (old != NULL) {
        memcpy(new, old, item->own_n);
        move_spans(item->whole, m->n_whole, old, item->own_n, new);
        move_spans(item->column, m->n_columns, old, item->own_n, new);
        move_spans(m->value, m->n_values, old, item->own_n, new);
        free(old);
    }
    item->own = new;
    item->own_room = room;
    return 0;
}

/* ---- values -------------------------------------------------------------- */

static int get_line(const struct lines *lines, struct item_place *place,
                    uint64_t i, struct span *value)
{
    if (place->text != lines->text || place->line == 0
        || (place->line != i + 1 && place->line != i)) {
        if (lines_get(lines, i, &place->span) != 0)
            return -1;
    } else if (place->line == i) {
        const char *begin = place->span.at + place->span.n + 1;
        if (begin > lines->end)
            return -1;
        const size_t left = (size_t)(lines->end - begin);
        const char *end = memchr(begin, lines->ends_with, left);
        place->span = (struct span){
            begin, end != NULL ? (size_t)(end - begin) : left};
    }
    place->text = lines->text;
    place->line = i + 1;
    *value = place->span;
    return 0;
}

static void get_number(struct item *item, const struct items_source *source,
                       uint64_t i, struct span *value)
{
    const struct work_numbers *part = source->part;
    for (; i >= part->n; part++)
        i -= part->n;
    char *at = item->own + item->own_n;
    const int n = snprintf(at, NUMBER_TEXT, "%" PRId64,
                           part->first + part->step * (int64_t)i);
    item->own_n += (size_t)n;
    *value = (struct span){at, (size_t)n};
}

static void get_block(const struct items *items, uint64_t i, struct item *item,
                      struct span *value)
{
    const uint64_t *end = items->input.block_end;
    item->block = i > 0 ? end[i - 1] : 0;
    item->block_bytes = end[i] - item->block;
    *value = (struct span){"", 0};
}

/* Value i of the source. */
static int get_value(struct making *m, uint32_t s, uint64_t i,
                     struct ff_error *err)
{
    const struct items_source *source = &m->items->private->source[s];
    struct span *value = &m->value[s];
    if (source->kind == WORK_NUMBERS)
        get_number(m->item, source, i, value);
    else if (source->kind == WORK_BLOCKS)
        get_block(m->items, i, m->item, value);
    else if (get_line(&source->lines, &m->item->place[s], i, value) != 0)
        return ff_error_set(err, FF_LOST, "the input changed while it was "
                            "read");
    m->n_values = s + 1;
    return 0;
}

static int get_values(struct making *m, uint64_t input, struct ff_error *err)
{
    const struct items_private *p = m->items->private;
    uint64_t digit[WORK_MAX_SOURCES];
    for (uint32_t g = p->n_groups; g-- > 1; input /= p->group[g].n)
        digit[g] = input % p->group[g].n;
    digit[0] = input;
    m->n_values = 0;
    if (reserve_own(m, NUMBER_TEXT * (size_t)m->items->work.head->n_sources)
        != 0)
        return no_memory(err);
    for (uint32_t g = 0; g < p->n_groups; g++)
        for (uint32_t s = p->group[g].first; s < p->group[g].end; s++)
            if (get_value(m, s, digit[g], err) != 0)
                return -1;
    return 0;
}

/* ---- columns ------------------------------------------------------------- */

static int add_column(struct making *m, struct span value)
{
    struct item *item = m->item;
    if (reserve_spans(&item->column, &item->column_room, m->n_columns + 1) != 0)
        return -1;
    item->column[m->n_columns++] = value;
    return 0;
}

/* The columns of the last input are appended: all inputs get as many. */
static int even_out(struct making *m)
{
    struct item *item = m->item;
    const struct span none = {"", 0};
    const size_t before = (size_t)m->n_whole * item->n_columns;
    const size_t n = m->n_columns - before;
    const size_t width = n > item->n_columns ? n : item->n_columns;
    const size_t all = width * (m->n_whole + 1);
    if (reserve_spans(&item->column, &item->column_room, all) != 0)
        return -1;
    struct span *column = item->column;
    if (width > item->n_columns) {
        memmove(column + width * m->n_whole, column + before,
                n * sizeof *column);
        for (size_t i = m->n_whole; i-- > 0;)
            for (size_t k = width; k-- > 0;)
                column[i * width + k] =
                    k < item->n_columns ? column[i * item->n_columns + k]
                                        : none;
    }
    for (size_t k = width * m->n_whole + n; k < all; k++)
        column[k] = none;
    item->n_columns = (uint32_t)width;
    m->n_columns = all;
    return 0;
}

/* The columns joined by blanks; one stays where it is. */
static int join(struct making *m, const struct span *column, size_t n)
{
    struct item *item = m->item;
    size_t bytes = n;
    if (n == 1) {
        item->whole[m->n_whole++] = *column;
        return 0;
    }
    const size_t first = (size_t)(column - item->column);
    for (size_t i = 0; i < n; i++)
        bytes += column[i].n;
    if (reserve_own(m, bytes) != 0)
        return -1;
    column = item->column + first;
    char *begin = item->own + item->own_n, *at = begin;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            *at++ = ' ';
        memcpy(at, column[i].at, column[i].n);
        at += column[i].n;
    }
    item->own_n += (size_t)(at - begin);
    item->whole[m->n_whole++] = (struct span){begin, (size_t)(at - begin)};
    return 0;
}

/* Doubled quotes are taken out of the column, which then is our own. */
static int unquote(struct making *m, struct span *column)
{
    struct item *item = m->item;
    if (reserve_own(m, column->n) != 0)
        return -1;
    char *own = item->own + item->own_n;
    column->n = split_unquote(*column, own);
    column->at = own;
    item->own_n += column->n;
    return 0;
}

/* Of source s are n columns, its header has others. */
static int too_many(const struct items_source *source, struct span line,
                    struct ff_error *err)
{
    return ff_error_set(err, FF_ITEMS_FAILED, "the header has %u column%s, and "
                        "there are more in '%.*s'", source->n_names,
                        source->n_names == 1 ? "" : "s",
                        line.n < 200 ? (int)line.n : 200, line.at);
}

/* Must the source have no more columns than its header? In CSV that would be a
 * mistake, and otherwise those of the next source would be elsewhere. */
static bool is_strict(const struct making *m, uint32_t s)
{
    return m->items->private->source[s].n_names > 0
           && (m->items->work.head->split == WORK_SPLIT_CSV
               || s + 1 < m->n_values);
}

/* The value of source s, split into its columns; of a source with a header as
 * many as that has, at least. */
static int add_split(struct making *m, uint32_t s, struct ff_error *err)
{
    const struct items_private *p = m->items->private;
    const struct items_source *source = &p->source[s];
    struct splitting splitting;
    struct span column;
    uint32_t n = 0;
    int rc;
    split_begin(&splitting, m->value[s]);
    while ((rc = split_next(p->splitter, &splitting, &column, err)) > 0) {
        if (n == source->n_names && is_strict(m, s))
            return too_many(source, m->value[s], err);
        if ((splitting.quoted && unquote(m, &column) != 0)
            || add_column(m, column) != 0)
            return no_memory(err);
        n++;
    }
    for (; rc == 0 && n < source->n_names; n++)
        if (add_column(m, (struct span){"", 0}) != 0)
            return no_memory(err);
    return rc;
}

static int add_columns(struct making *m, struct ff_error *err)
{
    const struct items_private *p = m->items->private;
    for (uint32_t s = 0; s < m->n_values; s++) {
        if (p->splitter != NULL && p->source[s].kind != WORK_NUMBERS) {
            if (add_split(m, s, err) != 0)
                return -1;
        } else if (add_column(m, m->value[s]) != 0)
            return no_memory(err);
    }
    return 0;
}

static int add_input(struct making *m, uint64_t input, struct ff_error *err)
{
    struct item *item = m->item;
    if (get_values(m, input, err) != 0)
        return -1;
    const size_t before = m->n_columns;
    if (add_columns(m, err) != 0)
        return -1;
    const size_t n = m->n_columns - before;
    if (reserve_spans(&item->whole, &item->whole_room, m->n_whole + 1u) != 0
        || even_out(m) != 0)
        return no_memory(err);
    const size_t at = (size_t)m->n_whole * item->n_columns;
    return join(m, item->column + at, n) == 0 ? 0 : no_memory(err);
}

/* ---- items --------------------------------------------------------------- */

static int begin(struct making *m, const struct items *items, struct item *item,
                 uint64_t number, struct ff_error *err)
{
    *m = (struct making){.items = items, .item = item};
    item->number = number;
    item->n_inputs = item->n_columns = 0;
    item->own_n = 0;
    item->block = item->block_bytes = 0;
    if (item->place != NULL)
        return 0;
    item->place = calloc(WORK_MAX_SOURCES, sizeof *item->place);
    return item->place != NULL ? 0 : no_memory(err);
}

static int no_such(const char *what, uint64_t number, uint64_t n,
                   struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "there is no %s %" PRIu64 ": there are "
                        "%" PRIu64 ", numbered from 0", what, number, n);
}

int items_get(const struct items *items, uint64_t number, struct item *item,
              struct ff_error *err)
{
    const struct items_private *p = items->private;
    const struct work_head *head = items->work.head;
    struct making m;
    if (number >= p->n_items)
        return no_such("item", number, p->n_items, err);
    if (begin(&m, items, item, number, err) != 0)
        return -1;
    const uint64_t first = number * head->max_args;
    const uint64_t left = p->n_inputs - first;
    const uint64_t n = left < head->max_args ? left : head->max_args;
    for (uint64_t i = first; i < first + n; i++) {
        const uint64_t at = head->flags & WORK_SHUFFLE
                                ? permute(i, p->n_inputs, head->seed) : i;
        const uint64_t input = p->chosen != NULL ? p->chosen[at] : at;
        if (input >= p->n_product)
            return no_such("input", input, p->n_product, err);
        if (add_input(&m, input, err) != 0)
            return -1;
    }
    item->n_inputs = m.n_whole;
    return 0;
}

int items_get_input(const struct items *items, uint64_t i, struct item *item,
                    struct ff_error *err)
{
    struct making m;
    if (i >= items->private->n_product)
        return no_such("input", i, items->private->n_product, err);
    if (begin(&m, items, item, i, err) != 0 || add_input(&m, i, err) != 0)
        return -1;
    item->n_inputs = m.n_whole;
    return 0;
}

void item_release(struct item *item)
{
    free(item->whole);
    free(item->column);
    free(item->own);
    free(item->place);
    *item = ITEM_EMPTY;
}
