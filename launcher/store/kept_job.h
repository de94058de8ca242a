/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job of a run, in its store: so much that another launcher can ask for the
 * same again. Rows of `meta`:
 *
 *   run           its id
 *   version       STORE_VERSION; fanfold: of the program; layout: wire_layout()
 *   directory     in which it was started: paths of the job are meant from there
 *   argv          the command line, words ended by zero bytes
 *   environment   FANFOLD_OPT_* and OMP_NUM_THREADS, likewise
 *   command       the command line as a person would type it again
 *   key           a hash of directory and of what of the command line says what is
 *                 run, by which --resume finds it
 *   identity      run_identity.h, as bytes; hash: its number, as text
 *   spec, grid    common/spec.h, common/grid.h, as bytes; seed
 *
 * (counts: harvest.h; input: keeping_state.c.)
 */
#ifndef FANFOLD_LAUNCHER_KEPT_JOB_H
#define FANFOLD_LAUNCHER_KEPT_JOB_H

#include "error.h"
#include "grid.h"
#include "run_identity.h"
#include "job.h"
#include "spec.h"
#include "store.h"

#include <limits.h>
#include <stdbool.h>

/* The rows, but for those of identity, spec and grid, and these. Without memory
 * the batch says so. */
void kept_job_put(struct store_batch *b, const struct job *job,
                  const char *run_id);
void kept_job_put_kernel(struct store_batch *b, const struct identity *identity,
                         const struct spec *spec, const struct grid *grid,
                         uint64_t seed);

/* The job again, with settings of a command line (of options.h, that of `fanfold
 * resume`; NULL: none) that count before its own. Its variables are set, and those
 * that are set here and may be others (resume_option.h) stay. The process then is
 * in its directory; store and resume are set. FF_USAGE when an option is not one
 * that a resume can change; FF_DAMAGED; FF_CHANGED when another fanfold wrote it.
 * Release with job_release; the texts of `more` must outlive it. */
int kept_job_read(struct store *s, const struct option_list *more,
                  struct job *job, struct ff_error *err);

/* Do its items come from standard input? */
bool kept_job_reads_stdin(const struct job *job);

/* What the run is about: FF_DAMAGED, FF_CHANGED when another build of fanfold wrote
 * it. identity may be NULL. 1: it is not there yet (the run was ended before its
 * kernel was open). */
int kept_job_read_kernel(struct store *s, struct identity *identity,
                         struct spec *spec, struct grid *grid, uint64_t *seed,
                         struct ff_error *err);

/* --resume without --store: the newest run of the same key among those in the
 * runs' directory: 1; 0: there is none; -1. */
int kept_job_find(const struct job *job, char path[PATH_MAX],
                  struct ff_error *err);

#endif
