/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads add 1 to a counter, each of them N times: race HOW N [ROW] */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long n;
static volatile long counter; /* volatile: read and written each time */
static atomic_long atomic;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both_are_here;

static void *plain(void *unused) /* read it, add 1, write it: three steps */
{
    pthread_barrier_wait(&both_are_here);
    for (long i = 0; i < n; i++)
        counter = counter + 1;
    return unused;
}

static void *in_one(void *unused) /* the processor does the three as one */
{
    pthread_barrier_wait(&both_are_here);
    for (long i = 0; i < n; i++)
        atomic_fetch_add(&atomic, 1);
    return unused;
}

static void *locked(void *unused) /* nobody else gets between the three */
{
    pthread_barrier_wait(&both_are_here);
    for (long i = 0; i < n; i++) {
        pthread_mutex_lock(&mutex);
        counter = counter + 1;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void *own(void *unused) /* a counter for each; added once, at the end */
{
    volatile long mine = 0;
    pthread_barrier_wait(&both_are_here);
    for (long i = 0; i < n; i++)
        mine = mine + 1;
    atomic_fetch_add(&atomic, mine);
    return unused;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "plain";
    void *(*add)(void *) = strcmp(how, "atomic") == 0  ? in_one
                           : strcmp(how, "mutex") == 0 ? locked
                           : strcmp(how, "own") == 0   ? own
                                                       : plain;
    struct timespec cpu; /* what all threads used */
    pthread_t one, two;
    n = argc > 2 ? atol(argv[2]) : 1000000;
    pthread_barrier_init(&both_are_here, NULL, 2);
    if (pthread_create(&one, NULL, add, NULL) != 0 ||
        pthread_create(&two, NULL, add, NULL) != 0)
        return 1;
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    long wanted = 2 * n, lost = wanted - counter - atomic;
    double ns = 1e9 * (double)cpu.tv_sec + (double)cpu.tv_nsec;
    printf("row\t%s\t%ld\t%.4f\t%.2f\n", argc > 3 ? argv[3] : how, lost,
           100.0 * (double)lost / (double)wanted, ns / (double)wanted);
}
