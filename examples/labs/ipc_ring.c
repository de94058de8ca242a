/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes, or threads, talk by two rings in memory that both see: one
 * writes into a ring and moves its `head`, the other reads and moves its
 * `tail`. Who must wait looks again. ipc_ring processes|threads */
#include "ipc.h"
#include "lab_core.h"
#include "lab_memory.h"

enum { SLOTS = 4 };
static _Thread_local struct ring {
    _Alignas(64) atomic_ulong head; /* blocks written: the giver's */
    _Alignas(64) atomic_ulong tail; /* blocks read: the taker's */
    _Alignas(64) char slot[SLOTS][BLOCK];
} * in, *out;

static void wait_while(atomic_ulong *count, unsigned long is)
{
    for (int looks = 1; *count == is; looks++)
        if (looks % 1024 == 0)
            sched_yield(); /* the other one may need this core */
}

static void give(size_t size)
{
    unsigned long head = out->head;
    wait_while(&out->tail, head - SLOTS); /* the ring is full */
    memcpy(out->slot[head % SLOTS], block, size);
    out->head = head + 1; /* who sees this sees the bytes */
}

static void take(size_t size)
{
    unsigned long tail = in->tail;
    wait_while(&in->head, tail); /* the ring is empty */
    memcpy(block, in->slot[tail % SLOTS], size);
    in->tail = tail + 1; /* the slot is free */
}

static void *other_one(void *rings)
{
    stay_on_core(1);
    in = rings;
    out = in + 1;
    answer();
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 && strcmp(argv[1], "threads") == 0;
    pthread_t thread;
    out = new_memory(2 * sizeof *out, MAP_SHARED);
    in = out + 1;
    if (threads && pthread_create(&thread, NULL, other_one, out) != 0)
        return 1;
    if (!threads && fork() == 0)
        return other_one(out) != NULL; /* the end of the child */
    stay_on_core(0);
    ask(threads ? "threads: ring" : "processes: ring");
}
