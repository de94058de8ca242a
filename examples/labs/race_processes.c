/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes add 1 to a counter, each of them N times: race_processes N
 * It looks like one counter, and is two: each child has a memory of its own,
 * and tells main what it counted. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile long counter;

static long add(long n)
{
    for (long i = 0; i < n; i++)
        counter = counter + 1;
    return counter;
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? atol(argv[1]) : 1000000;
    long wanted = 2 * n, lost = wanted;
    struct rusage cpu; /* what all children used */
    int ends[2];       /* of a pipe: children write, main reads */
    if (pipe(ends) != 0)
        return 1;
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child < 0)
            return 1;
        if (child == 0) {
            long mine = add(n);
            _exit(write(ends[1], &mine, sizeof mine) != sizeof mine);
        }
    }
    close(ends[1]);
    for (long part; read(ends[0], &part, sizeof part) == sizeof part;)
        lost -= part;
    while (wait(NULL) > 0)
        continue;
    getrusage(RUSAGE_CHILDREN, &cpu);
    double ns = 1e9 * (double)(cpu.ru_utime.tv_sec + cpu.ru_stime.tv_sec) +
                1e3 * (double)(cpu.ru_utime.tv_usec + cpu.ru_stime.tv_usec);
    printf("row\tprocesses\t%ld\t%.4f\t%.2f\n", lost,
           100.0 * (double)lost / (double)wanted, ns / (double)wanted);
}
