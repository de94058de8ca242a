/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a job file says of a command and its items:
 *
 *   command: [./sim, --seed, "{}"]      a list of words, or one text, whose
 *   command: ./sim --seed {}            words are separated as by a shell
 *
 *   inputs: [1, 2, 3]                   values, or a list of sources
 *   inputs:
 *     - values: [a, b]                  as of :::
 *     - file: names.txt                 as of ::::
 *       linked: true                    as of ::::+
 *     - range: 0-9                      as of --range
 */
#ifndef FANFOLD_LAUNCHER_TASK_FILE_H
#define FANFOLD_LAUNCHER_TASK_FILE_H

#include "error.h"
#include "shell_words.h"
#include "task.h"

#include <stdbool.h>
#include <stddef.h>

struct task_file {
    const char *path;
    unsigned command_line, inputs_line; /* 0: nothing is said of it */
    char *text;                         /* the command as one text, or NULL */
    struct word_list word;              /* its words */
    struct task_source source[WORK_MAX_SOURCES];
    struct word_list value[WORK_MAX_SOURCES]; /* of each */
    size_t n_sources;
};

/* Takes it into the task, but for what it has from the command line: a command
 * unless `kernel` (there is another one), sources. */
int task_file_use(struct task_file *said, struct task *task, bool kernel,
                  struct ff_error *err);

void task_file_release(struct task_file *said);

#endif
