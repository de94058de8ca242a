/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What had failed is run again: see retry.h. A command that failed has folded
 * nothing that it printed, so its chunk can be taken out of the cover and the
 * partial stays as it is. Where that does not hold, nothing is taken out.
 */
#include "retry.h"
#include "field.h"

#include <inttypes.h>

static int refuse(const struct cover *again, const char *why,
                  struct ff_error *err)
{
    return ff_error_set(err, FF_USAGE, "--retry-failed: %" PRIu64 " failed "
                        "chunk%s cannot be run again: %s; leave it out, or "
                        "start a new run", (uint64_t)again->n_chunks,
                        again->n_chunks == 1 ? "" : "s", why);
}

/* Does a fold take how commands ended? */
static int check_folds(const struct job *job, const struct cover *again,
                       struct ff_error *err)
{
    for (size_t i = 0; i < job->n_folds; i++) {
        const char *field = field_of_fold(job->fold[i], err);
        if (field == NULL)
            return -1;
        if (field[0] == '@')
            return refuse(again, "--fold of how items ended (@...) has them in "
                          "its result", err);
    }
    return 0;
}

int retry_failed(const struct job *job, const struct cover *again,
                 struct gather *g, struct ff_error *err)
{
    if (again->n_chunks == 0)
        return 0;
    if (g->grid.chunk_items > 1)
        return refuse(again, "they have several items (--chunk), of which "
                      "others are done", err);
    if (g->layout.n_state_words > 0)
        return refuse(again, "a result is folded in the order of items", err);
    if (check_folds(job, again, err) != 0)
        return -1;
    for (size_t i = 0; i < again->n; i++)
        if (!cover_contains(&g->accepted, again->range[i]))
            return ff_error_set(err, FF_DAMAGED, "the store has failed items "
                                "in chunk %" PRIu32 ", which does not count",
                                again->range[i].lo);
    for (size_t i = 0; i < again->n; i++) {
        if (cover_remove(&g->accepted, again->range[i]) != 0)
            return ff_error_errno(err, FF_LOST, "cannot retry what failed");
        g->items_done -= again->range[i].hi - again->range[i].lo;
    }
    return 0;
}
