/* SPDX-License-Identifier: Apache-2.0 */
/* The squares exercise with N threads: squares_threads N
 * Each thread computes the squares of its part of the numbers. All of them
 * write to one array: threads share the memory of their process. */
#include "lab_measure.h"

enum { NUMBERS = 100000 };
struct part {
    long begin, end;
    pthread_t thread;
};
static long long squares[NUMBERS];

static void *work(void *argument)
{
    struct part *part = argument;
    for (long i = part->begin; i < part->end; i++)
        squares[i] = (long long)i * i;
    return NULL;
}

int main(int argc, char **argv)
{
    int n = workers(argc > 1 ? argv[1] : "2");
    struct part part[MOST];

    double t0 = now_us(); /* create: say who does what */
    for (long i = 0; i < n; i++) {
        part[i].begin = i * NUMBERS / n;
        part[i].end = (i + 1) * NUMBERS / n;
    }
    double t1 = now_us(); /* start: from here on they work */
    for (int i = 0; i < n; i++)
        if (pthread_create(&part[i].thread, NULL, work, &part[i]) != 0)
            return 1;
    double t2 = now_us(); /* join: wait for the end of each */
    for (int i = 0; i < n; i++)
        pthread_join(part[i].thread, NULL);
    double t3 = now_us();

    long long sum = 0;
    for (long i = 0; i < NUMBERS; i++)
        sum += squares[i];
    printf("row\t%d C threads\t%.1f\t%.1f\t%.1f\t%lld\n", n, t1 - t0, t2 - t1,
           t3 - t2, sum);
    printf("End main (%d C threads)\n", n);
}
