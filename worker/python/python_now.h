/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread is called for at the moment. */
#ifndef FANFOLD_WORKER_PYTHON_NOW_H
#define FANFOLD_WORKER_PYTHON_NOW_H

#include <fanfold.h>
#include <stdbool.h>
#include <stdint.h>

enum python_stage {
    PYTHON_OUTSIDE, /* while the file is imported, or a thread that the kernel
                       started: ff is NULL */
    PYTHON_SETUP, PYTHON_ITEMS, PYTHON_TEARDOWN
};

/* Of this thread; set by python_call.c, which holds the interpreter's lock as
 * long as ff is not NULL. */
struct python_now {
    enum python_stage stage;
    struct ff *ff;
    uint64_t begin, end;  /* the items that the function is called for */
    bool has_item;        /* it is called for one, or has chosen it: */
    struct ff_rng stream; /* its random numbers; stream.item is the item */
};

extern _Thread_local struct python_now python_now;

/* The function is called for [begin, end), of which it chooses. */
static inline void python_now_call(struct python_now *now, uint64_t begin,
                                   uint64_t end)
{
    now->begin = begin;
    now->end = end;
    now->has_item = false;
}

/* It is about this one of them: its random numbers begin. */
static inline void python_now_choose(struct python_now *now, uint64_t item)
{
    now->has_item = true;
    now->stream.ff = now->ff;
    now->stream.item = item;
    now->stream.block = 0;
    now->stream.left = 0;
}

/* The call of this thread; the same, with an item. NULL with an exception that
 * names fanfold.FUNCTION: there is none. The thread has the lock. */
struct python_now *python_call_of(const char *function);
struct python_now *python_item_of(const char *function);

#define PYTHON_NO_ITEM UINT64_MAX

/* To which a failure belongs; PYTHON_NO_ITEM: to none of several. */
static inline uint64_t python_now_item(const struct python_now *now)
{
    return now->has_item ? now->stream.item
           : now->end - now->begin == 1 ? now->begin : PYTHON_NO_ITEM;
}

#endif
