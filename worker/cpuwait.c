/* SPDX-License-Identifier: Apache-2.0 */
/* How long threads waited for a CPU: see cpuwait.h. It is the second of the
 * three numbers in schedstat of each thread. */
#include "cpuwait.h"
#include "clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define MIN_LIFE_NS 50000000u

static uint64_t wait_of_thread(const char *tid)
{
    char path[64], text[96];
    uint64_t ns = 0;
    snprintf(path, sizeof path, "/proc/self/task/%.16s/schedstat", tid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    return sscanf(text, "%*u %" SCNu64, &ns) == 1 ? ns : 0;
}

uint64_t cpuwait_ns(uint64_t started_ns)
{
    uint64_t ns = 0;
    if (clock_ns() - started_ns < MIN_LIFE_NS)
        return 0;
    DIR *dir = opendir("/proc/self/task");
    const struct dirent *entry;
    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            ns += wait_of_thread(entry->d_name);
    closedir(dir);
    return ns;
}
