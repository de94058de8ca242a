/* SPDX-License-Identifier: Apache-2.0 */
/* Each thread adds to a counter of its own: no thread ever reads what another
 * one writes. Are the counters neighbours, or a cache line and more apart?
 *     false_sharing LABEL BYTES THREADS    BYTES: from one counter to the next
 * It measures the CPU time (ns) that an addition takes. */
#include "lab_threads.h"

enum { ROUNDS = 400, ADDITIONS = 250000, FURTHEST = 256 };
static struct work {
    volatile long *counter; /* volatile: each addition is a store */
    double ns;              /* CPU time of an addition */
} work[MOST];
static _Alignas(FURTHEST) char memory[MOST * FURTHEST];
static _Alignas(FURTHEST) atomic_int ready;
static int threads;

static void *add(void *arg)
{
    struct work *mine = arg;
    double sum = 0;
    for (int round = 1; round <= ROUNDS; round++) {
        ready++;
        while (ready < round * threads)
            ; /* so all add at the same time */
        double begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < ADDITIONS; i++)
            *mine->counter += 1;
        sum += clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
    }
    mine->ns = sum / ADDITIONS / ROUNDS;
    return NULL;
}

int main(int argc, char **argv)
{
    int bytes = argc > 2 ? atoi(argv[2]) : 8;
    double sum = 0;
    threads = workers(argc > 3 ? argv[3] : "2");
    if (bytes < 8 || bytes > FURTHEST || bytes % 8 != 0)
        return 2; /* a counter has 8 bytes */
    for (int i = 0; i < threads; i++)
        work[i].counter = (volatile long *)(memory + i * bytes);
    run_threads(threads, add, work, sizeof work[0]);
    for (int i = 0; i < threads; i++)
        sum += work[i].ns;
    printf("row\t%s\t%.3f\n", argc > 1 ? argv[1] : "counters", sum / threads);
}
