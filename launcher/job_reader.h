/* SPDX-License-Identifier: Apache-2.0 */
/* A job file while it is read, for those who read parts of it (job_file.c,
 * task_reader.c). */
#ifndef FANFOLD_LAUNCHER_JOB_READER_H
#define FANFOLD_LAUNCHER_JOB_READER_H

#include "options.h"
#include "task_file.h"
#include "text_pool.h"
#include "yaml_events.h"

struct job_reader {
    const char *path;
    const struct options *o;
    struct option_list *list;
    size_t first; /* in the list, of this file */
    struct task_file *task;
    struct text_pool *pool;
    struct yaml *yaml;
    struct yaml_event event; /* the present one */
    struct ff_error *err;
};

int job_reader_next(struct job_reader *r);

/* "FILE:LINE: TEXT 'subject' TEXT". Returns -1. */
int job_reader_wrong(const struct job_reader *r, unsigned line,
                     const char *before, const char *subject,
                     const char *after);
int job_reader_no_memory(const struct job_reader *r);

/* The text of the present scalar, kept; NULL with an error. */
char *job_reader_text(struct job_reader *r, const char *before,
                      size_t n_before);

/* Of a scalar: nothing is there; it is this word. */
bool job_reader_is_null(const struct yaml_event *e);
bool job_reader_is_word(const struct yaml_event *e, const char *word);

#endif
