/* SPDX-License-Identifier: Apache-2.0 */
/* The job as the root of a cluster sends it to nodes: the settings that count
 * there, as words. */
#ifndef FANFOLD_LAUNCHER_JOB_WORDS_H
#define FANFOLD_LAUNCHER_JOB_WORDS_H

#include "error.h"
#include "interpreter.h"
#include "job.h"

#include <stddef.h>
#include <stdint.h>

/* "KEY=VALUE" each, ended by a zero byte; *words is to be freed. What the root
 * does alone (where the nodes are, limits of the whole run, files, reports) is
 * not among them. FF_LOST without memory. python: as the root has it (of other
 * kernels: without a library). */
int job_words(const struct job *job, const struct interpreter *python,
              char **words, size_t *n_bytes, uint32_t *n_words,
              struct ff_error *err);

/* The job of these words: no environment and no job file is read, and the
 * kernel need not be here. With -a, arg_file is the root's path: its name, no
 * file. threads is at least 1, workers 0. Release with job_release. */
int job_from_words(struct job *job, const char *words, size_t n_bytes,
                   uint32_t n_words, struct ff_error *err);

#endif
