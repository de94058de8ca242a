/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that begin at the same time. */
#include "lab_measure.h"

static void *(*their_work)(void *);
static pthread_barrier_t all_are_here;

static inline void *begin_together(void *part)
{
    pthread_barrier_wait(&all_are_here);
    return their_work(part);
}

/* n threads do the work, and main waits for the end of all. Thread i is given
 * parts + i * size: its element of an array, or, if size is 0, what all get. */
static inline void run_threads(int n, void *(*work)(void *), void *parts,
                               size_t size)
{
    pthread_t thread[MOST];
    their_work = work;
    pthread_barrier_init(&all_are_here, NULL, (unsigned)n);
    for (int i = 0; i < n; i++) {
        char *part = (char *)parts + (size_t)i * size;
        if (pthread_create(&thread[i], NULL, begin_together, part) != 0)
            exit(1);
    }
    for (int i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&all_are_here);
}
