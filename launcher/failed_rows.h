/* SPDX-License-Identifier: Apache-2.0 */
/* Items whose command failed, as failures of a run (outcome.h): the first
 * thousands are kept, of the rest only how many they are, so that a run in
 * which everything fails needs no more memory than another. */
#ifndef FANFOLD_LAUNCHER_FAILED_ROWS_H
#define FANFOLD_LAUNCHER_FAILED_ROWS_H

#include "outcome.h"
#include "row.h"

#define FAILED_ROWS_KEPT 10000u

struct failed_rows {
    struct failure *failure;
    size_t n, room;
    uint64_t more; /* that are not kept */
};

/* -1: no memory. */
int failed_rows_add(struct failed_rows *f, const struct row *row,
                    uint32_t chunk);

/* One that is in a store: text of its inputs, a tab between them, and the
 * reason (that of *failure is not looked at). -1 as above. */
int failed_rows_restore(struct failed_rows *f, const struct failure *failure,
                        struct span inputs, struct span reason);

/* They become the outcome's, among those it has, in the order of chunks. -1 as
 * above. */
int failed_rows_tell(struct failed_rows *f, struct outcome *outcome);

void failed_rows_release(struct failed_rows *f);

#endif
