/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a job file says of a command and its items (task_file.h). */
#ifndef FANFOLD_LAUNCHER_TASK_READER_H
#define FANFOLD_LAUNCHER_TASK_READER_H

#include "job_reader.h"

/* Is it one of the keys that are read here? */
bool task_reader_has_key(const char *key);

/* Reads what stands behind such a key (its value is the present event). 0, or
 * -1 with a usage error "FILE:LINE: ...". */
int task_reader_read(struct job_reader *r, const char *key, unsigned line);

#endif
