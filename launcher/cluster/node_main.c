/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanfold-mpi: a node of a cluster (wire.h). Started by fanfold, never by
 * people; start.h says how it is told where its stream to the root is.
 *
 * The order matters. The fork server comes first, so that nothing that MPI
 * opens, and no variable that it is given, is ever inherited by a worker or a
 * compiler. What MPI and others print must not get into the stream: with --stdio
 * that is moved away from the standard streams before anything else is started.
 */
#include "carrier.h"
#include "clock.h"
#include "complain.h"
#include "crew.h"
#include "launch.h"
#include "member.h"
#include "parallel.h"
#include "streams.h"
#include "trust.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define END_NS UINT64_C(10000000000) /* for the others to end as well */

/* Numbers below that are the fork server's (crew.c). */
#define FIRST_FD 10

/* ---- the stream ---------------------------------------------------------- */

/* srun gives a terminal: it is to pass all bytes as they are. */
static void make_raw(int fd)
{
    struct termios t;
    if (tcgetattr(fd, &t) != 0)
        return;
    cfmakeraw(&t);
    tcsetattr(fd, TCSANOW, &t);
}

/* Standard input and output are ours alone: nobody else finds them. */
static struct link *move_streams(void)
{
    const int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FIRST_FD);
    const int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, FIRST_FD);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in < 0 || out < 0 || null < 0
        || dup2(null, STDIN_FILENO) < 0
        || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return NULL;
    close(null);
    make_raw(out);
    return link_create(in, out);
}

/* 0 with *stream, which is NULL for a rank without one; -1. */
static int open_stream(int argc, char **argv, struct link **stream,
                       struct ff_error *err)
{
    static const char option[] = "--stream=";
    const size_t n = sizeof option - 1;
    *stream = NULL;
    if (argc == 1)
        return 0;
    if (argc == 2 && strcmp(argv[1], "--stdio") == 0)
        *stream = move_streams();
    else if (argc == 2 && strncmp(argv[1], option, n) == 0) {
        const int fd = atoi(argv[1] + n);
        *stream = fcntl(fd, F_GETFD) < 0 ? NULL : link_create(fd, fd);
    } else
        return ff_error_set(err, FF_USAGE, "fanfold-mpi is started by fanfold: "
                            "say 'mpirun fanfold run ...'");
    return *stream != NULL ? 0
           : ff_error_errno(err, FF_LOST, "cannot reach the root of the run");
}

/* ---- descriptors of MPI -------------------------------------------------- */

/* None is for a program that a library executes (the fork server closes what
 * it is not given anyway). And PMIx, by which MPI_Finalize speaks with mpirun,
 * writes several short messages in a row: without TCP_NODELAY the last one
 * waits 40 ms for the other end's delayed acknowledgement. Those opened later
 * (connections to other nodes) are as MPI makes them. */
static void tend_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    const int on = 1;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const int fd = atoi(entry->d_name);
        if (fd <= STDERR_FILENO)
            continue;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (dir != NULL)
        closedir(dir);
}

/* ---- the start ----------------------------------------------------------- */

/* There is nobody else to tell it. A rank without a stream is quiet: the one
 * with it has the same error, and is not to be ended before it has told. */
static int fail_alone(struct link *stream, const struct ff_error *err)
{
    if (stream == NULL)
        return 0;
    link_send(stream, WIRE_ERROR, 0, err, sizeof *err);
    link_destroy(stream);
    return err->status;
}

static int fail(struct carrier *carrier, const struct ff_error *err)
{
    carrier_send(carrier, WIRE_ERROR, err, sizeof *err);
    carrier_end(carrier, END_NS);
    return err->status;
}

static int be_node(struct link *stream, const char *argv0, uint64_t started_ns)
{
    struct crew crew = {.socket = -1, .kernel_stdout = stdout,
                        .job.fd = -1, .node.fd = -1};
    struct ff_error server_err, err;
    const int rc = crew_start_server(&crew, &server_err);
    struct parallel parallel;
    parallel_read(&parallel);
    launch_environment(&parallel);
    struct carrier *carrier = carrier_create(stream, &err);
    if (carrier == NULL) {
        crew_end(&crew);
        crew_release(&crew);
        return fail_alone(stream, &err);
    }
    tend_descriptors();
    int status;
    if (rc == 0) {
        status = member_main(carrier, &crew, argv0, started_ns);
        carrier_end(carrier, END_NS);
    } else {
        status = fail(carrier, &server_err);
    }
    crew_end(&crew);
    crew_release(&crew);
    return status;
}

int main(int argc, char **argv)
{
    const uint64_t started_ns = clock_ns();
    struct link *stream;
    struct ff_error err;
    streams_open();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGUSR1, SIG_IGN); /* the root's to decide on, as is Ctrl-C */
    if (trust_start(&err) != 0 || open_stream(argc, argv, &stream, &err) != 0)
        return complain(&err);
    return be_node(stream, argv[0], started_ns);
}
