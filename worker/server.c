/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fork server and guardian.
 *
 * It forks the workers that the launcher asks for and reports their deaths.
 * It stays single-threaded and runs no user code. It is a child subreaper in
 * a session of its own: a terminal's Ctrl-C does not reach it, and whatever a
 * kernel leaves behind becomes its child. When the launcher's end of the
 * socket closes, for whatever reason, it kills all that is below it, reaps
 * until nobody is left, and ends. Should it die first, its workers get a
 * SIGKILL from the kernel (parent-death signal).
 */
#include "server.h"
#include "channel.h"
#include "orphan.h"
#include "owned.h"
#include "worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    uint32_t rank, generation;
};

struct server {
    int signals; /* signalfd for SIGCHLD */
    pid_t pid;
    int job;     /* job_shm of the workers, or -1: none was started yet */
    bool strays; /* somebody ended whose children may be ours now */
    struct child *child;
    size_t n, room;
    char scratch[4096]; /* directory of the last command, "" none; the launcher
                           removes it, unless it dies before */
};

static void send_or_end(const struct message *m)
{
    /* A launcher that is gone is noticed by the next poll. */
    channel_send(SERVER_SOCKET, m, NULL, 0, NULL, 0);
}

static bool is_child(pid_t pid, void *arg)
{
    const struct server *s = arg;
    for (size_t i = 0; i < s->n; i++)
        if (s->child[i].pid == pid)
            return true;
    return false;
}

/* ---- starting ------------------------------------------------------------ */

static void bear(int number)
{
    (void)number;
}

/* What every child does first: default signals, an end with the server's. */
static void begin_child(const struct server *s)
{
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != s->pid)
        _exit(0);
    setpgid(0, 0); /* a kernel's kill(0, ...) hits only itself */
    close(s->signals);
    if (s->job >= 0)
        close(s->job);
    close(SERVER_SOCKET);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGUSR1, bear); /* nor ignored, which what it starts would inherit */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void *map_or_exit(int fd, enum shm_access access)
{
    struct shm shm;
    struct ff_error err;
    if (shm_open_fd(&shm, fd, access, &err) != 0) {
        fprintf(stderr, "fanfold-worker: %s\n", err.text);
        _exit(1);
    }
    return shm.at;
}

_Noreturn static void child_main(const struct server *s,
                                 const struct message *m, const int *fds)
{
    struct worker_start start = {
        .rank = m->rank, .generation = m->generation,
        .deals = m->deals, .combines = m->combines,
        .solo_chunk = m->solo_chunk, .diagnose_begin = m->diagnose_begin,
        .diagnose_end = m->diagnose_end, .event = SERVER_EVENT};
    char name[16];

    begin_child(s);
    dup2(fds[3], STDOUT_FILENO);
    dup2(fds[4], STDERR_FILENO);
    close(fds[3]);
    close(fds[4]);
    start.job = map_or_exit(fds[0], SHM_READ_ONLY);
    snprintf(name, sizeof name, "fanfold-w%u",
             job_rank(start.job, m->rank));
    prctl(PR_SET_NAME, name);
    start.node = map_or_exit(fds[1], SHM_SHARED);
    start.shm = map_or_exit(fds[2], SHM_SHARED);
    worker_main(&start);
}

_Noreturn static void command_main(const struct server *s, char *text,
                                   size_t n_text, int output)
{
    char *argv[1024];
    size_t n = 0;
    for (char *p = text; p < text + n_text && n < 1023; p += strlen(p) + 1)
        argv[n++] = p;
    argv[n] = NULL;
    begin_child(s);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    close(SERVER_EVENT);
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static int remember(struct server *s, pid_t pid, const struct message *m)
{
    if (s->n == s->room) {
        const size_t room = s->room > 0 ? 2 * s->room : 16;
        struct child *more = realloc(s->child, room * sizeof *more);
        if (more == NULL)
            return -1;
        s->child = more;
        s->room = room;
    }
    s->child[s->n++] = (struct child){pid, m->rank, m->generation};
    return 0;
}

/* Remembers the new child, or reports why there is none. Success is not
 * reported: two that send to each other and do not read could block. */
static void started(struct server *s, struct message m, pid_t pid)
{
    m.kind = MESSAGE_UNSPAWNED;
    m.status = pid < 0 ? errno : 0;
    if (pid > 0 && remember(s, pid, &m) != 0) {
        kill(pid, SIGKILL);
        m.status = ENOMEM;
    }
    if (m.status != 0)
        send_or_end(&m);
}

/* A run may be over before all its workers were started. */
static bool is_over(const struct server *s)
{
    uint32_t phase;
    return pread(s->job, &phase, sizeof phase, offsetof(struct job_shm, phase))
               == (ssize_t)sizeof phase
           && phase == PHASE_QUIT;
}

static void on_spawn(struct server *s, const struct message *m,
                     const int *fds)
{
    if (s->job < 0)
        s->job = fcntl(fds[0], F_DUPFD_CLOEXEC, 10);
    if (is_over(s)) {
        struct message exited = *m;
        exited.kind = MESSAGE_EXITED;
        send_or_end(&exited);
        return;
    }
    const pid_t pid = fork();
    if (pid == 0)
        child_main(s, m, fds);
    started(s, *m, pid);
}

/* text: the scratch directory, then the arguments. */
static void on_command(struct server *s, const struct message *m, int output,
                       char *text, size_t n_text)
{
    const size_t n_scratch = strlen(text) + 1;
    if (n_scratch <= sizeof s->scratch)
        memcpy(s->scratch, text, n_scratch);
    const pid_t pid = fork();
    if (pid == 0)
        command_main(s, text + n_scratch, n_text - n_scratch, output);
    started(s, *m, pid);
}

static void on_kill(const struct server *s, const struct message *m,
                    int number)
{
    /* A child in the list is not reaped yet: its number is its own. */
    for (size_t i = 0; i < s->n; i++)
        if (s->child[i].rank == m->rank
            && s->child[i].generation == m->generation)
            kill(s->child[i].pid, number);
}

/* False at the end of the launcher. */
static bool on_message(struct server *s)
{
    static char text[CHANNEL_MAX_TEXT + 1];
    size_t n_text = CHANNEL_MAX_TEXT;
    struct message m;
    int fds[CHANNEL_MAX_FDS];
    const int rc = channel_receive(SERVER_SOCKET, &m, fds, text, &n_text);
    if (rc <= 0)
        return rc < 0 && errno == EAGAIN;
    text[n_text] = '\0';
    if (m.kind == MESSAGE_SPAWN)
        on_spawn(s, &m, fds);
    else if (m.kind == MESSAGE_COMMAND)
        on_command(s, &m, fds[0], text, n_text);
    else if (m.kind == MESSAGE_KILL)
        on_kill(s, &m, SIGKILL);
    else if (m.kind == MESSAGE_STACKS)
        on_kill(s, &m, SIGQUIT);
    for (int i = 0; i < CHANNEL_MAX_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return true;
}

/* ---- ending -------------------------------------------------------------- */

static uint64_t time_ns(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

static void report(struct server *s, size_t i, int status,
                   const struct rusage *usage)
{
    struct message m = {
        .kind = WIFSTOPPED(status) ? MESSAGE_STOPPED
                : WIFCONTINUED(status) ? MESSAGE_CONTINUED : MESSAGE_EXITED,
        .rank = s->child[i].rank, .generation = s->child[i].generation,
        .pid = s->child[i].pid, .status = status,
        .cpu_ns = time_ns(usage->ru_utime) + time_ns(usage->ru_stime),
        .max_rss_kb = (uint64_t)usage->ru_maxrss};
    if (m.kind == MESSAGE_EXITED) {
        s->child[i] = s->child[--s->n];
        s->strays |= !is_over(s);
    }
    send_or_end(&m);
}

static void found(struct server *s, pid_t pid, int status,
                  const struct rusage *usage)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->child[i].pid == pid) {
            report(s, i, status, usage);
            return;
        }
    s->strays = true;
}

static void reap(struct server *s)
{
    struct rusage usage;
    int status;
    pid_t pid;
    while ((pid = wait4(-1, &status, WNOHANG | WUNTRACED | WCONTINUED,
                        &usage)) > 0)
        found(s, pid, status, &usage);
    /* What an unexpected death left behind is ours now, one generation after
     * the other. At the end of the run everything goes. */
    if (s->strays) {
        s->strays = false;
        orphan_kill(is_child, s);
    }
}

static void remove_scratch(const struct server *s)
{
    DIR *dir = s->scratch[0] != '\0' ? opendir(s->scratch) : NULL;
    const struct dirent *entry;
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(s->scratch);
}

static int prepare(struct server *s)
{
    sigset_t set;
    int type;
    socklen_t length = sizeof type;
    if (getsockopt(SERVER_SOCKET, SOL_SOCKET, SO_TYPE, &type, &length) != 0)
        return -1;
    fcntl(SERVER_SOCKET, F_SETFD, FD_CLOEXEC);
    fcntl(SERVER_EVENT, F_SETFD, FD_CLOEXEC);
    if (setsid() < 0 && errno != EPERM)
        return -1;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return -1;
    prctl(PR_SET_NAME, "fanfold-server");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN); /* batch systems send it to all of a job */
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    s->pid = getpid();
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals < 0 ? -1 : 0;
}

int server_main(void)
{
    struct server s = {.signals = -1, .job = -1};
    struct signalfd_siginfo info;
    if (prepare(&s) != 0) {
        fprintf(stderr, "fanfold-worker: cannot start the fork server: %s\n",
                strerror(errno));
        return 1;
    }
    struct pollfd on[2] = {{.fd = SERVER_SOCKET, .events = POLLIN},
                           {.fd = s.signals, .events = POLLIN}};
    for (;;) {
        if (poll(on, 2, -1) < 0 && errno != EINTR)
            break;
        if (on[1].revents != 0)
            while (read(s.signals, &info, sizeof info) > 0)
                continue;
        reap(&s);
        if (on[0].revents != 0 && !on_message(&s))
            break;
    }
    orphan_end_all(NULL);
    remove_scratch(&s);
    free(s.child);
    return 0;
}
