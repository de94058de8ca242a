/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the labs have in common. What they measured they print
 * as rows of the lab's table: row<TAB>LABEL<TAB>VALUE<TAB>VALUE... */
#ifndef LAB_MEASURE_H
#define LAB_MEASURE_H
#define _GNU_SOURCE /* all that the system's headers have */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024 }; /* workers: threads or processes */

static inline int workers(const char *text) /* how many it says */
{
    int n = atoi(text);
    return n < 1 ? 1 : n > MOST ? MOST : n;
}

/* By CLOCK_PROCESS_CPUTIME_ID: the CPU time so far, of all threads of this
 * process. By CLOCK_THREAD_CPUTIME_ID: of this thread. */
static inline double clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static inline double now_us(void)
{
    return clock_ns(CLOCK_MONOTONIC) / 1e3;
}
#endif
