/* SPDX-License-Identifier: Apache-2.0 */
/* Each item is two threads that both need two locks. In item `crosswise` they
 * take them in opposite order: each waits for the lock that the other one
 * holds, for ever. All other items take them in the same order. */
#include <fanfold.h>
#include <pthread.h>

FF_ABOUT("two threads and two locks an item")
FF_ITEMS(8)
FF_INT(crosswise, 3, "the item that takes its locks crosswise; -1: none")
FF_COUNT(finished)

struct locks {
    pthread_mutex_t a, b;
    pthread_barrier_t both; /* threads have one of them */
    int crosswise;
};

static void *a_then_b(void *arg)
{
    struct locks *l = arg;
    pthread_mutex_lock(&l->a);
    if (l->crosswise) /* the bad luck, which else is rare */
        pthread_barrier_wait(&l->both);
    pthread_mutex_lock(&l->b);
    pthread_mutex_unlock(&l->b);
    pthread_mutex_unlock(&l->a);
    return NULL;
}

static void *b_then_a(void *arg)
{
    struct locks *l = arg;
    pthread_mutex_lock(&l->b);
    if (l->crosswise)
        pthread_barrier_wait(&l->both);
    pthread_mutex_lock(&l->a);
    pthread_mutex_unlock(&l->a);
    pthread_mutex_unlock(&l->b);
    return NULL;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        struct locks l = {.crosswise = (int64_t)i == crosswise};
        pthread_t thread;
        pthread_mutex_init(&l.a, NULL);
        pthread_mutex_init(&l.b, NULL);
        pthread_barrier_init(&l.both, NULL, 2);
        pthread_create(&thread, NULL, a_then_b, &l);
        if (l.crosswise)
            b_then_a(&l);
        else
            a_then_b(&l);
        pthread_join(thread, NULL);
        ff_count(ff, finished, 1);
    }
}
