/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kernels hand over besides results: outputs, which are written in the
 * order of items while the run goes on, and arrays. Knows which goes where
 * (--output), opens all of it before anything runs, and tells in the end what
 * became of it.
 */
#ifndef FANFOLD_LAUNCHER_DELIVERY_H
#define FANFOLD_LAUNCHER_DELIVERY_H

#include "array_file.h"
#include "array_rows.h"
#include "cover.h"
#include "error.h"
#include "job.h"
#include "ordered.h"
#include "outcome.h"
#include "sink.h"
#include "spec.h"
#include "store.h"

#include <stdbool.h>

#define DELIVERY_MAX_SINKS (SPEC_MAX_OUTPUTS + 1)

struct delivery {
    const struct job *job;
    const struct spec *spec;
    struct grid grid;
    uint32_t n_sinks;       /* the kernel's outputs; with --keep-order one
                               more, what it prints */
    struct sink sink[DELIVERY_MAX_SINKS];
    bool blocked[DELIVERY_MAX_SINKS]; /* a reader must read first */
    bool to_stdout;         /* standard output is an output's: nothing else is
                               to go there ... */
    bool as_printed;        /* ... but what a function of Python prints: its
                               values are there as if it had printed them */
    bool more;              /* there was more to write than for one turn */
    struct ordered ordered; /* when n_sinks > 0, or for harvest.h */
    struct array_file *array; /* spec->n_arrays */
    struct array_rows *rows;  /* on a node of a cluster, the same number */
    struct store *kept;       /* while it is opened: of the run gone on with */
};

/* What comes after the end of a run. */
enum delivery_end {
    DELIVERY_DONE,      /* nothing of it is kept, or not any more */
    DELIVERY_DONE_KEPT, /* delivery_save, then kept_file_remove_named */
    DELIVERY_LEFT       /* delivery_save; it can be gone on with */
};

/* Everything ready for writing. n_sources: executors. kept: the store of the run
 * that is gone on with (files are cut to what it says was written and go on from
 * there; what counts and was not written is there), or NULL. FF_USAGE when
 * --output cannot be meant or a file not be written, FF_UNWRITTEN when it has no
 * room, FF_CHANGED when a file is not as it was left. Release it in any case. */
int delivery_open(struct delivery *d, const struct job *job,
                  const struct spec *spec, const struct grid *grid,
                  uint32_t n_sources, struct store *kept,
                  struct ff_error *err);
void delivery_release(struct delivery *d);

/* What the store must know of it, as it is now: pieces that came to count or
 * were written since the last time, how much of each file is written, which of
 * them are to be synced. From the first time on arrays have a name beside their
 * destination, so that they outlive us. Also after delivery_finish, which has
 * synced them itself. -1 with *err. */
int delivery_save(struct delivery *d, uint32_t frontier,
                  struct store_batch *batch, struct ff_error *err);

/* No store has been told of anything: files that only it could find do not stay
 * when the delivery is released. */
void delivery_forget(struct delivery *d);

/* The same of a command, whose outputs (row.h) are not written here but taken
 * out of `ordered` by harvest.h. */
int delivery_open_command(struct delivery *d, const struct job *job,
                          const struct spec *spec, const struct grid *grid,
                          uint32_t n_sources, struct store *kept,
                          struct ff_error *err);

/* The same on a node of a cluster, where nothing is written: what comes waits
 * until delivery_take hands it on to the root. */
int delivery_open_node(struct delivery *d, const struct job *job,
                       const struct spec *spec, const struct grid *grid,
                       uint32_t n_sources, struct ff_error *err);

/* On a node: the next message (RECORD_OUTPUT, RECORD_ROWS) with something of
 * the chunks of `fresh`, which have been accepted: 1 with *message, to be freed;
 * 0: there is no more; -1 with *err. */
int delivery_take(struct delivery *d, const struct cover *fresh,
                  void **message, size_t *n, struct ff_error *err);

/* On a node: there is nothing to take. */
bool delivery_is_drained(const struct delivery *d, const struct cover *fresh);

/* Writes what can be written now, all chunks before `frontier` being settled.
 * -1: FF_UNWRITTEN and the like. */
int delivery_write(struct delivery *d, uint32_t frontier,
                   struct ff_error *err);

/* Does a reader keep us from writing? */
bool delivery_is_blocked(const struct delivery *d);

/* So much waits for a reader that no more should be taken in. */
bool delivery_is_full(const struct delivery *d);

/* No worker is alive: closes outputs, names the arrays (or leaves them). What of
 * it failed first is in *err: -1. */
int delivery_finish(struct delivery *d, const struct cover *accepted,
                    enum delivery_end end, struct ff_error *err);

/* Adds what became of it to the outcome. */
void delivery_tell(const struct delivery *d, const struct cover *accepted,
                   enum delivery_end end, struct outcome *outcome);

/* Between delivery.c and delivery_kept.c: opens what the run that is gone on with
 * (d->kept) has written, or when it has not begun with it, or there is none, anew.
 * path: as in sink.h; NULL: standard output or error, fd. kind: of kept_file.h. */
int delivery_open_sink(struct delivery *d, uint32_t i, const char *kind,
                       const char *path, int fd, struct ff_error *err);
int delivery_open_array(struct delivery *d, uint32_t i, const char *path,
                        struct ff_error *err);
int delivery_load(struct delivery *d, struct ff_error *err); /* what waits */

#endif
