/* SPDX-License-Identifier: Apache-2.0 */
/* Where an output goes: a file, or a stream that was open when we started.
 * Writing never waits for a reader. */
#ifndef FANFOLD_LAUNCHER_SINK_H
#define FANFOLD_LAUNCHER_SINK_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
    int fd;            /* -1: not open */
    bool ours;         /* to be closed */
    bool made;         /* a file that was not there before */
    bool poll_first;   /* a write could wait: only small ones, when polled */
    bool socket;
    bool unread;       /* a FIFO that nobody has opened to read: no fd yet */
    const char *path;  /* of a file */
    char name[200];    /* for messages: "'image.pgm'", "standard output" */
    uint64_t bytes;    /* written, by those before us as well */
};

/* A file (its name must outlive the sink), which may be a FIFO or a device;
 * made when it is not there. sink_empty or sink_cancel must follow. A symbolic
 * link is followed when it is ours or root's. FF_USAGE. */
int sink_open_file(struct sink *sink, const char *path, const char *option,
                   struct ff_error *err);

/* A file of a run that is gone on with (kept_file.h), of which `bytes` were
 * written: it must be there, and a regular one not be shorter. What it has beyond
 * them was written after the run was kept last, and comes again; to a FIFO or a
 * device for a second time. Made anew when nothing of it was. FF_CHANGED. */
int sink_open_kept(struct sink *sink, const char *path, const char *option,
                   uint64_t bytes, struct ff_error *err);

/* Is it a regular file, whose end can be cut off and which can be synced? */
bool sink_is_file(const struct sink *sink);

/* What was written to a file is durable. FF_UNWRITTEN. */
int sink_sync(const struct sink *sink, struct ff_error *err);

/* It will be written: what a file had is gone, but for what sink_open_kept was
 * told of. FF_UNWRITTEN. */
int sink_empty(struct sink *sink, struct ff_error *err);

/* It will not: all is as before. */
void sink_cancel(struct sink *sink);

/* Has somebody opened it to read? 1, and it can be written; 0: not yet, as may
 * be with a FIFO; -1 with FF_UNWRITTEN. */
int sink_has_reader(struct sink *sink, struct ff_error *err);

/* Standard output or error. FF_USAGE when it is closed. */
int sink_open_stream(struct sink *sink, int fd, struct ff_error *err);

/* Writes some of the bytes: how many; 0 when a reader must read first; -1 with
 * FF_UNWRITTEN. */
long sink_write(struct sink *sink, const void *data, size_t n,
                struct ff_error *err);

/* FF_UNWRITTEN when the file system refuses late. */
int sink_close(struct sink *sink, struct ff_error *err);

#endif
