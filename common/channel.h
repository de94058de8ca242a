/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between launcher and fork server, with descriptors, over a
 * SOCK_SEQPACKET pair: whole or not at all. */
#ifndef FANFOLD_COMMON_CHANNEL_H
#define FANFOLD_COMMON_CHANNEL_H

#include "ledger.h"

#define CHANNEL_MAX_FDS 5
#define CHANNEL_MAX_TEXT 65536

/* Sends a message with n_fds descriptors and n_text bytes. 0, or -1 with errno
 * (EPIPE: nobody is at the other end; EAGAIN: the socket is non-blocking and
 * full). Never raises SIGPIPE. */
int channel_send(int fd, const struct message *message, const int *fds,
                 int n_fds, const void *text, size_t n_text);

/* Receives one. 1; 0 at the end of file; -1 with errno (EAGAIN: none now). The
 * descriptors are close-on-exec; fds has room for CHANNEL_MAX_FDS and is filled
 * up with -1; text has room for *n_text bytes. text and fds may be NULL when
 * none are expected. */
int channel_receive(int fd, struct message *message, int *fds, void *text,
                    size_t *n_text);

#endif
