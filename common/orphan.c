/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the tree below a subreaper: see orphan.h. */
#include "orphan.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 5000
#define ROUND_NS 1000000

/* The parent of a process, or -1 when it is gone. */
static pid_t parent_of(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    const ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    /* "pid (name) state ppid": the name may hold anything, so from its end. */
    const char *p = strrchr(text, ')');
    int parent;
    if (p == NULL || sscanf(p + 1, " %*c %d", &parent) != 1)
        return -1;
    return parent;
}

/* Calls visit for every child; how many times it said true. */
static int each_child(bool (*visit)(pid_t pid, void *arg), void *arg)
{
    DIR *proc = opendir("/proc");
    const pid_t self = getpid();
    const struct dirent *entry;
    int n = 0;
    if (proc == NULL)
        return 0;
    while ((entry = readdir(proc)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        const pid_t pid = atoi(entry->d_name);
        if (parent_of(pid) == self)
            n += visit(pid, arg);
    }
    closedir(proc);
    return n;
}

/* Are there children at all? Reaps nobody. */
static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

struct list {
    pid_t *pid;
    size_t n;
};

static bool add_to_list(pid_t pid, void *arg)
{
    struct list *list = arg;
    pid_t *more = realloc(list->pid, (list->n + 2) * sizeof *more);
    if (more == NULL)
        return false;
    list->pid = more;
    list->pid[list->n++] = pid;
    list->pid[list->n] = 0;
    return true;
}

pid_t *orphan_list(void)
{
    struct list list = {NULL, 0};
    if (has_children())
        each_child(add_to_list, &list);
    return list.pid;
}

struct filter {
    bool (*keep)(pid_t pid, void *arg);
    void *arg;
    bool reap;
};

static bool kill_one(pid_t pid, void *arg)
{
    const struct filter *f = arg;
    if (f->keep != NULL && f->keep(pid, f->arg))
        return false;
    if (kill(pid, SIGKILL) != 0)
        return false; /* not ours to kill: it changed its user */
    if (f->reap)
        waitpid(pid, NULL, WNOHANG);
    return true;
}

int orphan_kill(bool (*keep)(pid_t pid, void *arg), void *arg)
{
    struct filter f = {keep, arg, false};
    return each_child(kill_one, &f);
}

static bool is_in(pid_t pid, void *arg)
{
    for (const pid_t *p = arg; p != NULL && *p != 0; p++)
        if (*p == pid)
            return true;
    return false;
}

void orphan_end_all(const pid_t *keep)
{
    struct filter f = {is_in, (void *)(uintptr_t)keep, true};
    /* Whoever loses its parent in one round is found in the next; a killed
     * process needs a moment to be dead. */
    for (int round = 0; round < MAX_ROUNDS && has_children(); round++) {
        if (each_child(kill_one, &f) == 0)
            return;
        nanosleep(&(struct timespec){0, ROUND_NS}, NULL);
    }
}
