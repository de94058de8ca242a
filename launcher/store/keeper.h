/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a run: from time to time all of it that counts goes into its store
 * (store.h), so that another launcher can go on with it (R2: committed chunks
 * are not run again, and each counts once).
 *
 * The loop of the run makes a batch of rows at one moment between two looks:
 *
 *     cover and state over it, failures, strikes        keeping_state.c
 *     output that counts and is not written yet, and
 *     how much of each file is                          delivery_save
 *     items of commands that came out                   harvest_save
 *     what happened                                     keeper_event
 *
 * and a thread of ours writes it: first it syncs the files that rows speak of
 * (outputs, arrays), then the batch, in one transaction. While it is at it the
 * loop goes on, and what comes meanwhile is of the next batch. So the run waits
 * for no disk. A batch is due each --checkpoint (1 s), but not so often that it
 * would take more than a hundredth of a core; earlier when much has come; and
 * at the end.
 *
 * A store that somebody asked for (--store, --resume, `fanfold resume`) is opened
 * before the run begins, and an error of it ends the run with its status. Any
 * other is made when the run has lasted --checkpoint; an error is told once, and
 * the run goes on without.
 */
#ifndef FANFOLD_LAUNCHER_KEEPER_H
#define FANFOLD_LAUNCHER_KEEPER_H

#include "error.h"
#include "job.h"
#include "machine.h"
#include "outcome.h"
#include "plan.h"
#include "store.h"
#include "subject.h"

#include <stdbool.h>
#include <stdint.h>

struct keeper;

/* Of a run whose id it sets (another one's when it goes on): opens the store when
 * it was asked for. NULL: nothing is to be kept (--checkpoint 0), or *err is
 * set (status 0: it is not). FF_HELD, FF_DAMAGED, FF_UNSAFE, FF_UNWRITTEN, FF_USAGE. */
struct keeper *keeper_open(const struct job *job, char run_id[32],
                           struct ff_error *err);

/* What it needs to know when the run begins. All of it is the caller's, and stays
 * until keeper_free; it may be filled later, but the subject before. */
void keeper_about(struct keeper *k, const struct subject *subject,
                  const struct machine *machine, const struct plan *plan);

/* Does it go on with a run that was begun before? Then its store can be asked. */
struct store *keeper_continues(const struct keeper *k);

/* The run is over: *outcome says how, or *failed why there is none. An error of a
 * store that was asked for becomes the outcome's. From then on nothing is
 * kept. NULL: nothing. */
void keeper_end(struct keeper *k, struct outcome *outcome,
                const struct ff_error *failed);

/* A line on how to go on with a run that is not complete, when it is kept.
 * status: what the exit status will be. */
void keeper_tell(const struct keeper *k, const struct outcome *outcome,
                 int status);

void keeper_free(struct keeper *k);

#endif
