/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with descriptors: see channel.h. */
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(CHANNEL_MAX_FDS * sizeof(int))];
};

int channel_send(int fd, const struct message *message, const int *fds,
                 int n_fds, const void *text, size_t n_text)
{
    struct iovec part[2] = {{(void *)(uintptr_t)message, sizeof *message},
                            {(void *)(uintptr_t)text, n_text}};
    struct msghdr h = {.msg_iov = part, .msg_iovlen = n_text > 0 ? 2 : 1};
    union control control;
    ssize_t n;

    if (n_fds > 0) {
        const size_t bytes = (size_t)n_fds * sizeof(int);
        memset(&control, 0, sizeof control);
        h.msg_control = control.bytes;
        h.msg_controllen = CMSG_SPACE(bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&h);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(bytes);
        memcpy(CMSG_DATA(c), fds, bytes);
    }
    do
        n = sendmsg(fd, &h, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

static void take_fds(struct msghdr *h, int *fds)
{
    for (int i = 0; i < CHANNEL_MAX_FDS; i++)
        fds[i] = -1;
    const struct cmsghdr *c = CMSG_FIRSTHDR(h);
    if (c != NULL && c->cmsg_level == SOL_SOCKET
        && c->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
}

int channel_receive(int fd, struct message *message, int *fds, void *text,
                    size_t *n_text)
{
    struct iovec part[2] = {{message, sizeof *message},
                            {text, text != NULL ? *n_text : 0}};
    union control control;
    struct msghdr h = {.msg_iov = part, .msg_iovlen = text != NULL ? 2 : 1,
                       .msg_control = fds != NULL ? control.bytes : NULL,
                       .msg_controllen = fds != NULL ? sizeof control : 0};
    ssize_t n;
    do
        n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return (int)n;
    if (fds != NULL)
        take_fds(&h, fds);
    if ((size_t)n < sizeof *message) {
        errno = EBADMSG;
        return -1;
    }
    if (n_text != NULL)
        *n_text = (size_t)n - sizeof *message;
    return 1;
}
