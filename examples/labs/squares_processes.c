/* SPDX-License-Identifier: Apache-2.0 */
/* The squares exercise with N processes: squares_processes N
 * Each child computes the squares of its part of the numbers. A child has a
 * memory of its own: main sees what it wrote only in memory that is shared. */
#include "lab_memory.h"
#include <sys/wait.h>

enum { NUMBERS = 100000 };
struct part {
    long begin, end;
    pid_t child;
};

static void work(const struct part *part, long long *squares)
{
    for (long i = part->begin; i < part->end; i++)
        squares[i] = (long long)i * i;
}

int main(int argc, char **argv)
{
    int n = workers(argc > 1 ? argv[1] : "2");
    struct part part[MOST];

    double t0 = now_us(); /* create: say who does what, and the shared memory */
    long long *squares = new_memory(NUMBERS * sizeof *squares, MAP_SHARED);
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
