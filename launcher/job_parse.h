/* SPDX-License-Identifier: Apache-2.0 */
/* How a job is asked for: command line, environment, job file. */
#ifndef FANFOLD_LAUNCHER_JOB_PARSE_H
#define FANFOLD_LAUNCHER_JOB_PARSE_H

#include "error.h"
#include "job.h"

/* Parses `fanfold run`'s arguments (argv[0] is "run"; the strings must outlive
 * the job). Defaults, OMP_NUM_THREADS, the job file, FANFOLD_OPT_<OPTION> for
 * every option, the command line: the later wins. With --help the kernel may be
 * missing. Release with job_release. 0, or -1 with a usage error. */
int job_parse(struct job *job, int argc, char **argv, struct ff_error *err);

/* The same for `fanfold plan`, which needs no kernel. */
int job_parse_plan(struct job *job, int argc, char **argv,
                   struct ff_error *err);

/* Of no option at all. */
struct job job_default(void);

/* An error of a parameter, as the kernel's worker tells it ("--arg NAME..."),
 * with the place in a job file or the environment that it is from. */
void job_place(const struct job *job, struct ff_error *err);

#endif
