/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a program: see spawn.h. The child of vfork has our memory, and we
 * wait until it has another: so it tells by a word of it why it could not be
 * started, and that costs nothing. It does nothing but system calls.
 *
 * Signal handlers of ours go away with the exec. What is ignored would stay,
 * hence spawn_prepare; what is blocked is unblocked last.
 */
#include "spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

#define STATUS_NOT_FOUND 127
#define STATUS_NOT_RUN 126

static void close_on_exec(void)
{
    const struct dirent *entry;
    if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    DIR *dir = opendir("/proc/self/fd");
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (atoi(entry->d_name) > STDERR_FILENO)
            fcntl(atoi(entry->d_name), F_SETFD, FD_CLOEXEC);
    if (dir != NULL)
        closedir(dir);
}

void spawn_prepare(void)
{
    struct sigaction action;
    for (int i = 1; i < NSIG; i++)
        if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            signal(i, SIG_DFL);
    close_on_exec();
}

/* ---- in the child -------------------------------------------------------- */

static int limit(const struct spawn *s)
{
    const struct rlimit data = {s->memory_bytes, s->memory_bytes};
    if (s->cgroup >= 0 && write(s->cgroup, "0", 1) != 1)
        return -1;
    if (s->memory_bytes > 0 && setrlimit(RLIMIT_DATA, &data) != 0)
        return -1;
    return s->nice == 0 || setpriority(PRIO_PROCESS, 0, s->nice
                           + getpriority(PRIO_PROCESS, 0)) == 0
           || errno == EACCES ? 0 : -1;
}

_Noreturn static void become(const struct spawn *s, const char *path,
                             char *const *argv, pid_t parent,
                             volatile int *cause)
{
    sigset_t none;
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(STATUS_NOT_RUN);
    if (limit(s) == 0 && dup2(s->in, STDIN_FILENO) >= 0
        && dup2(s->out, STDOUT_FILENO) >= 0
        && dup2(s->err, STDERR_FILENO) >= 0) {
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execve(path, argv, s->envp);
    }
    *cause = errno;
    _exit(STATUS_NOT_RUN);
}

/* ---- in the parent ------------------------------------------------------- */

/* The process; -1 with errno. */
__attribute__((noinline))
static pid_t start(const struct spawn *s, const char *path, char *const *argv)
{
    const pid_t parent = getpid();
    volatile int cause = 0;
    const pid_t pid = vfork();
    if (pid == 0)
        become(s, path, argv, parent, &cause);
    if (pid < 0 || cause == 0)
        return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    errno = cause;
    return -1;
}

/* A file without a known format is a script of the shell, says execvp. */
static pid_t start_script(const struct spawn *s, const char *path)
{
    size_t n = 0;
    while (s->argv[n] != NULL)
        n++;
    char **argv = calloc(n + 2, sizeof argv[0]);
    if (argv == NULL)
        return -1;
    argv[0] = (char *)"/bin/sh";
    argv[1] = (char *)path;
    for (size_t i = 1; i < n; i++)
        argv[i + 1] = s->argv[i];
    const pid_t pid = start(s, argv[0], argv);
    const int cause = errno;
    free(argv);
    errno = cause;
    return pid;
}

static int not_found(const char *name, int *status, struct ff_error *err)
{
    const bool line = strchr(name, ' ') != NULL;
    *status = STATUS_NOT_FOUND;
    return ff_error_set(err, FF_ITEMS_FAILED, "there is no program '%s'%s%s",
                        name, strchr(name, '/') != NULL ? "" : " in PATH",
                        line ? " (with --shell a shell reads such a line)"
                             : "");
}

/* Which word is longer than the system takes (MAX_ARG_STRLEN, execve(2)), or
 * the words are too many. */
static int too_long(char *const *argv, const char *path, struct ff_error *err)
{
    const size_t most = 32 * (size_t)sysconf(_SC_PAGESIZE) - 1;
    for (; *argv != NULL; argv++)
        if (strlen(*argv) > most)
            return ff_error_set(err, FF_ITEMS_FAILED, "'%s' cannot be run: a "
                                "word of %zu bytes is too long, the system "
                                "takes %zu (--stdin has no limit)", path,
                                strlen(*argv), most);
    errno = E2BIG;
    return ff_error_errno(err, FF_ITEMS_FAILED, "'%s' cannot be run "
                          "(--max-args would take fewer items)", path);
}

/* Why the program was not started, by errno. What the exec did not find although
 * the file is there is its interpreter. */
static int not_started(const struct spawn *s, const char *path, int *status,
                       struct ff_error *err)
{
    const char *name = s->argv[0];
    char interpreter[256];
    const int cause = errno;
    const bool missing = cause == ENOENT || cause == ENOTDIR;
    *status = STATUS_NOT_RUN;
    if (missing && (path == NULL || access(path, F_OK) != 0))
        return not_found(name, status, err);
    if (missing && program_interpreter(path, interpreter, sizeof interpreter))
        return ff_error_set(err, FF_ITEMS_FAILED, "'%s' cannot be run: there "
                            "is no '%s', its interpreter", path, interpreter);
    if (missing)
        return ff_error_set(err, FF_ITEMS_FAILED, "'%s' cannot be run: its "
                            "loader is missing (it is for another system)",
                            path);
    if (cause == E2BIG)
        return too_long(s->argv, path, err);
    errno = cause;
    return ff_error_errno(err, FF_ITEMS_FAILED, "'%s' cannot be run%s",
                          path != NULL ? path : name,
                          cause == EAGAIN ? " (see ulimit -u, pids.max)" : "");
}

pid_t spawn_start(struct spawn *s, int *status, struct ff_error *err)
{
    const char *name = s->argv[0];
    const bool known = s->program.name != NULL;
    const char *path = program_find(&s->program, name);
    pid_t pid = path == NULL ? -1 : start(s, path, s->argv);
    if (pid < 0 && path != NULL && known && errno == ENOENT) {
        program_forget(&s->program); /* it may be elsewhere now */
        path = program_find(&s->program, name);
        pid = path == NULL ? -1 : start(s, path, s->argv);
    }
    if (pid < 0 && path != NULL && errno == ENOEXEC)
        pid = start_script(s, path);
    return pid > 0 ? pid : not_started(s, path, status, err);
}
