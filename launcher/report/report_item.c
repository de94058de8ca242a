/* SPDX-License-Identifier: Apache-2.0 */
/* An item, as people know it: see report.h. */
#include "complain.h"
#include "input.h"
#include "report.h"

#include <inttypes.h>

#include <stdlib.h>

#define MAX_INPUT 64 /* bytes that are shown */

static int compare_items(const void *key, const void *at)
{
    const uint64_t a = *(const uint64_t *)key;
    const uint64_t b = ((const struct remembered_item *)at)->item;
    return (a > b) - (a < b);
}

/* Of a run that is over; NULL: it is not known. */
static const char *remembered_input(const struct outcome *o, uint64_t item)
{
    const struct remembered *r = o->remembered;
    const struct remembered_item *found =
        r == NULL || r->n_items == 0
            ? NULL : bsearch(&item, r->item, r->n_items, sizeof r->item[0],
                             compare_items);
    return found != NULL ? found->input : NULL;
}

int report_input(const struct outcome *o, uint64_t item, struct text *text)
{
    const char *input = remembered_input(o, item);
    struct item it = ITEM_EMPTY;
    int rc = -1;
    if (input != NULL)
        return text_append_string(text, input);
    if (o->items != NULL && items_get(o->items, item, &it, NULL) == 0
        && it.n_columns > 0)
        for (uint32_t i = 0; i < it.n_inputs; i++) {
            rc = i > 0 ? text_append(text, " ", 1) : 0;
            if (rc == 0)
                rc = text_append_span(text, it.whole[i]);
            if (rc != 0)
                break;
        }
    item_release(&it);
    return rc;
}

/* The input of one stands behind its number, when it has one. */
static void print_input(FILE *out, const struct outcome *o, uint64_t item)
{
    struct text text = TEXT_EMPTY;
    if (report_input(o, item, &text) == 0 && text.n > 0) {
        const bool cut = text.n > MAX_INPUT;
        if (cut)
            text.at[MAX_INPUT] = '\0';
        fputs(" ('", out);
        print_plain(out, text.at);
        fputs(cut ? "...')" : "')", out);
    }
    text_release(&text);
}

void report_item(FILE *out, const struct job *job, const struct outcome *o,
                 uint64_t item)
{
    if (job->arg_file != NULL && o->items == NULL
        && remembered_input(o, item) == NULL) {
        fprintf(out, "%s:%" PRIu64, input_name(job->arg_file), item + 1);
        return;
    }
    fprintf(out, "item %" PRIu64, item);
    print_input(out, o, item);
}
