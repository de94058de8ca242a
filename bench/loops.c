/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops as OpenMP's users write them, against which fanfold is measured; the
 * build compiles them with the flags that fanfold compiles kernels with.
 *
 *     loops primes plain|SCHEDULE N    the inner loop of examples/primes.c
 *     loops empty N                    dynamic,1 and an empty opaque body
 *     loops items N                    static and the same body
 *
 * Prints the time of the loop in ns, and what it found.
 */
#include "../examples/primes.c"

#include "clock.h"
#include "schedule.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t plain_primes(uint64_t n)
{
    uint64_t found = 0;
    for (uint64_t i = 0; i < n; i++)
        found += (uint64_t)is_prime(i);
    return found;
}

static uint64_t openmp_primes(uint64_t n)
{
    uint64_t found = 0;
#pragma omp parallel for schedule(runtime) reduction(+ : found)
    for (uint64_t i = 0; i < n; i++)
        found += (uint64_t)is_prime(i);
    return found;
}

static uint64_t empty(uint64_t n)
{
#pragma omp parallel for schedule(dynamic, 1)
    for (uint64_t i = 0; i < n; i++)
        __asm__ volatile("" : : "r"(i));
    return n;
}

static uint64_t items(uint64_t n)
{
#pragma omp parallel for schedule(static)
    for (uint64_t i = 0; i < n; i++)
        __asm__ volatile("" : : "r"(i));
    return n;
}

int main(int argc, char **argv)
{
    uint64_t (*loop)(uint64_t n) = NULL;
    const char *const name = argc > 2 ? argv[1] : "";
    if (strcmp(name, "primes") == 0 && strcmp(argv[2], "plain") == 0)
        loop = plain_primes;
    else if (strcmp(name, "primes") == 0 && schedule_set(argv[2]) == 0)
        loop = openmp_primes;
    else if (strcmp(name, "empty") == 0 && schedule_set("dynamic") == 0)
        loop = empty;
    else if (strcmp(name, "items") == 0 && schedule_set("static") == 0)
        loop = items;
    if (loop == NULL) {
        fprintf(stderr, "usage: loops primes plain|SCHEDULE N, "
                "loops empty|items N\n");
        return 2;
    }
    const uint64_t n = strtoull(argv[argc - 1], NULL, 10);
    const uint64_t begin = clock_ns();
    const uint64_t found = loop(n);
    printf("%" PRIu64 " %" PRIu64 "\n", clock_ns() - begin, found);
    return 0;
}
