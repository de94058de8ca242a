/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options of a job (options.h says what a table is). */
#ifndef FANFOLD_LAUNCHER_JOB_OPTIONS_H
#define FANFOLD_LAUNCHER_JOB_OPTIONS_H

#include "job.h"
#include "options.h"

/* Of `fanfold run`; sets a struct job. */
extern const struct options job_options;

/* The same options for `fanfold plan`; --help shows those that it heeds. */
extern const struct options plan_options;

/* And for `fanfold resume`; --help shows those that it may change. */
extern const struct options resume_options;

#endif
