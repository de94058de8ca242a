/* SPDX-License-Identifier: Apache-2.0 */
/* What does it cost to start something that does nothing and to see it end?
 *   start thread              a thread of this process
 *   start fork [MIB]          a copy of this process, which fills MIB of memory
 *   start fork+exec           a copy that becomes another program, `true`
 *   start vfork+exec          the same without a copy
 * The fastest of many tries, so that other programs do not count. */
#include "lab_memory.h"
#include <sys/wait.h>

static void *nothing(void *unused)
{
    return unused;
}

static void start_and_wait(const char *how)
{
    if (strcmp(how, "thread") == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, nothing, NULL) != 0)
            exit(1);
        pthread_join(thread, NULL);
        return;
    }
    /* After vfork the child borrows our memory, and we stand still, until it
     * has become the other program. */
    pid_t child = strcmp(how, "vfork+exec") == 0 ? vfork() : fork();
    if (child == 0) {
        if (strcmp(how, "fork") != 0)
            execlp("true", "true", NULL);
        _exit(0); /* a child ends here */
    }
    if (child < 0 || waitpid(child, NULL, 0) < 0)
        exit(1);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "thread";
    size_t mib = argc > 2 ? (size_t)atol(argv[2]) : 0;
    double best = 1e9, stop = now_us() + 200e3;
    if (mib > 0)
        memset(new_memory(mib << 20, MAP_PRIVATE), 1, mib << 20);
    for (int i = 0; i < 10 || (i < 2000 && now_us() < stop); i++) {
        double begin = now_us();
        start_and_wait(how);
        double us = now_us() - begin;
        best = us < best ? us : best;
    }
    if (mib > 0)
        printf("row\tC %s, %zu MiB\t%.1f\n", how, mib, best);
    else
        printf("row\tC %s\t%.1f\n", how, best);
}
