/* SPDX-License-Identifier: Apache-2.0 */
/* Options of Python kernels: as job_option.h. */
#ifndef FANFOLD_LAUNCHER_PYTHON_OPTION_H
#define FANFOLD_LAUNCHER_PYTHON_OPTION_H

struct job;

const char *python_option_program(void *into, const char *text);
const char *python_option_path(void *into, const char *text);

/* Of options of kernels of another kind, and of a kernel that is taken for a
 * command, job->warning tells, unless there is one already. */
void python_option_warn(struct job *job);

#endif
