/* SPDX-License-Identifier: Apache-2.0 */
/* 1 + 1/2 + ... + 1/1000000: rounding N...
 * With N threads, a block of the terms for each; the sums of the threads are
 * added in the order of their ranks. */
#include "lab_threads.h"
#include "rounding_off.h"

static struct block {
    int begin, end;
    double sum;
} block[MOST];

static void *add(void *arg)
{
    struct block *mine = arg;
    double sum = 0;
    for (int i = mine->begin; i < mine->end; i++)
        sum += 1.0 / (i + 1);
    mine->sum = sum;
    return NULL;
}

static double sum_of(int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        block[i].begin = (int)((long)TERMS * i / n);
        block[i].end = (int)((long)TERMS * (i + 1) / n);
    }
    run_threads(n, add, block, sizeof block[0]);
    for (int i = 0; i < n; i++)
        sum += block[i].sum;
    return sum;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int n = workers(argv[i]);
        double sum = sum_of(n);
        printf("row\t%d\t%.17g\t%.0f\n", n, sum, off(sum));
    }
}
