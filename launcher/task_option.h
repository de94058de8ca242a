/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the options of commands and of items that are texts (task.h): as
 * the rows of the table (job_options.c) want them. `into` is the job. */
#ifndef FANFOLD_LAUNCHER_TASK_OPTION_H
#define FANFOLD_LAUNCHER_TASK_OPTION_H

#define TASK_OPTION_BLOCK "1M" /* what --block is when nobody says so */

const char *task_option_shell(void *into, const char *text);
const char *task_option_marker(void *into, const char *text);
const char *task_option_stdin(void *into, const char *text);
const char *task_option_pipe(void *into, const char *text);
const char *task_option_block(void *into, const char *text);
const char *task_option_recstart(void *into, const char *text);
const char *task_option_recend(void *into, const char *text);
const char *task_option_colsep(void *into, const char *text);
const char *task_option_csv_input(void *into, const char *text);
const char *task_option_header(void *into, const char *text);
const char *task_option_max_args(void *into, const char *text);
const char *task_option_shuffle(void *into, const char *text);
const char *task_option_filter(void *into, const char *text);
const char *task_option_group(void *into, const char *text);
const char *task_option_line_buffer(void *into, const char *text);
const char *task_option_ungroup(void *into, const char *text);
const char *task_option_tag(void *into, const char *text);
const char *task_option_tagstring(void *into, const char *text);
const char *task_option_results(void *into, const char *text);
const char *task_option_joblog(void *into, const char *text);
const char *task_option_delay(void *into, const char *text);
const char *task_option_memory(void *into, const char *text);
const char *task_option_memfree(void *into, const char *text);
const char *task_option_load(void *into, const char *text);
const char *task_option_nice(void *into, const char *text);

#endif
