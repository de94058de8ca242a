/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of items that failed: see failed_rows.h. */
#include "failed_rows.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 200 /* of an item, for people */

static int make_room(struct failed_rows *f)
{
    if (f->n < f->room)
        return 0;
    const size_t room = f->room > 0 ? 2 * f->room : 16;
    struct failure *more = realloc(f->failure, room * sizeof *more);
    if (more == NULL)
        return -1;
    f->failure = more;
    f->room = room;
    return 0;
}

/* The columns of its first inputs, a blank between them; the command line when
 * there are none. */
static char *text_of(const struct row *row)
{
    struct span s = row->inputs.n > 0 ? row->inputs : row->command;
    if (s.n > 0 && s.at[s.n - 1] == '\0')
        s.n--;
    s.n = s.n < TEXT_BYTES ? s.n : TEXT_BYTES;
    char *text = malloc(s.n + 1);
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < s.n; i++)
        text[i] = s.at[i] != '\0' ? s.at[i] : ' ';
    text[s.n] = '\0';
    return text;
}

int failed_rows_add(struct failed_rows *f, const struct row *row,
                    uint32_t chunk)
{
    if (f->n >= FAILED_ROWS_KEPT) {
        f->more++;
        return 0;
    }
    char why[256];
    row_why(row, why);
    char *text = text_of(row), *reason = strdup(why);
    if (text == NULL || reason == NULL || make_room(f) != 0) {
        free(text);
        free(reason);
        return -1;
    }
    f->failure[f->n++] = (struct failure){
        .chunk = chunk, .begin = row->item, .end = row->item + 1,
        .has_item = true, .item = row->item, .item_end = row->item + 1,
        .attempts = row->attempts, .is_command = true, .text = text,
        .exit = row->exit, .signal = row->signal, .reason = reason};
    return 0;
}

int failed_rows_restore(struct failed_rows *f, const struct failure *failure,
                        struct span inputs, struct span reason)
{
    const struct row row = {.inputs = inputs, .command = {"", 0}};
    if (f->n >= FAILED_ROWS_KEPT) {
        f->more++;
        return 0;
    }
    char *text = text_of(&row), *copy = strndup(reason.at, reason.n);
    if (text == NULL || copy == NULL || make_room(f) != 0) {
        free(text);
        free(copy);
        return -1;
    }
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\t')
            *p = ' ';
    f->failure[f->n] = *failure;
    f->failure[f->n].reason = copy;
    f->failure[f->n++].text = text;
    return 0;
}

static int by_item(const void *a, const void *b)
{
    const struct failure *x = a, *y = b;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

int failed_rows_tell(struct failed_rows *f, struct outcome *o)
{
    const size_t n = o->n_failures + f->n;
    if (f->n > 0) {
        struct failure *all = realloc(o->failure, n * sizeof *all);
        if (all == NULL)
            return -1;
        memcpy(all + o->n_failures, f->failure, f->n * sizeof *all);
        o->failure = all;
        qsort(all, n, sizeof *all, by_item);
    }
    o->n_failures = n;
    o->failures_more = f->more;
    f->n = 0;
    return 0;
}

void failed_rows_release(struct failed_rows *f)
{
    failures_release(f->failure, f->n);
    *f = (struct failed_rows){.n = 0};
}
