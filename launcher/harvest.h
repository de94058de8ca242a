/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands print and what became of them, item by item, on its way to
 * where it is wanted: standard output and error, --results, --joblog, the list
 * of failures, the counts that --halt looks at.
 *
 * Rows and output come as outputs of the engine (common/row.h), so each counts
 * once; an item's row says how many bytes of the two others are its own. By
 * default items are taken as they come to count (grouped), with --keep-order in
 * the order of their numbers. Nothing here waits for a reader.
 */
#ifndef FANFOLD_LAUNCHER_HARVEST_H
#define FANFOLD_LAUNCHER_HARVEST_H

#include "error.h"
#include "harvest_counts.h"
#include "items.h"
#include "job.h"
#include "ordered.h"
#include "outcome.h"
#include "plan.h"
#include "store.h"

#include <stdbool.h>
#include <stdint.h>

struct harvest;

/* plan: for names of hosts, or NULL; items: for --results; grid: the run's;
 * ordered: has ROW_N_OUTPUTS outputs. All of them are the caller's and stay.
 * kept: as delivery_open's; counts, failures and files go on from there.
 * NULL with *err: a file cannot be written ... */
struct harvest *harvest_open(const struct job *job, const struct plan *plan,
                             const struct items *items,
                             const struct grid *grid, struct ordered *ordered,
                             struct store *kept, struct ff_error *err);

/* Items that come out are put into this batch from now on (STORE_ITEMS), and
 * keep_bytes of what each printed. */
void harvest_keep(struct harvest *h, struct store_batch *batch);

/* What the store must know of it as it is now: counts, how much of which file is
 * written, items that were taken and did not come out yet (as pieces, like those
 * that delivery_save knows of). -1 with *err. */
int harvest_save(struct harvest *h, struct store_batch *batch,
                 struct ff_error *err);

/* How many bytes the items have that were taken and did not come out yet. */
uint64_t harvest_unsettled(const struct harvest *h);

/* So many chunks counted before the run began, of which only those have rows that
 * were loaded (--resume). */
void harvest_before(struct harvest *h, uint64_t chunks);

/* --retry-failed, of a run that is gone on with: chunks whose items failed. They
 * must leave what counts (retry.h); nothing of them is in counts. */
const struct cover *harvest_again(const struct harvest *h);

/* Takes what counts and can be written now; all chunks before `frontier` are
 * settled. -1: FF_UNWRITTEN, or FF_LOST when what came of a worker does not fit
 * together. */
int harvest_write(struct harvest *h, uint32_t frontier, struct ff_error *err);

/* Bytes of items that went out so far: does a reader read? */
uint64_t harvest_printed(const struct harvest *h);

bool harvest_is_blocked(const struct harvest *h); /* by a reader */
int harvest_blocked_fd(const struct harvest *h);  /* which can be polled */
bool harvest_has_more(const struct harvest *h);   /* for another turn */

/* Will something be written now? (A progress line must go first.) */
bool harvest_has_some(const struct harvest *h, uint32_t frontier);
/* Was what was written last, to a terminal, not a whole line? */
bool harvest_is_in_line(const struct harvest *h);

const struct harvest_counts *harvest_counts(const struct harvest *h);

/* The run has ended, all that could be written is: files are complete, the
 * outcome has failures and counts of items in place of those of chunks. -1 with
 * *err: as harvest_write, and when a chunk that counts has no row. */
int harvest_finish(struct harvest *h, struct outcome *outcome,
                   struct ff_error *err);
void harvest_free(struct harvest *h);

#endif
