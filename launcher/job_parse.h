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

/* A job that is gone on with (kept_job.h). */
struct job_again {
    const char *store;              /* of it */
    const struct option_list *more; /* that count before its own */
    struct text_pool texts;         /* of the words: the job's from then on, or
                                       released */
};

int job_parse_again(struct job *job, int argc, char **argv,
                    struct job_again *again, struct ff_error *err);

/* The same for `fanfold plan`, which needs no kernel. */
int job_parse_plan(struct job *job, int argc, char **argv,
                   struct ff_error *err);

/* Of no option at all. */
struct job job_default(void);

/* An error of a parameter, as the kernel's worker tells it ("--arg NAME..."),
 * with the place in a job file or the environment that it is from. */
void job_place(const struct job *job, struct ff_error *err);

#endif
