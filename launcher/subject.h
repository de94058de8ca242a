/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is about: a kernel's object or a command, and where its items come
 * from. The same on one machine and for the root of several. */
#ifndef FANFOLD_LAUNCHER_SUBJECT_H
#define FANFOLD_LAUNCHER_SUBJECT_H

#include "compile.h"
#include "crew.h"
#include "input.h"
#include "job.h"
#include "stream.h"
#include "work_file.h"

struct subject {
    struct compiled compiled; /* of a command: no object */
    struct input input;       /* or INPUT_NONE */
    struct stream stream;     /* of it, when it grows */
    struct work_file work;    /* or WORK_FILE_NONE */
};
#define SUBJECT_NONE ((struct subject){.input = INPUT_NONE, \
                                       .stream = STREAM_NONE, \
                                       .work = WORK_FILE_NONE})

/* Opens the input and reads the sources; to their end, unless an input may grow
 * while the run goes on (input.stream). */
int subject_open(struct subject *s, const struct job *job, bool may_grow,
                 struct ff_error *err);

/* Finds the object, or has it compiled below the fork server of the crew. */
int subject_compile(struct subject *s, const struct job *job,
                    struct crew *crew, struct ff_error *err);

/* Writes all of it into the job that workers read. */
int subject_prepare(const struct subject *s, const struct job *job,
                    struct job_shm *shm, struct ff_error *err);

/* What items are made of; NULL: they are numbers, or lines of -a. */
const struct items *subject_items(const struct subject *s);

/* Of a Python kernel; NULL: it is none. */
const struct interpreter *subject_python(const struct subject *s);

void subject_release(struct subject *s);

#endif
