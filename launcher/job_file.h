/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job files: a mapping in YAML, whose keys are the options of a table, and
 * those of commands (task_file.h). What YAML has beyond that (anchors, tags, several documents, nesting) is refused.
 */
#ifndef FANFOLD_LAUNCHER_JOB_FILE_H
#define FANFOLD_LAUNCHER_JOB_FILE_H

#include "options.h"
#include "task_file.h"
#include "text_pool.h"

/* Is it a job file, by its name? */
bool job_file_is(const char *path);

/* Adds what the file asks for to the list, in its order, and what it says of a
 * command and its items to *task (to be released, also after an error); its
 * texts and the path, which stay in the pool, are then theirs. A relative
 * operand is relative to the file. 0, or -1 with a usage error "FILE:LINE: ...". */
int job_file_read(const char *path, const struct options *o,
                  struct option_list *list, struct task_file *task,
                  struct text_pool *pool, struct ff_error *err);

/* The same for n bytes that were read from `path`. */
int job_file_parse(const char *path, const char *text, size_t n,
                   const struct options *o, struct option_list *list,
                   struct task_file *task, struct text_pool *pool,
                   struct ff_error *err);

#endif
