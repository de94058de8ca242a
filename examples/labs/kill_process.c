/* SPDX-License-Identifier: Apache-2.0 */
/* SIGKILL for a process that computes and has a lock, and for one thread of it:
 * after how many ms all was gone, and what the lock's next owner is told. */
#include "lab_memory.h"
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

static pthread_mutex_t *lock; /* these two in memory that the processes share */
static atomic_int *holder;    /* the thread that has the lock */

static void *compute(void *the_lock)
{
    pthread_mutex_lock(the_lock);
    for (*holder = gettid();;)
        ; /* no cancellation point, no end */
    return NULL;
}

static void slay(const char *label, int one_thread)
{
    pthread_t thread;
    int status;
    *holder = 0;
    pid_t child = fork();
    if (child < 0)
        exit(1);
    if (child == 0) {
        alarm(10); /* whatever happens, it does not stay */
        pthread_create(&thread, NULL, compute, lock);
        pthread_join(thread, NULL);
    }
    while (!*holder)
        usleep(1000);
    double start = now_us();
    if (one_thread)
        tgkill(child, *holder, SIGKILL);
    else
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    double ms = (now_us() - start) / 1e3;
    int told = pthread_mutex_lock(lock);
    printf("row\t%s\t%.2f\tall, signal %d\t%s\n", label, ms, WTERMSIG(status),
           told == EOWNERDEAD ? "owner died" : "free");
    pthread_mutex_consistent(lock);
    pthread_mutex_unlock(lock);
}

int main(void)
{
    pthread_mutexattr_t kind;
    lock = new_memory(sizeof *lock, MAP_SHARED);
    holder = new_memory(sizeof *holder, MAP_SHARED);
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(lock, &kind);
    slay("process: SIGKILL", 0);
    slay("one thread: SIGKILL", 1);
}
