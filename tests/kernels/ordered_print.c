/* SPDX-License-Identifier: Apache-2.0 */
/* A line an item: by printf, by write, and now and then by a child. */
#include <fanfold.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

FF_ITEMS(10000)
FF_COUNT(items)

static void print_by_child(unsigned long long i)
{
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        dprintf(STDOUT_FILENO, "line %llu\n", i);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if (i % 500 == 7) {
            print_by_child(i);
        } else if (i % 3 == 0) {
            fflush(stdout);
            dprintf(STDOUT_FILENO, "line %llu\n", (unsigned long long)i);
        } else {
            printf("line %llu\n", (unsigned long long)i);
        }
        ff_count(ff, items, 1);
    }
}
