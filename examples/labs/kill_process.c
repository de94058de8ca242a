/* SPDX-License-Identifier: Apache-2.0 */
/* SIGKILL for a process that computes and holds a lock, and for one of two
 * threads of such a process: how long until all of it was gone (ms), how it
 * ended, and what the next one that wants the lock is told. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock;
    atomic_int held;
} *shared; /* by the processes */

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void *compute(void *unused)
{
    pthread_mutex_lock(&shared->lock);
    for (shared->held = 1;;) /* no cancellation point, no end */
        ;
    return unused;
}

static void slay(const char *label, int one_thread)
{
    pthread_t thread;
    int status;

    shared->held = 0;
    pid_t child = fork();
    if (child < 0)
        exit(1);
    if (child == 0) {
        alarm(10); /* whatever happens, it does not stay */
        pthread_create(&thread, NULL, compute, NULL);
        while (!shared->held)
            usleep(1000);
        while (one_thread)
            pthread_kill(thread, SIGKILL); /* it gets the signal, all die */
        pthread_join(thread, NULL);
    }
    while (!shared->held)
        usleep(1000);
    double start = now_ms();
    if (!one_thread)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    double ms = now_ms() - start;
    int lock = pthread_mutex_lock(&shared->lock);
    printf("row\t%s\t%.2f\tall, signal %d\t%s\n", label, ms,
           WTERMSIG(status), lock == EOWNERDEAD ? "owner died" : "free");
    pthread_mutex_consistent(&shared->lock);
    pthread_mutex_unlock(&shared->lock);
}

int main(void)
{
    pthread_mutexattr_t kind;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->lock, &kind);
    slay("process: SIGKILL", 0);
    slay("one thread: SIGKILL", 1);
    return 0;
}
