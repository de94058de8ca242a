/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads add 1 to a counter, each of them N times: race HOW N [ROW] */
#include "lab_threads.h"

static long n;
static volatile long counter; /* volatile: read and written each time */
static atomic_long atomic;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *plain(void *unused) /* read it, add 1, write it: three steps */
{
    for (long i = 0; i < n; i++)
        counter = counter + 1;
    return unused;
}

static void *in_one(void *unused) /* the processor does the three as one */
{
    for (long i = 0; i < n; i++)
        atomic_fetch_add(&atomic, 1);
    return unused;
}

static void *locked(void *unused) /* nobody else gets between the three */
{
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
    n = argc > 2 ? atol(argv[2]) : 1000000;
    run_threads(2, add, NULL, 0);
    double ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wanted = 2 * (double)n;
    long lost = 2 * n - counter - atomic;
    printf("row\t%s\t%ld\t%.4f\t%.2f\n", argc > 3 ? argv[3] : how, lost,
           100 * (double)lost / wanted, ns / wanted);
}
