/* SPDX-License-Identifier: Apache-2.0 */
/* Our own group with a limit: see memory_group.h. All of it is killed together
 * (memory.oom.group), and nothing goes to swap instead. */
#include "memory_group.h"
#include "cgroup_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES 4096

static int open_in(const char *dir, const char *name, int flags)
{
    char *path;
    if (asprintf(&path, "%s/%s", dir, name) < 0)
        return -1;
    const int fd = open(path, flags | O_CLOEXEC, 0600);
    free(path);
    return fd;
}

/* The file as a text. False when it cannot be read. */
static bool read_file(const char *dir, const char *name,
                      char text[FILE_BYTES])
{
    const int fd = open_in(dir, name, O_RDONLY);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, FILE_BYTES - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n >= 0;
}

/* O_CREAT is for the trees of tests: where the system has a group it has these
 * files, and makes no others. */
static bool write_file(const char *dir, const char *name, const char *text)
{
    const int fd = open_in(dir, name, O_WRONLY | O_CREAT);
    const bool well = fd >= 0
                      && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return well;
}

/* "cpu memory pids" */
static bool has_word(const char *text, const char *word)
{
    const size_t n = strlen(word);
    for (; *text != '\0'; text += strcspn(text, " \n")) {
        text += strspn(text, " \n");
        if (strncmp(text, word, n) == 0 && strchr(" \n", text[n]) != NULL)
            return true;
    }
    return false;
}

static uint64_t count_kills(const struct memory_group *g)
{
    char text[FILE_BYTES];
    uint64_t n = 0;
    if (!read_file(g->dir, "memory.events", text))
        return 0;
    const char *line = strstr(text, "oom_kill ");
    if (line != NULL)
        sscanf(line, "oom_kill %" SCNu64, &n);
    return n;
}

static bool set_limit(struct memory_group *g, uint64_t bytes)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, bytes);
    if (!write_file(g->dir, "memory.max", text))
        return false;
    write_file(g->dir, "memory.swap.max", "0"); /* without swap there is none */
    write_file(g->dir, "memory.oom.group", "1");
    g->procs = open_in(g->dir, "cgroup.procs", O_WRONLY | O_CREAT);
    g->kills = count_kills(g);
    return g->procs >= 0;
}

struct search {
    struct memory_group *group;
    const char *name;
    uint64_t bytes;
};

static void try_below(const char *dir, const char *path, bool v2, void *arg)
{
    struct search *s = arg;
    char text[FILE_BYTES];
    (void)path;
    if (!v2 || s->group->procs >= 0
        || !read_file(dir, "cgroup.subtree_control", text)
        || !has_word(text, "memory")
        || asprintf(&s->group->dir, "%s/%s", dir, s->name) < 0)
        return;
    if ((mkdir(s->group->dir, 0700) != 0 && errno != EEXIST)
        || !set_limit(s->group, s->bytes))
        memory_group_close(s->group);
}

bool memory_group_open(struct memory_group *g, const char *root,
                       const char *name, uint64_t bytes)
{
    struct search s = {g, name, bytes};
    *g = MEMORY_GROUP_NONE;
    cgroup_walk(root, "memory", try_below, &s);
    return g->procs >= 0;
}

bool memory_group_has_killed(struct memory_group *g)
{
    const uint64_t before = g->kills;
    g->kills = count_kills(g);
    return g->kills > before;
}

void memory_group_close(struct memory_group *g)
{
    if (g->procs >= 0)
        close(g->procs);
    if (g->dir != NULL)
        rmdir(g->dir); /* when it is empty */
    free(g->dir);
    *g = MEMORY_GROUP_NONE;
}
