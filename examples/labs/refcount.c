/* SPDX-License-Identifier: Apache-2.0 */
/* Threads take and give back references to 16 objects, N of them each:
 * refcount HOW THREADS N
 *   plain   the count of an object is a number: read, change, write
 *   lock    the same, but only the thread that holds the one lock works
 *   atomic  the processor changes the count in one step
 * Main has references to each object as well. It gives them back at the end:
 * the last of them must bring the count to 0. Nothing is really freed here. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    OBJECTS = 16,
    RUN = 64,
    TURN = OBJECTS * RUN,
    MAINS = 1000000,
    MOST = 64
};
static volatile long count[OBJECTS];
static atomic_long atomic[OBJECTS];
static long n;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_are_here;

/* A turn: run by run, references to one object are taken, and as many that we
 * have to the object half the way round are given back. We begin and end each
 * turn with the same ones. */
static void *plain(void *the_lock)
{
    pthread_barrier_wait(&all_are_here);
    for (long i = 0; i < n; i += TURN) {
        if (the_lock)
            pthread_mutex_lock(the_lock);
        for (int k = 0; k < TURN; k++) {
            volatile long *taken = &count[k / RUN];
            volatile long *given = &count[(k / RUN + OBJECTS / 2) % OBJECTS];
            *taken = *taken + 1;
            *given = *given - 1;
        }
        if (the_lock)
            pthread_mutex_unlock(the_lock);
    }
    return NULL;
}

static void *in_one_step(void *unused)
{
    pthread_barrier_wait(&all_are_here);
    for (long i = 0; i < n; i += TURN)
        for (int k = 0; k < TURN; k++) {
            atomic_fetch_add(&atomic[k / RUN], 1);
            atomic_fetch_sub(&atomic[(k / RUN + OBJECTS / 2) % OBJECTS], 1);
        }
    return unused;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "plain";
    int n_threads = argc > 2 ? atoi(argv[2]) : 2, leaked = 0, early = 0;
    struct timespec cpu; /* what all threads used */
    pthread_t thread[MOST];
    n = argc > 3 ? atol(argv[3]) : 1000000;
    n_threads = n_threads < 1 ? 1 : n_threads > MOST ? MOST : n_threads;
    for (int k = 0; k < OBJECTS; k++)
        count[k] = MAINS;
    pthread_barrier_init(&all_are_here, NULL, (unsigned)n_threads);
    for (int i = 0; i < n_threads; i++)
        if (pthread_create(&thread[i], NULL,
                           strcmp(how, "atomic") == 0 ? in_one_step : plain,
                           strcmp(how, "lock") == 0 ? &lock : NULL) != 0)
            return 1;
    for (int i = 0; i < n_threads; i++)
        pthread_join(thread[i], NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    for (int k = 0; k < OBJECTS; k++) {
        long left = count[k] + atomic[k] - MAINS; /* when main has none */
        leaked += left > 0; /* stays, though nobody has it */
        early += left < 0;  /* went, though main still had it */
    }
    double ns = 1e9 * (double)cpu.tv_sec + (double)cpu.tv_nsec;
    printf("row\t%s, %d thread%s\t%d\t%d\t%d\t%.2f\n", how, n_threads,
           n_threads > 1 ? "s" : "", leaked, early, leaked + early,
           ns / (double)n / n_threads);
}
