/* SPDX-License-Identifier: Apache-2.0 */
/* The squares exercise with N processes: squares_processes N
 * Each child computes the squares of its part of the numbers. A child has a
 * memory of its own: main sees what it wrote only in memory that is shared. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NUMBERS = 100000, MOST = 1024 };
struct part {
    long begin, end;
    pid_t child;
};

static void work(const struct part *part, long long *squares)
{
    for (long i = part->begin; i < part->end; i++)
        squares[i] = (long long)i * i;
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 2;
    struct part part[MOST];
    n = n < 1 ? 1 : n > MOST ? MOST : n;

    double t0 = now_us(); /* create: say who does what, and the shared memory */
    long long *squares =
        mmap(NULL, NUMBERS * sizeof *squares, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (squares == MAP_FAILED)
        return 1;
    for (long i = 0; i < n; i++) {
        part[i].begin = i * NUMBERS / n;
        part[i].end = (i + 1) * NUMBERS / n;
    }
    double t1 = now_us(); /* start: from here on they work */
    for (int i = 0; i < n; i++) {
        part[i].child = fork();
        if (part[i].child < 0)
            return 1;
        if (part[i].child == 0) {
            work(&part[i], squares);
            _exit(0); /* the end of the child */
        }
    }
    double t2 = now_us(); /* join: wait for the end of each */
    for (int i = 0; i < n; i++)
        waitpid(part[i].child, NULL, 0);
    double t3 = now_us();

    long long sum = 0;
    for (long i = 0; i < NUMBERS; i++)
        sum += squares[i];
    printf("row\t%d C processes\t%.1f\t%.1f\t%.1f\t%lld\n", n, t1 - t0, t2 - t1,
           t3 - t2, sum);
    printf("End main (%d C processes)\n", n);
}
