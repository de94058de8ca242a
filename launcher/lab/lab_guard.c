/* SPDX-License-Identifier: Apache-2.0 */
/* The guard of a lab: see lab_guard.h. It blocks the signals and takes them one
 * by one: Ctrl-C of a terminal has reached the other process as well, all that
 * comes from a process is passed on, and so is the end of the terminal, which
 * only the first process of a session is told. (By Ctrl-\ the other one just
 * dies.) */
#include "lab_guard.h"
#include "orphan.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int kind,
                      struct FTW *at)
{
    (void)st;
    (void)at;
    if (kind == FTW_DNR)
        chmod(path, 0700);
    remove(path);
    return 0;
}

static void remove_folder(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int make_folder(char out[PATH_MAX], struct ff_error *err)
{
    const char *tmp = getenv("TMPDIR");
    if (tmp == NULL || tmp[0] != '/'
        || snprintf(out, PATH_MAX, "%s/fanfold-lab-XXXXXX", tmp) > 200)
        strcpy(out, "/tmp/fanfold-lab-XXXXXX");
    if (mkdtemp(out) == NULL)
        return ff_error_errno(err, FF_LOST, "cannot make a folder '%s'", out);
    return 0;
}

/* The worker: it also ends when its guard does. */
_Noreturn static void be_worker(int (*work)(const char *, int, void *),
                                void *arg, const char *folder,
                                const sigset_t *mask, pid_t guard)
{
    const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    signals_watch(wake);
    sigprocmask(SIG_SETMASK, mask, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const int status = getppid() == guard ? work(folder, wake, arg)
                                          : FF_LOST;
    orphan_end_all(NULL);
    remove_folder(folder);
    close(wake);
    exit(status);
}

/* Until the worker has ended: its status as of waitpid(). */
static int wait_for(pid_t pid, const sigset_t *taken)
{
    siginfo_t info;
    int status;
    for (;;) {
        const int number = sigwaitinfo(taken, &info);
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
        if (number > 0 && number != SIGCHLD
            && (info.si_code <= 0 || number == SIGHUP))
            kill(pid, number);
    }
}

int lab_guard(int (*work)(const char *folder, int wake_fd, void *arg),
              void *arg, struct ff_error *err)
{
    static const int numbers[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    char folder[PATH_MAX];
    sigset_t taken, before;
    const pid_t self = getpid();
    sigemptyset(&taken);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaddset(&taken, numbers[i]);
    fflush(NULL); /* this can end us, if nobody reads */
    if (make_folder(folder, err) != 0)
        return -1;
    sigprocmask(SIG_BLOCK, &taken, &before);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t pid = fork();
    if (pid == 0)
        be_worker(work, arg, folder, &before, self);
    if (pid < 0)
        ff_error_errno(err, FF_LOST, "cannot start a process");
    const int status = pid > 0 ? wait_for(pid, &taken) : 0;
    orphan_end_all(NULL);
    remove_folder(folder);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
        raise(SIGPIPE); /* nobody reads on: end as one process would have */
    return pid < 0 ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : FF_LOST;
}
