/* SPDX-License-Identifier: Apache-2.0 */
/* Options of Python kernels: as job_option.h. */
#ifndef FANFOLD_LAUNCHER_PYTHON_OPTION_H
#define FANFOLD_LAUNCHER_PYTHON_OPTION_H

const char *python_option_program(void *into, const char *text);
const char *python_option_path(void *into, const char *text);

#endif
