/* SPDX-License-Identifier: Apache-2.0 */
/* An item, as people know it: see report.h. */
#include "complain.h"
#include "input.h"
#include "report.h"

#include <inttypes.h>

#define MAX_INPUT 64 /* bytes that are shown */

int report_input(const struct outcome *o, uint64_t item, struct text *text)
{
    struct item it = ITEM_EMPTY;
    int rc = -1;
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
    if (job->arg_file != NULL && o->items == NULL) {
        fprintf(out, "%s:%" PRIu64, input_name(job->arg_file), item + 1);
        return;
    }
    fprintf(out, "item %" PRIu64, item);
    print_input(out, o, item);
}
