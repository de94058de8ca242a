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
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 400
#define ADDITIONS 250000 /* of a round */
#define MAX_THREADS 64
#define MAX_BYTES 256

struct work {
    volatile long *counter; /* volatile: each addition is a store */
    int threads;
    double ns;              /* CPU time of an addition */
};

static _Alignas(MAX_BYTES) char memory[MAX_THREADS * MAX_BYTES];
static _Alignas(MAX_BYTES) atomic_int ready;

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *add(void *arg)
{
    struct work *mine = arg;
    for (int round = 1; round <= ROUNDS; round++) {
        atomic_fetch_add(&ready, 1);
        while (atomic_load(&ready) < round * mine->threads)
            ; /* so all add at the same time */
        const double begin = cpu_ns();
        for (int i = 0; i < ADDITIONS; i++)
            *mine->counter += 1;
        mine->ns += (cpu_ns() - begin) / ADDITIONS / ROUNDS;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const int bytes = argc == 4 ? atoi(argv[2]) : 0;
    const int threads = argc == 4 ? atoi(argv[3]) : 0;
    pthread_t thread[MAX_THREADS];
    struct work work[MAX_THREADS];
    double sum = 0;
    if (bytes < 8 || bytes > MAX_BYTES || bytes % 8 != 0 || threads < 1
        || threads > MAX_THREADS) {
        fprintf(stderr, "usage: false_sharing LABEL BYTES THREADS\n");
        return 2;
    }
    for (int i = 0; i < threads; i++) {
        work[i] = (struct work){(volatile long *)(memory + i * bytes), threads,
                                0};
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
