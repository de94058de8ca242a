/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes talk through the kernel: ipc_pipe pipe|socket */
#include "ipc.h"
#include <sys/socket.h>
#include <sys/wait.h>

static int in, out; /* file descriptors */

static void give(size_t size)
{
    for (size_t n = 0; n < size;) {
        ssize_t more = write(out, block + n, size - n);
        if (more <= 0)
            exit(1);
        n += (size_t)more;
    }
}

static void take(size_t size)
{
    for (size_t n = 0; n < size;) {
        ssize_t more = read(in, block + n, size - n);
        if (more <= 0)
            exit(1);
        n += (size_t)more;
    }
}

int main(int argc, char **argv)
{
    int is_socket = argc > 1 && strcmp(argv[1], "socket") == 0;
    int there[2], back[2]; /* a pipe has one direction: we need two of them */
    if (is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, there) != 0
                  : pipe(there) != 0 || pipe(back) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        in = there[0];
        out = is_socket ? there[0] : back[1];
        answer();
        _exit(0);
    }
    in = is_socket ? there[1] : back[0];
    out = there[1];
    ask(is_socket ? "processes: socket" : "processes: pipe");
    waitpid(child, NULL, 0);
}
