/* SPDX-License-Identifier: Apache-2.0 */
/* Which inputs are items: see choose.h. */
#include "choose.h"
#include "filter.h"

#include <inttypes.h>

/* The error of input i, with that in front. */
static int place(uint64_t i, const struct item *item, struct ff_error *err)
{
    const struct ff_error cause = *err;
    const struct span input = item->n_inputs > 0 ? *item->whole
                                                 : (struct span){"", 0};
    return ff_error_set(err, FF_USAGE, "--filter: input %" PRIu64 " ('%.*s'): "
                        "%s", i + 1, input.n < 200 ? (int)input.n : 200,
                        input.at, cause.text);
}

static int look_at(struct filter *filter, const struct items *items,
                   uint64_t n, struct work_writer *w, struct work_head *head,
                   struct ff_error *err)
{
    struct item item = ITEM_EMPTY;
    int passes = 0;
    for (uint64_t i = 0; i < n && passes >= 0; i++) {
        passes = items_get_input(items, i, &item, err) == 0
                     ? filter_passes(filter, &item, err) : -1;
        if (passes > 0) {
            work_writer_put(w, &i, sizeof i);
            head->n_chosen++;
        } else if (passes < 0)
            place(i, &item, err);
    }
    item_release(&item);
    return passes < 0 ? -1 : 0;
}

int choose(const char *filter, const struct items *items,
           struct work_writer *w, struct work_head *head,
           struct ff_error *err)
{
    uint64_t n_items, n_inputs;
    struct filter *parsed = filter_parse(filter, items, err);
    if (parsed == NULL)
        return -1;
    int rc = items_count(items, &n_items, &n_inputs, err);
    work_writer_align(w);
    head->chosen = w->at;
    head->n_chosen = 0;
    if (rc == 0)
        rc = look_at(parsed, items, n_inputs, w, head, err);
    filter_free(parsed);
    return rc;
}
