/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of a lab: see lab_process.h. Both of its streams are read while it
 * runs, so that it never waits for us; when it has ended all that it left
 * behind is killed, and what is still in the pipes is read.
 */
#include "lab_process.h"
#include "clock.h"
#include "orphan.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUT, ERR, WAKE, ENDED, N_FDS };

struct running {
    pid_t pid;
    int fd[N_FDS]; /* -1: closed */
    struct lab_process *p;
};

/* ---- the child ----------------------------------------------------------- */

_Noreturn static void fail_child(int report)
{
    const int cause = errno;
    if (write(report, &cause, sizeof cause) < 0) {
        /* Then the status tells. */
    }
    _exit(127);
}

/* In a process group of its own, so that Ctrl-C is ours alone. */
_Noreturn static void be_child(char *const *argv, const char *dir, int out,
                               int err, int report, pid_t parent)
{
    const int null = open("/dev/null", O_RDONLY);
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || null < 0
        || chdir(dir) != 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0
        || dup2(err, 2) < 0)
        fail_child(report);
    if (getppid() != parent)
        _exit(127);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    fail_child(report);
}

/* Its pid, when it became the program; -1 with errno. */
static pid_t start(char *const *argv, const char *dir, int out, int err)
{
    int report[2], cause = 0;
    const pid_t self = getpid();
    if (pipe2(report, O_CLOEXEC) != 0)
        return -1;
    const pid_t pid = fork();
    if (pid == 0)
        be_child(argv, dir, out, err, report[1], self);
    close(report[1]);
    const ssize_t n = pid > 0 ? read(report[0], &cause, sizeof cause) : 0;
    close(report[0]);
    if (pid > 0 && n == (ssize_t)sizeof cause) {
        waitpid(pid, NULL, 0);
        errno = cause;
        return -1;
    }
    return pid;
}

/* ---- what it prints ------------------------------------------------------ */

/* False at the end. */
static bool take(struct running *r, int which)
{
    char bytes[65536];
    struct text *text = which == OUT ? &r->p->out : &r->p->err;
    const ssize_t n = read(r->fd[which], bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0) {
        close(r->fd[which]);
        r->fd[which] = -1;
        return false;
    }
    const size_t room = LAB_MAX_OUTPUT - text->n;
    r->p->cut |= (size_t)n > room;
    if (text_append(text, bytes, (size_t)n < room ? (size_t)n : room) != 0)
        r->p->cut = true;
    return true;
}

/* What is in the pipes now that nobody writes any more; somebody may, whom we
 * could not end. */
static void drain(struct running *r)
{
    for (int which = OUT; which <= ERR; which++) {
        struct pollfd fd = {.fd = r->fd[which], .events = POLLIN};
        while (r->fd[which] >= 0 && poll(&fd, 1, 0) > 0 && take(r, which))
            ;
    }
}

static void make_plain(struct text *text)
{
    uint32_t c;
    for (size_t i = 0, n; i < text->n; i += n) {
        n = utf8_first(text->at + i, text->n - i, &c);
        if (n == 0 || (c < 0x20 && c != '\n' && c != '\t')
            || (c >= 0x7f && c < 0xa0)) {
            memset(text->at + i, '?', n > 0 ? n : 1);
            n = n > 0 ? n : 1;
        }
    }
}

const char *lab_process_tail(const struct text *text, size_t n)
{
    if (text->n == 0)
        return "";
    size_t from = text->n > n ? text->n - n : 0;
    while (from > 0 && from < text->n && text->at[from - 1] != '\n')
        from++;
    return from < text->n ? text->at + from : text->at + (text->n - n);
}

/* ---- until it ends ------------------------------------------------------- */

static int left_ms(uint64_t end_ns)
{
    const uint64_t now = clock_ns();
    const uint64_t ms = now >= end_ns ? 0 : (end_ns - now) / 1000000 + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Until it ended, its time is up, or somebody wants us to end. */
static int watch(struct running *r, uint64_t end_ns, struct ff_error *err)
{
    for (;;) {
        struct pollfd fd[N_FDS];
        for (int i = 0; i < N_FDS; i++)
            fd[i] = (struct pollfd){.fd = r->fd[i], .events = POLLIN};
        const int ms = left_ms(end_ns);
        const int n = poll(fd, N_FDS, ms);
        if (n < 0 && errno != EINTR)
            return ff_error_errno(err, FF_LOST, "cannot wait for a command");
        if (n > 0 && fd[WAKE].revents != 0)
            return ff_error_set(err, FF_INTERRUPTED, "interrupted");
        for (int i = OUT; n > 0 && i <= ERR; i++)
            if (fd[i].revents != 0)
                take(r, i);
        if (n > 0 && fd[ENDED].revents != 0)
            return 0;
        if (ms == 0) {
            r->p->timed_out = true;
            return 0;
        }
    }
}

static void reap(struct running *r, uint64_t started_ns)
{
    struct rusage usage = {.ru_maxrss = 0};
    int status = 0;
    while (wait4(r->pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    r->p->wall_s = (double)(clock_ns() - started_ns) * 1e-9;
    r->p->cpu_s = (double)usage.ru_utime.tv_sec
                  + (double)usage.ru_stime.tv_sec
                  + 1e-6 * (double)(usage.ru_utime.tv_usec
                                    + usage.ru_stime.tv_usec);
    r->p->maxrss_kib = (double)usage.ru_maxrss;
    r->p->status = r->p->timed_out ? LAB_TIMED_OUT
                   : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                         : WEXITSTATUS(status);
}

static int run(struct running *r, uint64_t started_ns, uint64_t end_ns,
               struct ff_error *err)
{
    r->fd[ENDED] = pidfd_open(r->pid, 0);
    int rc = r->fd[ENDED] < 0 ? ff_error_errno(err, FF_LOST, "cannot watch a "
                                               "command")
                              : watch(r, end_ns, err);
    if (rc != 0 || r->p->timed_out)
        kill(r->pid, SIGKILL);
    reap(r, started_ns);
    orphan_end_all(NULL);
    drain(r);
    make_plain(&r->p->out);
    make_plain(&r->p->err);
    return rc;
}

int lab_process_run(char *const *argv, const char *dir, uint64_t end_ns,
                    int wake_fd, struct lab_process *p, struct ff_error *err)
{
    int out[2] = {-1, -1}, error[2] = {-1, -1};
    struct running r = {.p = p, .fd = {-1, -1, wake_fd, -1}};
    int rc = -1;
    *p = (struct lab_process){.status = 0};
    const bool piped = pipe2(out, O_CLOEXEC) == 0
                       && pipe2(error, O_CLOEXEC) == 0;
    const uint64_t started_ns = clock_ns();
    r.pid = piped ? start(argv, dir, out[1], error[1]) : -1;
    if (r.pid < 0)
        ff_error_errno(err, FF_USAGE, "cannot run '%s'", argv[0]);
    close(out[1]);
    close(error[1]);
    r.fd[OUT] = out[0];
    r.fd[ERR] = error[0];
    if (r.pid >= 0)
        rc = run(&r, started_ns, end_ns, err);
    for (int i = 0; i < N_FDS; i++)
        if (i != WAKE && r.fd[i] >= 0)
            close(r.fd[i]);
    return rc;
}

void lab_process_release(struct lab_process *p)
{
    text_release(&p->out);
    text_release(&p->err);
}
