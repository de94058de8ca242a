/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of what was asked for: see options.h. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

int option_list_add(struct option_list *list, struct option_setting setting,
                    struct ff_error *err)
{
    if (list->n == list->room) {
        const size_t room = list->room > 0 ? 2 * list->room : 16;
        struct option_setting *more = realloc(list->at, room * sizeof *more);
        if (more == NULL)
            return ff_error_errno(err, FF_LOST, "cannot read options");
        list->at = more;
        list->room = room;
    }
    list->at[list->n++] = setting;
    return 0;
}

void option_list_remove(struct option_list *list, size_t i)
{
    memmove(&list->at[i], &list->at[i + 1],
            (--list->n - i) * sizeof list->at[0]);
}

void option_list_release(struct option_list *list)
{
    free(list->at);
    *list = OPTION_LIST_EMPTY;
}

size_t option_name_bytes(const struct option_setting *s)
{
    const bool other = s->row != NULL && s->row->name_ends != NULL;
    return strcspn(s->text, other ? s->row->name_ends : "=");
}

/* Does a later setting leave nothing of an earlier one? */
static bool replaces(const struct option_setting *later,
                     const struct option_setting *s)
{
    const size_t n = option_name_bytes(s);
    if (later->row != s->row)
        return false;
    if (s->row == NULL || s->row->repeat == OPTION_ONCE)
        return true;
    if (s->row->repeat == OPTION_LIST)
        return later->source != s->source;
    return n == option_name_bytes(later)
           && memcmp(s->text, later->text, n) == 0;
}

bool option_list_counts(const struct option_list *list, size_t i)
{
    for (size_t j = i + 1; j < list->n; j++)
        if (replaces(&list->at[j], &list->at[i]))
            return false;
    return true;
}
