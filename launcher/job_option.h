/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the options of a job: as the rows of the table (job_options.c) want
 * them. `into` is the job. Those that say where it runs are in place_option.h,
 * those of commands in task_option.h. */
#ifndef FANFOLD_LAUNCHER_JOB_OPTION_H
#define FANFOLD_LAUNCHER_JOB_OPTION_H

#include "error.h"

#define JOB_OPTION_VERIFY "5%" /* --verify alone */

const char *job_option_chunk(void *into, const char *text);
const char *job_option_crash_limit(void *into, const char *text);
const char *job_option_recycle(void *into, const char *text);
const char *job_option_retries(void *into, const char *text);
const char *job_option_halt(void *into, const char *text);
const char *job_option_verify(void *into, const char *text);
const char *job_option_max_failures(void *into, const char *text);
const char *job_option_seed(void *into, const char *text);
const char *job_option_timeout(void *into, const char *text);
const char *job_option_time_limit(void *into, const char *text);
const char *job_option_grace(void *into, const char *text);
const char *job_option_arg_file(void *into, const char *text);
const char *job_option_null(void *into, const char *text);
const char *job_option_ldflags(void *into, const char *text);
const char *job_option_json(void *into, const char *text);
const char *job_option_quiet(void *into, const char *text);
const char *job_option_verbose(void *into, const char *text);
const char *job_option_progress(void *into, const char *text);
const char *job_option_bar(void *into, const char *text);
const char *job_option_tag_output(void *into, const char *text);
const char *job_option_schedule_map(void *into, const char *text);
const char *job_option_timestamp_output(void *into, const char *text);
const char *job_option_hex(void *into, const char *text);
const char *job_option_csv(void *into, const char *text);
const char *job_option_dry_run(void *into, const char *text);
const char *job_option_wdir(void *into, const char *text);
const char *job_option_env(void *into, const char *text);
const char *job_option_arg(void *into, const char *text);
const char *job_option_output(void *into, const char *text);
const char *job_option_keep_order(void *into, const char *text);
const char *job_option_range(void *into, const char *text);

/* An operand. */
int job_option_kernel(void *into, const char *word, struct ff_error *err);

#endif
