/* SPDX-License-Identifier: Apache-2.0 */
/* What does it cost to start something that does nothing and to see it end?
 *   start thread              a thread of this process
 *   start fork [MIB]          a copy of this process, which fills MIB of memory
 *   start fork+exec           a copy that becomes another program, `true`
 *   start vfork+exec          the same without a copy
 * The fastest of many tries, so that other programs do not count. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void *nothing(void *unused)
{
    return unused;
}

static void start_and_wait(const char *how)
{
    pthread_t thread;
    pid_t child;
    if (strcmp(how, "thread") == 0) {
        if (pthread_create(&thread, NULL, nothing, NULL) != 0)
            exit(1);
        pthread_join(thread, NULL);
        return;
    }
    /* After vfork the child borrows our memory, and we stand still, until it
     * has become the other program. */
    child = strcmp(how, "vfork+exec") == 0 ? vfork() : fork();
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
    int mib = argc > 2 ? atoi(argv[2]) : 0;
    double best = 1e9, end_us = now_us() + 200e3;
    if (mib > 0) { /* small pages, as programs have that grow slowly */
        size_t size = (size_t)mib << 20;
        char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return 1;
        madvise(memory, size, MADV_NOHUGEPAGE);
        memset(memory, 1, size);
    }
    for (int i = 0; i < 10 || (i < 2000 && now_us() < end_us); i++) {
        double begin_us = now_us();
        start_and_wait(how);
        double us = now_us() - begin_us;
        best = us < best ? us : best;
    }
    if (mib > 0)
        printf("row\tC %s, %d MiB\t%.1f\n", how, mib, best);
    else
        printf("row\tC %s\t%.1f\n", how, best);
}
