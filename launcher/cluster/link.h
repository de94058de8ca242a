/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of messages (wire.h) between two processes: over descriptors (a
 * socket, two pipes, the standard streams that mpirun forwards), or inside one
 * process. Sending never waits: what cannot be written now is kept, and written
 * when the descriptor takes it.
 */
#ifndef FANFOLD_LAUNCHER_LINK_H
#define FANFOLD_LAUNCHER_LINK_H

#include "wire.h"

#include <stdbool.h>

struct link;

/* Takes both descriptors over (they may be the same one), makes them
 * non-blocking and close-on-exec. NULL without memory. */
struct link *link_create(int in, int out);

/* Two ends in one process: what is sent to one is received from the other. */
int link_create_pair(struct link *end[2]);
void link_destroy(struct link *link);

/* 0; -1 when the other end is gone (errno EPIPE), or without memory. */
int link_send(struct link *link, uint32_t kind, uint32_t node,
              const void *body, size_t n);

/* The same of two parts, as one body. */
int link_send2(struct link *link, uint32_t kind, uint32_t node,
               const void *body, size_t n, const void *more, size_t n_more);

/* The next message: 1; 0: none is whole yet; -1: the end of the stream (errno
 * 0), or what came is no message (EPROTO), or another error. */
int link_receive(struct link *link, struct wire_message *m);

/* Writes what is kept, as far as that goes without waiting. 0, or -1 as
 * above. */
int link_flush(struct link *link);

/* Bytes that wait to be written: more than a few megabytes, and whoever has
 * more to send should wait. */
size_t link_unsent(const struct link *link);

/* To be watched for reading, and while link_unsent for writing. -1: none. */
int link_in(const struct link *link);
int link_out(const struct link *link);

#endif
