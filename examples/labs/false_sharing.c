/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each thread adds to a counter of its own: no thread ever reads what another
 * one writes. Are the counters neighbours, or a cache line and more apart?
 *
 *     false_sharing LABEL BYTES THREADS    BYTES: from one counter to the next
 *
 * prints: row, LABEL, the nanoseconds of CPU time that an addition took.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ADDITIONS 50000000
#define MAX_THREADS 64
#define MAX_BYTES 256 /* several cache lines */

struct work {
    volatile long *counter; /* volatile: each addition is a store */
    double ns;              /* CPU time of an addition */
};

static _Alignas(MAX_BYTES) char memory[MAX_THREADS * MAX_BYTES];

static void *add(void *arg)
{
    struct work *mine = arg;
    struct timespec t; /* begins with 0 */
    for (int i = 0; i < ADDITIONS; i++)
        *mine->counter += 1;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    mine->ns = ((double)t.tv_sec * 1e9 + (double)t.tv_nsec) / ADDITIONS;
    return NULL;
}

int main(int argc, char **argv)
{
    const int bytes = argc == 4 ? atoi(argv[2]) : 0;
    const int threads = argc == 4 ? atoi(argv[3]) : 0;
    pthread_t thread[MAX_THREADS];
    struct work work[MAX_THREADS];
    double sum = 0;
    if (bytes < (int)sizeof(long) || bytes > MAX_BYTES || bytes % 8 != 0
        || threads < 1 || threads > MAX_THREADS) {
        fprintf(stderr, "usage: false_sharing LABEL BYTES THREADS\n");
        return 2;
    }
    for (int i = 0; i < threads; i++) {
        work[i].counter = (volatile long *)(memory + i * bytes);
        if (pthread_create(&thread[i], NULL, add, &work[i]) != 0)
            return 1;
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        sum += work[i].ns;
    }
    printf("row\t%s\t%.3f\n", argv[1], sum / threads);
    return 0;
}
