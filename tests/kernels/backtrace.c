/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` (-2: each) crashes in the way `how`, below functions with names;
 * the lines that are marked are those that a backtrace must name. */
#include <fanfold.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

FF_ITEMS(100)
FF_INT(item, 50)
FF_TEXT(how, "segv")
FF_COUNT(items)

#define OUTLINE __attribute__((noinline, noclone))

static int *volatile nowhere;
static void (*volatile no_function)(void);
static volatile int zero;

static int is(const char *name)
{
    return strcmp(how, name) == 0;
}

static OUTLINE void touch(void)
{
    *nowhere = 1; /* MARK touch */
    zero = 0;
}

static OUTLINE int compare(const void *a, const void *b)
{
    touch(); /* MARK compare */
    return *(const int *)a - *(const int *)b;
}

static OUTLINE void sort(void)
{
    int two[2] = {2, 1};
    qsort(two, 2, sizeof two[0], compare); /* MARK sort */
    zero = 0;
}

static OUTLINE int descend(volatile char *above)
{
    volatile char page[4096];
    page[0] = above ? *above : 0;
    return zero ? 0 : descend(page) + page[0];
}

/* What is behind the last block is the heap's own: the C library finds out at
 * the next one, and aborts with its lock held. */
static OUTLINE void ruin_heap(void)
{
    for (int i = 0; i < 100; i++) {
        char *volatile a = malloc(100000); /* MARK heap */
        memset(a + 100000, 0xff, 16);
    }
    zero = 0;
}

/* Returns to nowhere: there is no way up. */
static OUTLINE void ruin_stack(void)
{
    void **volatile frame = __builtin_frame_address(0);
    frame[1 + zero] = (void *)(uintptr_t)0x123456789000;
}

/* The same, but it does not get that far. */
static OUTLINE void ruin_and_abort(void)
{
    void **volatile frame = __builtin_frame_address(0);
    frame[1 + zero] = (void *)(uintptr_t)0x123456789000;
    abort(); /* MARK ruined */
}

static void *thread(void *arg)
{
    (void)arg;
    touch(); /* MARK thread */
    return NULL;
}

static OUTLINE void second_thread(void)
{
    pthread_t t;
    pthread_create(&t, NULL, thread, NULL);
    pthread_join(t, NULL);
}

static OUTLINE void step(void)
{
    if (is("segv"))
        touch(); /* MARK step */
    if (is("sort"))
        sort(); /* MARK call */
    if (is("null"))
        no_function(); /* MARK null */
    if (is("wild"))
        ((void (*)(void))(uintptr_t)0x123456789000)(); /* MARK wild */
    if (is("abort"))
        abort(); /* MARK abort */
    if (is("stack"))
        descend(NULL);
    if (is("heap"))
        ruin_heap(); /* MARK ruin */
    if (is("ruin"))
        ruin_stack();
    if (is("ruined"))
        ruin_and_abort();
    if (is("thread"))
        second_thread();
    zero = 0;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item || item == -2)
            step(); /* MARK kernel */
        ff_count(ff, items, 1);
    }
}
