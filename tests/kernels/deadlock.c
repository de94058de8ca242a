/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` takes two locks crosswise with another thread, which it starts
 * itself, and hangs. how=blocked: that thread blocks all signals. how=many: ten
 * more that wait for something else. how=quit: SIGQUIT is ignored. how=chained: it has a handler
 * of the kernel's own, which then calls the one before it, as Python's
 * faulthandler does. how=spin: no other thread, and the item computes for ever. */
#include <fanfold.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(100)
FF_INT(item, 17)
FF_TEXT(how, "")
FF_COUNT(items)

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

__attribute__((noinline)) static void lock_forward(void)
{
    pthread_mutex_lock(&first);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&second);
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
}

__attribute__((noinline)) static void lock_backward(void)
{
    pthread_mutex_lock(&second);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&first);
    pthread_mutex_unlock(&first);
    pthread_mutex_unlock(&second);
}

static void *backward(void *arg)
{
    lock_backward();
    return arg;
}

__attribute__((noinline)) static void wait_for_ever(void)
{
    for (;;)
        pause();
}

static void *waiter(void *arg)
{
    wait_for_ever();
    return arg;
}

__attribute__((noinline)) static void compute_for_ever(void)
{
    for (volatile unsigned n = 0;; n++)
        ;
}

static struct sigaction before_us;

static void note_and_chain(int number)
{
    static const char text[] = "chained handler\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(1);
    sigaction(number, &before_us, NULL);
    raise(number);
}

static void chain(void)
{
    struct sigaction action = {.sa_handler = note_and_chain};
    action.sa_flags = SA_NODEFER | SA_ONSTACK | SA_RESTART;
    sigaction(SIGQUIT, &action, &before_us);
}

static void hang(void)
{
    pthread_t thread;
    sigset_t all, before;
    if (strcmp(how, "spin") == 0)
        compute_for_ever();
    if (strcmp(how, "quit") == 0)
        signal(SIGQUIT, SIG_IGN);
    if (strcmp(how, "chained") == 0)
        chain();
    for (int i = 0; strcmp(how, "many") == 0 && i < 10; i++)
        pthread_create(&thread, NULL, waiter, NULL);
    sigfillset(&all);
    if (strcmp(how, "blocked") == 0)
        pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_barrier_init(&both, NULL, 2);
    pthread_create(&thread, NULL, backward, NULL);
    if (strcmp(how, "blocked") == 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    lock_forward();
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item)
            hang();
        ff_count(ff, items, 1);
    }
}
