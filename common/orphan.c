/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the tree below a subreaper: see orphan.h. */
#include "orphan.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

int orphan_kill(bool (*keep)(pid_t pid, void *arg), void *arg)
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
        if (parent_of(pid) != self || (keep != NULL && keep(pid, arg)))
            continue;
        kill(pid, SIGKILL);
        n++;
    }
    closedir(proc);
    return n;
}

void orphan_end_all(void)
{
    for (;;) {
        const pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid > 0)
            continue;
        if (pid < 0 && errno != EINTR)
            return;
        /* Some are left. Whoever loses its parent from now on is found in
         * the next round. */
        if (orphan_kill(NULL, NULL) > 0)
            waitpid(-1, NULL, 0);
    }
}
