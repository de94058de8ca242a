/* SPDX-License-Identifier: Apache-2.0 */
/* 1 + 1/2 + ... + 1/1000000, a block of terms for each thread.
 *   rounding rank N...     with N threads; the sums of the threads are added in
 *                          the order of their ranks
 *   rounding arrival N...  each thread adds every 10 terms to one total, in
 *                          whatever order they come */
#define _GNU_SOURCE /* pthread_barrier_t */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TERMS = 1000000, MOST = 64 };
static struct block {
    int begin, end;
    double sum;
} block[MOST];
static double total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_there;

static void *add(void *arg)
{
    struct block *b = arg;

    b->sum = 0;
    pthread_barrier_wait(&all_there);
    for (int i = b->begin; i < b->end;) {
        double part = 0;
        for (int j = 0; j < 10 && i < b->end; j++, i++)
            part += 1.0 / (i + 1);
        b->sum += part;
        pthread_mutex_lock(&lock);
        total += part;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static double run(int n) /* the sum by ranks; `total` is the other one */
{
    pthread_t thread[MOST];
    double by_rank = 0;

    total = 0;
    pthread_barrier_init(&all_there, NULL, (unsigned)n);
    for (int i = 0; i < n; i++) {
        block[i].begin = (int)((long)TERMS * i / n);
        block[i].end = (int)((long)TERMS * (i + 1) / n);
        pthread_create(&thread[i], NULL, add, &block[i]);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(thread[i], NULL);
        by_rank += block[i].sum;
    }
    return by_rank;
}

/* How far it is from the true sum, in units of its last binary digit. */
static double off(double sum)
{
    long double exact = 0; /* has more digits, and the smallest come first */

    for (int i = TERMS; i > 0; i--)
        exact += 1.0 / i;
    return fabs((double)(sum - exact)) / 0x1p-49;
}

int main(int argc, char **argv)
{
    int arrival = argc > 1 && strcmp(argv[1], "arrival") == 0;

    for (int i = 2; i < argc; i++) {
        int n = atoi(argv[i]) < MOST ? atoi(argv[i]) : MOST;
        double by_rank = run(n), sum = arrival ? total : by_rank;
        printf(arrival ? "row\trun %d" : "row\t%d", arrival ? i - 1 : n);
        printf("\t%.17g\t%.0f\n", sum, off(sum));
    }
    return 0;
}
