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

struct order {
    pthread_mutex_t *first, *second;
    pthread_barrier_t *both; /* or NULL */
};

static void *use_both(void *arg)
{
    struct order *order = arg;

    pthread_mutex_lock(order->first);
    if (order->both != NULL) /* the bad luck, which else is rare: */
        pthread_barrier_wait(order->both); /* both have their first lock */
    pthread_mutex_lock(order->second);
    pthread_mutex_unlock(order->second);
    pthread_mutex_unlock(order->first);
    return NULL;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = a;
        pthread_barrier_t both;
        struct order one = {&a, &b, NULL}, other = {&a, &b, NULL};
        pthread_t thread;

        if ((int64_t)i == crosswise) {
            pthread_barrier_init(&both, NULL, 2);
            one.both = other.both = &both;
            other.first = &b;
            other.second = &a;
        }
        pthread_create(&thread, NULL, use_both, &one);
        use_both(&other);
        pthread_join(thread, NULL);
        ff_count(ff, finished, 1);
    }
}
