/* SPDX-License-Identifier: Apache-2.0 */
/* Tries to end a thread from outside, in several ways: how long it took until
 * it was gone (ms), how it ended, and what became of the lock that it held. A
 * thread that does not go is asked after 300 ms. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { SLEEPS = 1, LOCKS = 2, CLEANS = 4, ANYWHERE = 8 };
static pthread_mutex_t lock;
static sem_t begun;
static atomic_int stop;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void unlock(void *held)
{
    if (held != NULL)
        pthread_mutex_unlock(held);
}

static void *work(void *arg)
{
    int does = *(int *)arg;
    if (does & LOCKS)
        pthread_mutex_lock(&lock);
    sem_post(&begun);
    if (does & ANYWHERE)
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(unlock, does & CLEANS ? &lock : NULL);
    while (!stop)
        if (does & SLEEPS)
            usleep(1000); /* a cancellation point; the loop itself is none */
    pthread_cleanup_pop(1);
    return NULL;
}

static void cancel(const char *label, int does)
{
    pthread_t thread;
    void *end;

    pthread_mutex_init(&lock, NULL);
    stop = 0;
    pthread_create(&thread, NULL, work, &does);
    sem_wait(&begun);
    double start = now_ms();
    pthread_cancel(thread);
    while (pthread_tryjoin_np(thread, &end) == EBUSY) {
        usleep(100);
        if (now_ms() - start > 300)
            stop = 1; /* the one way that always works: ask it */
    }
    double ms = now_ms() - start;
    int free = pthread_mutex_trylock(&lock) == 0;
    printf("row\t%s\t%.2f\t%s\t%s\n", label, ms,
           end == PTHREAD_CANCELED ? "cancelled" : "when asked",
           !(does & LOCKS) ? "-" : free ? "free" : "locked");
}

int main(void)
{
    cancel("sleeps", SLEEPS);
    cancel("computes", 0);
    cancel("computes, ends anywhere", ANYWHERE);
    cancel("sleeps, has a lock", SLEEPS | LOCKS);
    cancel("the same, and a handler", SLEEPS | LOCKS | CLEANS);
    return 0;
}
