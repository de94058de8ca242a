/* SPDX-License-Identifier: Apache-2.0 */
/* 1 + 1/2 + ... + 1/1000000: rounding_arrival N...
 * With N threads, a block of the terms for each. A thread adds every 10 terms
 * to the total of all, and the threads come in whatever order they come. */
#include "lab_threads.h"
#include "rounding_off.h"

static double total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block {
    int begin, end;
} block[MOST];

static void *add(void *arg)
{
    const struct block *mine = arg;
    for (int i = mine->begin; i < mine->end;) {
        double part = 0;
        for (int j = 0; j < 10 && i < mine->end; j++, i++)
            part += 1.0 / (i + 1);
        pthread_mutex_lock(&lock);
        total += part;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    for (int run = 1; run < argc; run++) {
        int n = workers(argv[run]);
        for (int i = 0; i < n; i++) {
            block[i].begin = (int)((long)TERMS * i / n);
            block[i].end = (int)((long)TERMS * (i + 1) / n);
        }
        total = 0;
        run_threads(n, add, block, sizeof block[0]);
        printf("row\trun %d\t%.17g\t%.0f\n", run, total, off(total));
    }
}
