/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the launcher that a worker maps (struct node_file). */
#ifndef FANFOLD_WORKER_NODEFILE_H
#define FANFOLD_WORKER_NODEFILE_H

#include "error.h"
#include "items.h"
#include "ledger.h"
#include "lines.h"

enum node_file_access { NODE_FILE_READ, NODE_FILE_WRITE };

/* Maps all of it, shared, and leaves no descriptor open. FF_LOST. */
int node_file_map(void **at, const struct job_shm *job,
                  const struct node_file *file, enum node_file_access access,
                  struct ff_error *err);

/* The input of the job, without one no lines. Stays mapped for the life of the
 * process. */
int node_file_lines(struct lines *lines, const struct job_shm *job,
                    struct ff_error *err);

/* A part of a file of the launcher, which may grow: more is mapped then. */
struct node_growing {
    void *at;
    size_t room; /* mapped; what is behind the end of the file is not there */
};

/* The input of a job as items are made of it, lines or (--pipe) blocks. */
struct node_input {
    struct items_input items; /* for items_set_input */
    struct node_growing text, index;
    bool blocks;
};
#define NODE_INPUT_NONE ((struct node_input){.blocks = false})

/* Maps it, as far as it is there. FF_LOST. */
int node_input_open(struct node_input *in, const struct job_shm *job,
                    bool blocks, struct ff_error *err);

/* It may have grown: from now on in->items is all that is there. Spans into it
 * are void. An item that was granted is there (job_shm.inputs_grown). */
int node_input_refresh(struct node_input *in, const struct job_shm *job,
                       struct ff_error *err);

#endif
