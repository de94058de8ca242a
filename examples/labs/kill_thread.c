/* SPDX-License-Identifier: Apache-2.0 */
/* Tries to end a thread from outside: after how many ms it was gone, how it
 * ended, and what became of its lock. After 300 ms we ask it to end. */
#include "lab_measure.h"

enum { SLEEPS = 1, LOCKS = 2, CLEANS = 4, ANYWHERE = 8 };
static pthread_mutex_t lock;
static atomic_int begun, stop;

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
    if (does & ANYWHERE)
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(unlock, does & CLEANS ? &lock : NULL);
    for (begun = 1; !stop;)
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
    begun = stop = 0;
    pthread_create(&thread, NULL, work, &does);
    while (!begun)
        usleep(100);
    double start = now_us();
    pthread_cancel(thread);
    while (pthread_tryjoin_np(thread, &end) != 0) {
        usleep(100);
        stop = now_us() - start > 300e3; /* what always works: ask it */
    }
    double ms = (now_us() - start) / 1e3;
    const char *its = pthread_mutex_trylock(&lock) == 0 ? "free" : "locked";
    printf("row\t%s\t%.2f\t%s\t%s\n", label, ms,
           end == PTHREAD_CANCELED ? "cancelled" : "when asked",
           does & LOCKS ? its : "-");
}

int main(void)
{
    cancel("sleeps", SLEEPS);
    cancel("computes", 0);
    cancel("computes, ends anywhere", ANYWHERE);
    cancel("sleeps, has a lock", SLEEPS | LOCKS);
    cancel("the same, and a handler", SLEEPS | LOCKS | CLEANS);
}
