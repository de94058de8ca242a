/* SPDX-License-Identifier: Apache-2.0 */
/* 1 + 1/2 + ... + 1/1000000, a block of terms for each thread.
 *   rounding rank N...     with N threads; the sums of the threads are added in
 *                          the order of their ranks
 *   rounding arrival N...  each thread adds every 10 terms to one total, in
 *                          whatever order they come */
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

static void *add(void *arg)
{
    struct block *b = arg;

    b->sum = 0;
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

int main(int argc, char **argv)
{
    int arrival = argc > 1 && strcmp(argv[1], "arrival") == 0;

    for (int i = 2; i < argc; i++) {
        int n = atoi(argv[i]) < MOST ? atoi(argv[i]) : MOST;
        double by_rank = run(n);
        if (arrival)
            printf("row\trun %d\t%.17g\n", i - 1, total);
        else
            printf("row\t%d\t%.17g\n", n, by_rank);
    }
    return 0;
}
