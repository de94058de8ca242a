/* SPDX-License-Identifier: Apache-2.0 */
/* Threads take and give back references to 16 objects, N of them each:
 * refcount HOW THREADS N
 *   plain   the count of an object is a number: read, change, write
 *   lock    the same, but only the thread that holds the one lock works
 *   atomic  the processor changes the count in one step
 * Nothing is really freed. Main has references too, which are not counted:
 * each thread gives back all that it took, so each count must end at 0. */
#include "lab_threads.h"

enum { OBJECTS = 16, RUN = 64, TURN = OBJECTS * RUN };
static volatile long count[OBJECTS];
static atomic_long atomic[OBJECTS];
static long n;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A turn: run by run we take references to one object, and give back as many
 * that we have to the object half the way round. */
static void *plain(void *the_lock)
{
    for (long i = 0; i < n; i += TURN) {
        if (the_lock)
            pthread_mutex_lock(the_lock);
        for (int k = 0; k < TURN; k++) {
            volatile long *taken = &count[k / RUN];
            volatile long *given = &count[(k / RUN + OBJECTS / 2) % OBJECTS];
            *taken = *taken + 1;
            *given = *given - 1;
        }
        if (the_lock)
            pthread_mutex_unlock(the_lock);
    }
    return NULL;
}

static void *in_one_step(void *unused)
{
    for (long i = 0; i < n; i += TURN)
        for (int k = 0; k < TURN; k++) {
            atomic_fetch_add(&atomic[k / RUN], 1);
            atomic_fetch_sub(&atomic[(k / RUN + OBJECTS / 2) % OBJECTS], 1);
        }
    return unused;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "plain";
    int n_threads = workers(argc > 2 ? argv[2] : "2"), leaked = 0, early = 0;
    n = argc > 3 ? atol(argv[3]) : 1000000;
    run_threads(n_threads, strcmp(how, "atomic") == 0 ? in_one_step : plain,
                strcmp(how, "lock") == 0 ? &lock : NULL, 0);
    for (int k = 0; k < OBJECTS; k++) {
        leaked += count[k] + atomic[k] > 0; /* stays, though nobody has it */
        early += count[k] + atomic[k] < 0;  /* went, though main had it */
    }
    printf("row\t%s, %d thread%s\t%d\t%d\t%d\t%.2f\n", how, n_threads,
           n_threads > 1 ? "s" : "", leaked, early, leaked + early,
           clock_ns(CLOCK_PROCESS_CPUTIME_ID) / (double)n / n_threads);
}
