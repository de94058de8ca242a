/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work file (common/work.h), made of a job: its command, its sources read
 * and indexed, headers taken off, inputs filtered.
 *
 * Where texts go: values of the command line and files of "::::" into the work
 * file; a single file that is the only source (-a, ::::, standard input) stays
 * where it is, as struct input: it may be large, and nothing of it is copied.
 * With --csv all records are copied, since a record need not be a line.
 */
#ifndef FANFOLD_LAUNCHER_WORK_FILE_H
#define FANFOLD_LAUNCHER_WORK_FILE_H

#include "error.h"
#include "input.h"
#include "items.h"
#include "job.h"

struct work_file {
    int fd;             /* without a name, close-on-exec; -1: there is none */
    uint64_t bytes;
    const void *at;     /* mapped for reading */
    struct work work;
    struct items items; /* of it, for the launcher itself: --dry-run, --resume */
    uint64_t n_items;   /* as far as known */
    const void *input_at;  /* the input, mapped for the launcher; or NULL */
    uint64_t input_bytes;
};
#define WORK_FILE_NONE ((struct work_file){.fd = -1})

/* Reads what is to be read. *input is opened when a source stays where it is,
 * unless it is open already (stream.h), and is the caller's to release; else it
 * is INPUT_NONE. FF_USAGE, FF_UNWRITTEN (no room in TMPDIR). */
int work_file_make(struct work_file *file, const struct job *job,
                   struct input *input, struct ff_error *err);

/* One that came from the root of a cluster, in pieces: takes fd over, but not
 * when this fails. Without items and their number, which the root knows. */
int work_file_take(struct work_file *file, int fd, uint64_t bytes,
                   struct ff_error *err);

void work_file_release(struct work_file *file);

#endif
