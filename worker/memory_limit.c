/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of an item: see memory_limit.h. */
#include "memory_limit.h"
#include "clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_NS 20000000u
#define NEAR 9 / 10 /* of the limit: a program that is denied a megabyte more */

void memory_limit_open(struct memory_limit *m, uint64_t bytes,
                       const char *name, struct spawn *s)
{
    *m = (struct memory_limit){.bytes = bytes, .group = MEMORY_GROUP_NONE};
    if (bytes == 0)
        return;
    if (memory_group_open(&m->group, "", name, bytes))
        s->cgroup = m->group.procs;
    else
        s->memory_bytes = bytes;
}

void memory_limit_close(struct memory_limit *m)
{
    memory_group_close(&m->group);
}

/* ---- what is used -------------------------------------------------------- */

static ssize_t read_text(const char *path, char *text, size_t room)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, room - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n;
}

/* What stands behind the name, in kB. */
static uint64_t kb_of(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line == NULL ? 0 : strtoull(line + strlen(name), NULL, 10);
}

/* Its pages that are of no file: its own, and memory that processes share. */
static uint64_t rough(int pid)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (read_text(path, text, sizeof text) <= 0)
        return 0;
    return (kb_of(text, "\nRssAnon:") + kb_of(text, "\nRssShmem:")) * 1024;
}

/* The same, where pages that several processes have are a part of each (after
 * a fork). The system counts them one by one: not for each look. */
static uint64_t exact(int pid)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if (read_text(path, text, sizeof text) <= 0
        || strstr(text, "\nPss_Anon:") == NULL)
        return rough(pid);
    return (kb_of(text, "\nPss_Anon:") + kb_of(text, "\nPss_Shmem:")) * 1024;
}

uint64_t memory_of_descendants(int pid, bool precise)
{
    char path[64], text[4096];
    uint64_t sum = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    if (read_text(path, text, sizeof text) <= 0)
        return 0;
    char *rest;
    for (char *word = strtok_r(text, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        const int child = atoi(word);
        if (child > 0)
            sum += (precise ? exact(child) : rough(child))
                   + memory_of_descendants(child, precise);
    }
    return sum;
}

/* (In a group of its own it is the system that looks.) */
bool memory_limit_is_exceeded(struct memory_limit *m)
{
    const uint64_t now = clock_ns();
    if (m->bytes == 0 || m->group.procs >= 0 || now - m->looked_ns < LOOK_NS)
        return false;
    m->looked_ns = now;
    if (memory_of_descendants(getpid(), false) <= m->bytes)
        return false;
    m->used = memory_of_descendants(getpid(), true);
    return m->used > m->bytes;
}

/* ---- afterwards ---------------------------------------------------------- */

static bool was_short(struct memory_limit *m, const struct row *row)
{
    if (m->group.procs >= 0)
        return memory_group_has_killed(&m->group);
    return row->max_rss_kb >= m->bytes / 1024 * NEAR;
}

#define MIB(bytes) ((double)(bytes) / 1048576)

void memory_limit_judge(struct memory_limit *m, struct row *row,
                        struct ff_error *why)
{
    if (m->bytes == 0)
        return;
    if (row->end == ROW_NO_MEMORY) {
        ff_error_set(why, FF_ITEMS_FAILED, "its processes had %.4g MiB "
                     "together, of %.4g MiB", MIB(m->used), MIB(m->bytes));
        return;
    }
    if ((row->end != ROW_EXITED && row->end != ROW_SIGNALLED)
        || !was_short(m, row))
        return;
    ff_error_set(why, FF_ITEMS_FAILED, "it ended with %s %d, and had %.4g MiB "
                 "of %.4g MiB", row->end == ROW_EXITED ? "status" : "signal",
                 row->end == ROW_EXITED ? row->exit : (int)row->signal,
                 MIB(row->max_rss_kb * 1024), MIB(m->bytes));
    row->end = ROW_NO_MEMORY;
}
