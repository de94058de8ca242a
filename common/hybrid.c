/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of cores: see hybrid.h. Intel's hybrid machines have a device cpu_atom.
 * Elsewhere each CPU has a capacity, on machines whose cores are all alike as
 * well: there, the first and the last CPU have the same. (Kernels number
 * cores kind by kind.)
 */
#include "hybrid.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The beginning of a short file; false when it cannot be read. */
static bool read_text(const char *sys, const char *name, char text[256])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/devices/system/cpu/%s", sys, name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, 255);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* The capacity of a CPU; 0: not known. */
static long capacity(const char *sys, unsigned long cpu)
{
    char name[64], text[256];
    snprintf(name, sizeof name, "cpu%lu/cpu_capacity", cpu);
    return read_text(sys, name, text) ? strtol(text, NULL, 10) : 0;
}

/* Of a list like "0-3,8-11". */
static unsigned long last_cpu(const char *list)
{
    const size_t n = strcspn(list, "\n");
    size_t i = n;
    while (i > 0 && list[i - 1] != '-' && list[i - 1] != ',')
        i--;
    return strtoul(list + i, NULL, 10);
}

bool hybrid_possible(const char *sys)
{
    char atom[PATH_MAX], list[256];
    snprintf(atom, sizeof atom, "%s/devices/cpu_atom", sys);
    if (access(atom, F_OK) == 0)
        return true;
    const long first = capacity(sys, 0);
    return first != 0 && read_text(sys, "online", list)
           && capacity(sys, last_cpu(list)) != first;
}
