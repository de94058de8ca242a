/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of sources on their way into the work file: headers are taken off,
 * CSV becomes one record a line. */
#ifndef FANFOLD_LAUNCHER_WORK_SOURCE_H
#define FANFOLD_LAUNCHER_WORK_SOURCE_H

#include "error.h"
#include "input.h"
#include "task.h"
#include "text.h"
#include "work_writer.h"

struct work_reading {
    struct work_writer *writer;
    bool csv;
    char comma;
    /* With --header: the first line or record of the source comes here; NULL:
     * there is none. It is empty when the source is. */
    struct text *header;
};

/* Values of the command line; lists of numbers (these have no header); all
 * lines of a file. Each sets what it is into *s, which is all zero but for
 * `linked`. FF_USAGE, FF_LOST. */
int work_source_values(const struct work_reading *r,
                       const struct task_source *from, struct work_source *s,
                       struct ff_error *err);
int work_source_ranges(const struct work_reading *r,
                       const struct task_source *from, struct work_source *s,
                       struct ff_error *err);
int work_source_file(const struct work_reading *r, const struct input *input,
                     struct work_source *s, struct ff_error *err);

#endif
