/* SPDX-License-Identifier: Apache-2.0 */
/* All that a gather has, for the store and back: see gather.h. */
#include "gather.h"
#include "ledger.h"
#include "node_record.h"

#include <errno.h>

int gather_snapshot(struct gather *g, void **message, size_t *n)
{
    partial_normalise(&g->layout, g->partial);
    *message = node_record_make(&g->layout, &g->accepted, g->partial, &g->tree,
                                &g->own, false, n);
    if (*message != NULL)
        return 0;
    if (errno == EMSGSIZE)
        return ff_error_set(&g->error, FF_UNWRITTEN, "what is done is too large "
                            "to be kept: fold less into one run, or leave it "
                            "unkept (--checkpoint 0)");
    return ff_error_errno(&g->error, FF_LOST, "cannot keep what is done");
}

enum gather_verdict gather_restore(struct gather *g, const void *message,
                                   size_t n)
{
    struct node_record record;
    if (node_record_read(&record, &g->layout, &g->grid, message, n) != 0)
        return errno == ENOMEM ? GATHER_NO_MEMORY : GATHER_DAMAGED;
    enum gather_verdict v = GATHER_DAMAGED;
    if (!record.fold)
        v = gather_is_new(g, &record.cover) ? gather_accept(g, &record)
                                            : GATHER_DROPPED;
    node_record_release(&record);
    return v;
}
