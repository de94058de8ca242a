/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of messages: see link.h. Two buffers, of what came and is not whole
 * yet and of what is to go. A link inside the process writes into the other's
 * buffer. */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 65536

/* Bytes [from, to) of a growing array. */
struct bytes {
    unsigned char *at;
    size_t from, to, room;
};

struct link {
    int in, out;
    struct bytes unread, unsent;
    bool ended;        /* nothing more comes */
    struct link *peer; /* in this process; or NULL */
};

/* Room for n bytes more at the end. */
static int make_room(struct bytes *b, size_t n)
{
    if (b->from > 0 && (b->from == b->to || b->from >= b->room / 2)) {
        memmove(b->at, b->at + b->from, b->to - b->from);
        b->to -= b->from;
        b->from = 0;
    }
    if (b->room - b->to >= n)
        return 0;
    size_t room = b->room > 0 ? b->room : READ_BYTES;
    while (room - b->to < n)
        room *= 2;
    unsigned char *more = realloc(b->at, room);
    if (more == NULL)
        return -1;
    b->at = more;
    b->room = room;
    return 0;
}

static void append(struct bytes *b, const void *data, size_t n)
{
    if (n > 0)
        memcpy(b->at + b->to, data, n);
    b->to += n;
}

static void set_flags(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

struct link *link_create(int in, int out)
{
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    link->in = in;
    link->out = out;
    set_flags(in);
    set_flags(out);
    return link;
}

int link_create_pair(struct link *end[2])
{
    struct link *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    if (a == NULL || b == NULL) {
        free(a);
        free(b);
        return -1;
    }
    *a = (struct link){.in = -1, .out = -1, .peer = b};
    *b = (struct link){.in = -1, .out = -1, .peer = a};
    end[0] = a;
    end[1] = b;
    return 0;
}

void link_destroy(struct link *link)
{
    if (link == NULL)
        return;
    if (link->peer != NULL) {
        link->peer->ended = true;
        link->peer->peer = NULL;
    }
    if (link->in >= 0)
        close(link->in);
    if (link->out >= 0 && link->out != link->in)
        close(link->out);
    free(link->unread.at);
    free(link->unsent.at);
    free(link);
}

int link_send(struct link *link, uint32_t kind, uint32_t node,
              const void *body, size_t n)
{
    return link_send2(link, kind, node, body, n, NULL, 0);
}

int link_send2(struct link *link, uint32_t kind, uint32_t node,
               const void *body, size_t n, const void *more, size_t n_more)
{
    const struct wire_head head = {.magic = WIRE_MAGIC, .kind = kind,
                                   .node = node, .bytes = n + n_more};
    struct bytes *to = link->peer != NULL ? &link->peer->unread
                                          : &link->unsent;
    if (link->peer == NULL && link->out < 0) {
        errno = EPIPE;
        return -1;
    }
    if (head.bytes > WIRE_MAX_BYTES) {
        errno = EMSGSIZE;
        return -1;
    }
    if (make_room(to, sizeof head + n + n_more) != 0)
        return -1;
    append(to, &head, sizeof head);
    append(to, body, n);
    append(to, more, n_more);
    return link_flush(link);
}

static ssize_t write_some(int fd, const void *data, size_t n)
{
    /* No SIGPIPE of a socket; of a pipe the programs ignore it. */
    const ssize_t w = send(fd, data, n, MSG_NOSIGNAL);
    return w < 0 && errno == ENOTSOCK ? write(fd, data, n) : w;
}

int link_flush(struct link *link)
{
    struct bytes *b = &link->unsent;
    while (b->from < b->to) {
        const ssize_t n = write_some(link->out, b->at + b->from,
                                     b->to - b->from);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        if (n < 0)
            return -1;
        b->from += (size_t)n;
    }
    return 0;
}

/* The whole message at the front: 1; 0; -1. */
static int take(struct link *link, struct wire_message *m)
{
    struct bytes *b = &link->unread;
    struct wire_head head;
    if (b->to - b->from < sizeof head)
        return 0;
    memcpy(&head, b->at + b->from, sizeof head);
    if (head.magic != WIRE_MAGIC || head.bytes > WIRE_MAX_BYTES) {
        errno = EPROTO;
        return -1;
    }
    if (b->to - b->from - sizeof head < head.bytes)
        return 0;
    unsigned char *body = malloc(head.bytes + 1);
    if (body == NULL)
        return -1;
    memcpy(body, b->at + b->from + sizeof head, head.bytes);
    body[head.bytes] = '\0';
    b->from += sizeof head + head.bytes;
    *m = (struct wire_message){.head = head, .body = body};
    return 1;
}

/* Reads what is there now: 1 when there was something, 0, -1. */
static int read_some(struct link *link)
{
    struct bytes *b = &link->unread;
    if (link->in < 0 || link->ended)
        return 0;
    if (make_room(b, READ_BYTES) != 0)
        return -1;
    const ssize_t n = read(link->in, b->at + b->to, b->room - b->to);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
               ? 0 : -1;
    b->to += (size_t)n;
    link->ended = n == 0;
    return n > 0;
}

int link_receive(struct link *link, struct wire_message *m)
{
    for (;;) {
        int rc = take(link, m);
        if (rc != 0)
            return rc;
        rc = read_some(link);
        if (rc < 0)
            return -1;
        if (rc == 0)
            break;
    }
    if (!link->ended)
        return 0;
    errno = link->unread.from < link->unread.to ? EPROTO : 0;
    return -1;
}

size_t link_unsent(const struct link *link)
{
    return link->unsent.to - link->unsent.from;
}

int link_in(const struct link *link)
{
    return link->in;
}

int link_out(const struct link *link)
{
    return link->out;
}
