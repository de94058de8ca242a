/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads take two locks crosswise, but one after the other, so that they
 * cannot block each other today. The thread sanitizer sees the danger:
 * cc -fsanitize=thread -g -pthread deadlock_order.c */
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static int finished; /* under both locks */

static void *a_then_b(void *unused)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    finished++;
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    return unused;
}

static void *b_then_a(void *unused)
{
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    finished++;
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    return unused;
}

int main(void)
{
    void *(*const way[2])(void *) = {a_then_b, b_then_a};
    pthread_t thread;

    for (int i = 0; i < 2; i++) {
        pthread_create(&thread, NULL, way[i], NULL);
        pthread_join(thread, NULL); /* only then the next one starts */
    }
    printf("row\tone thread after the other\t%d\n", finished);
    return 0;
}
