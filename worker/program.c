/* SPDX-License-Identifier: Apache-2.0 */
/* Finding programs: see program.h. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/bin:/usr/bin" /* of execvp, without PATH */

void program_forget(struct program *p)
{
    free(p->name);
    free(p->path);
    *p = (struct program){NULL, NULL};
}

/* 0, or why not: folders and what may not be executed are EACCES. */
static int can_run(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return errno;
    if (!S_ISREG(st.st_mode))
        return EACCES;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* The first in PATH that can be run. What cannot counts only when there is no
 * other. */
static char *search(const char *name)
{
    const char *folder = getenv("PATH");
    int worst = ENOENT;
    if (folder == NULL)
        folder = DEFAULT_PATH;
    for (;; folder++) {
        const size_t n = strcspn(folder, ":");
        char *path;
        if (asprintf(&path, "%.*s%s%s", (int)n, folder, n > 0 ? "/" : "",
                     name) < 0)
            return NULL;
        const int cause = can_run(path);
        if (cause == 0)
            return path;
        free(path);
        if (cause == EACCES)
            worst = EACCES;
        folder += n;
        if (*folder == '\0')
            break;
    }
    errno = worst;
    return NULL;
}

const char *program_find(struct program *p, const char *name)
{
    if (p->name != NULL && strcmp(p->name, name) == 0)
        return p->path;
    program_forget(p);
    if (*name == '\0') {
        errno = ENOENT;
        return NULL;
    }
    p->path = strchr(name, '/') != NULL ? strdup(name) : search(name);
    if (p->path == NULL)
        return NULL;
    p->name = strdup(name);
    if (p->name != NULL)
        return p->path;
    program_forget(p);
    errno = ENOMEM;
    return NULL;
}

_Bool program_interpreter(const char *path, char *text, size_t room)
{
    char line[256];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (fd >= 0)
        close(fd);
    if (n < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    const char *name = line + 2 + strspn(line + 2, " \t");
    const size_t length = strcspn(name, " \t");
    snprintf(text, room, "%.*s", (int)length, name);
    return length > 0;
}
