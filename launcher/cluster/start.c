/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes below us: see start.h. Starts them, listens to what they print, ends
 * them. All processes of a start have its mark in their environment; so what
 * lost its parent, which makes it a child of ours (a subreaper's), is known.
 */
#include "start.h"
#include "launch.h"
#include "orphan.h"
#include "paths.h"
#include "rank_env.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_SAID 65536 /* bytes that are kept */
#define END_ROUNDS 2000
#define LET_GO_NS UINT64_C(10000000000)

/* ---- a child ------------------------------------------------------------- */

/* What the child gets: -1 stays as it is. */
struct child {
    char *const *argv;
    int in, out, err;
    int keep;            /* stays open behind exec */
    int death;           /* the signal that it gets when we die */
    bool session;        /* of its own: no terminal */
};

/* In the child. Whatever else is inherited stays open: PMI's descriptor.
 *
 * Who ends a batch job sends SIGTERM to all of its processes at once. mpirun
 * would then tear the nodes down before they could tell the root what they have
 * done: it does not get that signal (it undoes this in what it starts), and is
 * ended by SIGINT, which means the same to it. */
_Noreturn static void become(const struct child *c, pid_t parent)
{
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    if (c->death == SIGINT)
        sigaddset(&none, SIGTERM);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (c->session)
        setsid();
    else
        setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, c->death);
    if (getppid() != parent)
        _exit(127);
    const int streams[] = {c->in, c->out, c->err};
    for (int i = 0; i < 3; i++)
        if (streams[i] >= 0)
            dup2(streams[i], i);
    if (c->keep >= 0)
        fcntl(c->keep, F_SETFD, 0);
    execv(c->argv[0], c->argv);
    fprintf(stderr, "cannot start '%s': %s\n", c->argv[0], strerror(errno));
    _exit(127);
}

static int spawn(struct start *start, const struct child *child)
{
    const pid_t self = getpid();
    fflush(NULL);
    setenv(RANK_ENV_MARK, start->mark, 1);
    const pid_t pid = fork();
    if (pid == 0)
        become(child, self);
    unsetenv(RANK_ENV_MARK);
    if (pid < 0)
        return -1;
    start->pid = start->was = pid;
    start->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    return start->pidfd < 0 ? -1 : 0;
}

static void set_up(struct start *start)
{
    static const struct start none = START_NONE;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *start = none;
    start->parent = getppid();
    snprintf(start->mark, sizeof start->mark, "%d.%lld.%ld", (int)getpid(),
             (long long)now.tv_sec, now.tv_nsec);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pair(int fds[2])
{
    close_fd(&fds[0]);
    close_fd(&fds[1]);
}

/* The pipe of what they print: [1] is theirs. */
static int open_errors(int fds[2])
{
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    return fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

/* ---- our own node -------------------------------------------------------- */

static int run_own_node(struct start *start, const char *path, int pair[2],
                        int errors[2])
{
    char option[32];
    char *argv[] = {(char *)(uintptr_t)path, option, NULL};
    const struct child child = {
        .argv = argv, .in = -1, .out = errors[1], .err = errors[1],
        .keep = pair[1], .death = SIGKILL};
    snprintf(option, sizeof option, "--stream=%d", pair[1]);
    start->errors = errors[0];
    errors[0] = -1;
    start->link = link_create(pair[0], pair[0]);
    if (start->link == NULL)
        return -1;
    pair[0] = -1;
    return spawn(start, &child);
}

int start_own_node(struct start *start, const struct job *job,
                   const struct parallel *parallel, struct ff_error *err)
{
    char path[PATHS_MAX];
    int pair[2] = {-1, -1}, errors[2] = {-1, -1};
    (void)job;
    set_up(start);
    if (paths_node(path, parallel->starter == STARTED_PMI, err) != 0)
        return -1;
    int rc = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    if (rc == 0)
        rc = open_errors(errors);
    if (rc == 0)
        rc = run_own_node(start, path, pair, errors);
    if (rc != 0)
        ff_error_errno(err, FF_LOST, "cannot start '%s'", path);
    snprintf(start->program, sizeof start->program, "%s",
             parallel_name(parallel));
    close_pair(pair);
    close_pair(errors);
    if (rc != 0)
        start_end(start, 0);
    return rc;
}

int start_become_node(const struct parallel *parallel, struct ff_error *err)
{
    char path[PATHS_MAX];
    char *argv[] = {path, NULL};
    if (paths_node(path, parallel->starter == STARTED_PMI, err) != 0)
        return -1;
    execv(path, argv);
    return ff_error_errno(err, FF_LOST, "cannot start '%s'", path);
}

static bool is_over(struct start *start, int timeout_ms)
{
    struct pollfd on[2] = {{.fd = start->pidfd, .events = POLLIN},
                           {.fd = start->errors, .events = POLLIN}};
    struct wire_message m;
    int status;
    while (link_receive(start->link, &m) == 1)
        wire_message_release(&m);
    if (poll(on, 2, timeout_ms) > 0 && on[1].revents != 0)
        start_read_errors(start, false);
    return start_has_ended(start, &status);
}

void start_let_go(const struct job *job, const struct parallel *parallel)
{
    struct start start;
    struct ff_error err;
    struct timespec begin, now;
    if (start_own_node(&start, job, parallel, &err) != 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    link_send(start.link, WIRE_QUIT, WIRE_ALL, NULL, 0);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while (!is_over(&start, 20)
           && (uint64_t)(now.tv_sec - begin.tv_sec) < LET_GO_NS / 1000000000);
    start_end(&start, 0);
    start_release(&start);
}

/* ---- mpirun -------------------------------------------------------------- */

static int run_launcher(struct start *start, const struct launch *launch,
                        int in[2], int out[2], int errors[2])
{
    const struct child child = {.argv = launch->argv, .in = in[0],
                                .out = out[1], .err = errors[1],
                                .keep = launch->hosts,
                                .death = start->end_by, .session = true};
    start->errors = errors[0];
    errors[0] = -1;
    start->link = link_create(out[0], in[1]);
    if (start->link == NULL)
        return -1;
    out[0] = in[1] = -1;
    return spawn(start, &child);
}

static void note_hosts(struct start *start, const struct nodes *nodes)
{
    const size_t room = sizeof start->hosts - sizeof ", ...";
    size_t n = 0;
    for (size_t i = 0; i < nodes->n; i++) {
        const char *host = nodes->node[i].host;
        if (n + strlen(host) + 2 > room) {
            strcpy(start->hosts + n, ", ...");
            return;
        }
        n += (size_t)sprintf(start->hosts + n, "%s%s", i > 0 ? ", " : "", host);
    }
}

int start_nodes(struct start *start, const struct nodes *nodes,
                const struct job *job, struct ff_error *err)
{
    struct launch launch;
    int in[2] = {-1, -1}, out[2] = {-1, -1}, errors[2] = {-1, -1};
    set_up(start);
    start->ours = true;
    note_hosts(start, nodes);
    if (launch_make(&launch, nodes, job, err) != 0) {
        start_end(start, 0);
        return -1;
    }
    snprintf(start->program, sizeof start->program, "%s", launch.argv[0]);
    start->end_by = launch_kind(launch.argv[0]) == LAUNCHER_MPIRUN
                    ? SIGINT : SIGTERM;
    int rc = pipe2(in, O_CLOEXEC);
    if (rc == 0)
        rc = pipe2(out, O_CLOEXEC);
    if (rc == 0)
        rc = open_errors(errors);
    if (rc == 0)
        rc = run_launcher(start, &launch, in, out, errors);
    if (rc != 0)
        ff_error_errno(err, FF_LOST, "cannot start '%s'", launch.argv[0]);
    close_pair(in);
    close_pair(out);
    close_pair(errors);
    launch_release(&launch);
    if (rc != 0)
        start_end(start, 0);
    return rc;
}

/* ---- while it runs ------------------------------------------------------- */

/* Only the end is kept: that is where the cause is most often told. */
static void keep(struct start *start, const char *text, size_t n)
{
    if (start->n_said + n > MOST_SAID) {
        const size_t drop = start->n_said + n - MOST_SAID;
        memmove(start->said, start->said + drop, start->n_said - drop);
        start->n_said -= drop;
    }
    char *more = realloc(start->said, start->n_said + n + 1);
    if (more == NULL)
        return;
    memcpy(more + start->n_said, text, n);
    start->said = more;
    start->n_said += n;
    more[start->n_said] = '\0';
}

void start_read_errors(struct start *start, bool show)
{
    char text[4096];
    ssize_t n = -1;
    while (start->errors >= 0
           && (n = read(start->errors, text, sizeof text)) > 0) {
        keep(start, text, (size_t)n);
        if (show)
            fwrite(text, 1, (size_t)n, stderr);
    }
    if (n == 0)
        close_fd(&start->errors);
}

static void forget(struct start *start)
{
    start->pid = 0;
    close_fd(&start->pidfd);
}

bool start_has_ended(struct start *start, int *status)
{
    if (start->pid == 0 || waitpid(start->pid, status, WNOHANG) == 0)
        return false;
    forget(start);
    return true;
}

/* ---- the end ------------------------------------------------------------- */

/* Is it none of this start? Its environment, as it was when it was executed,
 * says. */
static bool is_stranger(pid_t pid, void *arg)
{
    const struct start *start = arg;
    char path[64], word[80], *text = NULL;
    size_t room = 0, n = 0;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    snprintf(word, sizeof word, RANK_ENV_MARK "=%s", start->mark);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && getdelim(&text, &room, '\0', file) > 0
           && n++ < 100000)
        found = strcmp(text, word) == 0;
    if (file != NULL)
        fclose(file);
    free(text);
    return !found;
}

static void end_child(struct start *start, uint64_t grace_ns)
{
    struct pollfd on = {.fd = start->pidfd, .events = POLLIN};
    const int grace_ms = (int)(grace_ns / 1000000);
    if (start->pid == 0)
        return;
    kill(start->pid, start->end_by);
    kill(start->pid, SIGCONT);
    while (poll(&on, 1, grace_ms) < 0 && errno == EINTR)
        continue;
    if (on.revents == 0)
        kill(start->pid, SIGKILL);
    while (waitpid(start->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    forget(start);
}

/* Who loses its parent in one round is ours in the next. */
static void end_orphans(struct start *start)
{
    for (int i = 0; i < END_ROUNDS; i++) {
        if (orphan_kill(is_stranger, start) == 0)
            return;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
}

void start_end(struct start *start, uint64_t grace_ns)
{
    link_destroy(start->link);
    start->link = NULL;
    end_child(start, grace_ns);
    if (start->mark[0] != '\0')
        end_orphans(start);
    start_read_errors(start, false);
    close_fd(&start->errors);
    if (start->ours && start->was != 0)
        start_clean_mpirun(start->was);
    if (start->parent != 0 && !start->ours && getppid() != start->parent)
        start_clean_rank();
    start->mark[0] = '\0';
    start->was = start->parent = 0;
}

void start_release(struct start *start)
{
    free(start->said);
    start->said = NULL;
    start->n_said = 0;
}
