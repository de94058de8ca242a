/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt: see attempt.h.
 *
 * The pipes live as long as we do and we keep both ends, so a command costs
 * none. They have no end of file: that of the command is told by SIGCHLD. A
 * poll looks at its descriptors in order. The signal comes first: if it says
 * that the command is gone, then the pipes, which were looked at later, show
 * all that it has written; and a pipe that shows nothing need not be read. (One
 * that a program has made larger holds more than we read at once: a->rest.)
 */
#include "attempt.h"
#include "clock.h"
#include "orphan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LASTS_NS 10000000u  /* a while, for calls.lasts */
#define LOOK_NS 50000000u   /* so often we ask for wishes */
#define READ_BYTES 65536u   /* what a pipe holds */

enum { ON_SIGNAL, ON_STDOUT, ON_STDERR, ON_FEED, N_ON };

static int open_pipes(struct attempt *a, struct ff_error *err)
{
    for (int i = 0; i < 2; i++) {
        int end[2];
        if (pipe2(end, O_CLOEXEC) != 0)
            return ff_error_errno(err, FF_LOST, "cannot open pipes for "
                                  "commands");
        a->reader[i] = end[0];
        a->writer[i] = end[1];
        fcntl(end[0], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

static void close_pipes(struct attempt *a)
{
    for (int i = 0; i < 2; i++) {
        if (a->reader[i] >= 0)
            close(a->reader[i]);
        if (a->writer[i] >= 0)
            close(a->writer[i]);
        a->reader[i] = a->writer[i] = -1;
    }
}

int attempt_init(struct attempt *a, struct ff_error *err)
{
    sigset_t set;
    *a = (struct attempt){.reader = {-1, -1}, .writer = {-1, -1},
                          .ended = true};
    spawn_prepare();
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    a->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    sigaddset(&set, SIGPIPE);
    a->buffer = malloc(READ_BYTES);
    if (a->buffer != NULL && a->signals >= 0
        && sigprocmask(SIG_BLOCK, &set, NULL) == 0
        && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
        return open_pipes(a, err);
    return ff_error_errno(err, FF_LOST, "cannot run commands");
}

void attempt_release(struct attempt *a)
{
    close_pipes(a);
    if (a->signals >= 0)
        close(a->signals);
    free(a->buffer);
}

/* ---- its end ------------------------------------------------------------- */

static uint64_t time_ns(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

static void note_end(struct attempt *a, int status,
                     const struct rusage *usage)
{
    struct row *row = a->row;
    row->wall_ns = clock_ns() - a->started_ns;
    row->user_ns = time_ns(usage->ru_utime);
    row->system_ns = time_ns(usage->ru_stime);
    row->max_rss_kb = (uint64_t)usage->ru_maxrss;
    row->exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    row->signal = WIFSIGNALED(status) ? (uint32_t)WTERMSIG(status) : 0;
    row->end = a->cut == CUT_TIME ? ROW_TIMED_OUT
               : a->cut == CUT_MEMORY ? ROW_NO_MEMORY
               : a->cut == CUT_WISH ? ROW_CANCELLED
               : row->signal != 0 ? ROW_SIGNALLED
               : row->exit != 0 ? ROW_EXITED : ROW_WELL;
    a->ended = true;
}

static void reap(struct attempt *a)
{
    struct rusage usage;
    int status;
    pid_t pid;
    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0)
        if (pid == a->pid)
            note_end(a, status, &usage);
    a->left = pid == 0;
}

static void kill_group(struct attempt *a, int number)
{
    /* Not reaped: its number is its own, and that of its group. (Which it may
     * have left.) */
    if (a->ended)
        return;
    kill(-a->pid, number);
    if (getpgid(a->pid) != a->pid)
        kill(a->pid, number);
}

static void cut(struct attempt *a, enum attempt_cut why, uint64_t now)
{
    if (a->cut != CUT_NOT)
        return;
    a->cut = why;
    a->cut_ns = now;
    kill_group(a, SIGTERM);
    kill_group(a, SIGCONT); /* should it be stopped */
}

void attempt_tick(struct attempt *a)
{
    const uint64_t now = clock_ns();
    if (a->ended)
        return;
    const enum attempt_wish wish = a->calls.wish(a->calls.arg);
    if (a->timeout_ns > 0 && now - a->started_ns >= a->timeout_ns)
        cut(a, CUT_TIME, now);
    if (wish != WISH_NONE)
        cut(a, wish == WISH_MEMORY ? CUT_MEMORY : CUT_WISH, now);
    if (a->cut != CUT_NOT && !a->killed
        && (wish >= WISH_KILL || now - a->cut_ns >= a->kill_after_ns)) {
        a->killed = true;
        kill_group(a, SIGKILL);
    }
    if (a->cut != CUT_NOT) { /* we may have to wait for long in calls.take */
        reap(a);
        a->rest |= a->ended;
    }
}

/* ---- what it prints ------------------------------------------------------ */

/* One piece of it; true: there may be more. */
static bool read_some(struct attempt *a, int stream)
{
    const ssize_t n = read(a->reader[stream], a->buffer, READ_BYTES);
    if (n > 0)
        a->calls.take(a->calls.arg, stream, a->buffer, (size_t)n);
    return n == (ssize_t)READ_BYTES;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How long to wait at most. */
static int wait_ms(const struct attempt *a, uint64_t until)
{
    const uint64_t now = clock_ns();
    uint64_t at = earlier(now + LOOK_NS, until);
    if (!a->lasts && !a->ended)
        at = earlier(at, a->started_ns + LASTS_NS);
    if (a->ended)
        ; /* only what it left behind is waited for */
    else if (a->cut != CUT_NOT && !a->killed)
        at = earlier(at, a->cut_ns + a->kill_after_ns);
    else if (a->cut == CUT_NOT && a->timeout_ns > 0)
        at = earlier(at, a->started_ns + a->timeout_ns);
    return at <= now ? 0 : (int)((at - now + 999999) / 1000000);
}

/* Has the signal come of the end of the command? Then it had ended before we
 * looked at its pipes; else it may have written since. */
static bool tells_end(const struct attempt *a,
                      const struct signalfd_siginfo *info)
{
    return info->ssi_pid == (uint32_t)a->pid
           && (info->ssi_code == CLD_EXITED || info->ssi_code == CLD_KILLED
               || info->ssi_code == CLD_DUMPED);
}

/* Waits for something, and sees to all of it. */
static void look(struct attempt *a, uint64_t until)
{
    struct pollfd on[N_ON] = {
        [ON_SIGNAL] = {.fd = a->signals, .events = POLLIN},
        [ON_STDOUT] = {.fd = a->pipes ? a->reader[0] : -1, .events = POLLIN},
        [ON_STDERR] = {.fd = a->pipes ? a->reader[1] : -1, .events = POLLIN},
        [ON_FEED] = {.fd = a->feed->writer, .events = POLLOUT}};
    struct signalfd_siginfo info;
    const nfds_t n = a->feed->writer >= 0 ? N_ON : ON_FEED;
    const int ready = poll(on, n, wait_ms(a, until));
    if (ready > 0 && on[ON_SIGNAL].revents != 0) {
        const bool told = read(a->signals, &info, sizeof info) > 0
                          && tells_end(a, &info);
        reap(a);
        a->rest |= a->ended && !told;
    }
    for (int i = 0; i < 2 && ready > 0; i++)
        if (on[ON_STDOUT + i].revents != 0)
            a->rest |= read_some(a, i);
    if (ready > 0 && n == N_ON && on[ON_FEED].revents != 0)
        feed_push(a->feed);
}

static void look_after(struct attempt *a)
{
    uint64_t told = a->started_ns;
    while (!a->ended) {
        look(a, UINT64_MAX);
        const uint64_t now = clock_ns();
        if (a->ended)
            return;
        if (!a->lasts && now - a->started_ns >= LASTS_NS) {
            a->lasts = true;
            a->calls.lasts(a->calls.arg);
        }
        attempt_tick(a);
        if (now - told >= LOOK_NS) { /* should a signal have been missed */
            told = now;
            reap(a);
            a->rest |= a->ended;
        }
    }
}

/* Somebody is left whom we may not kill (it has become another user): what it
 * prints from now on is of no item. */
static void part_from_strays(struct attempt *a)
{
    struct ff_error err;
    if (!a->pipes)
        return;
    close_pipes(a);
    if (open_pipes(a, &err) != 0)
        _exit(1); /* the chunk is run again, by another worker */
}

/* What its children still do. */
static void end_strays(struct attempt *a)
{
    const uint64_t now = clock_ns();
    uint64_t until = now + a->drain_ns;
    a->rest = true;
    if (a->cut != CUT_NOT)
        until = a->killed ? now : a->cut_ns + a->kill_after_ns;
    while (a->left && clock_ns() < until
           && (a->cut != CUT_NOT ? a->calls.wish(a->calls.arg) != WISH_KILL
                                 : a->calls.wish(a->calls.arg) == WISH_NONE))
        look(a, until);
    if (a->left) {
        orphan_end_all(NULL);
        reap(a);
    }
}

/* No process of it is left; what is in the pipes is no more than they hold. */
static void read_rest(struct attempt *a)
{
    for (int i = 0; i < 2; i++)
        while (read_some(a, i))
            continue;
}

/* ---- an attempt ---------------------------------------------------------- */

static int64_t wall_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void begin(struct attempt *a, struct feed *feed, struct row *row)
{
    a->feed = feed;
    a->row = row;
    a->ended = a->left = a->rest = a->lasts = a->killed = false;
    a->cut = CUT_NOT;
    row->start_ns = wall_clock_ns();
    row->wall_ns = row->user_ns = row->system_ns = row->max_rss_kb = 0;
    row->signal = 0;
    a->started_ns = clock_ns();
}

void attempt_run(struct attempt *a, struct spawn *s, struct feed *feed,
                 struct row *row, struct ff_error *why)
{
    int status = 0;
    begin(a, feed, row);
    if (a->pipes) {
        s->out = a->writer[0];
        s->err = a->writer[1];
    }
    a->pid = spawn_start(s, &status, why);
    feed_started(feed);
    if (a->pid < 0) {
        a->ended = true;
        row->end = status == 127 ? ROW_NOT_FOUND : ROW_NOT_RUN;
        row->exit = status;
        feed_close(feed);
        return;
    }
    a->calls.started(a->calls.arg);
    look_after(a);
    if (a->left)
        end_strays(a);
    if (a->pipes && a->rest)
        read_rest(a);
    if (a->left)
        part_from_strays(a);
    feed_close(feed);
    row->sent = feed->sent;
}
