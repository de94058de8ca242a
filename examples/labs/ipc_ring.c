/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes, or threads, talk through memory that both see, by two rings:
 * ipc_ring processes|threads
 * One writes into a ring and moves its `head`, the other reads and moves its
 * `tail`; the kernel has no part in it. Who must wait looks again and again. */
#define _GNU_SOURCE
#include "ipc.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 4 };
static struct ring {
    _Alignas(64) atomic_ulong head; /* blocks written: the giver's */
    _Alignas(64) atomic_ulong tail; /* blocks read: the taker's */
    _Alignas(64) char slot[SLOTS][BLOCK];
} * there, *back;
static _Thread_local struct ring *in, *out;
static cpu_set_t cores; /* that we may use */
static int one_core;    /* the other one answers only when we let it run */

static void give(size_t size)
{
    unsigned long head = out->head;
    while (head - out->tail == SLOTS) /* full */
        if (one_core)
            sched_yield();
    memcpy(out->slot[head % SLOTS], block, size);
    out->head = head + 1; /* who sees this sees the bytes */
}

static void take(size_t size)
{
    unsigned long tail = in->tail;
    while (in->head == tail) /* empty */
        if (one_core)
            sched_yield();
    memcpy(block, in->slot[tail % SLOTS], size);
    in->tail = tail + 1; /* the slot is free */
}

static void stay_on(int k) /* a core for each, if there are two */
{
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &cores) && k-- == 0)
            CPU_SET(cpu, &one);
    if (!one_core)
        sched_setaffinity(0, sizeof one, &one);
}

static void *other_one(void *unused)
{
    stay_on(1);
    in = there;
    out = back;
    answer();
    return unused;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 && strcmp(argv[1], "threads") == 0;
    pthread_t thread;
    there = mmap(NULL, 2 * sizeof *there, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (there == MAP_FAILED)
        return 1;
    in = back = there + 1;
    out = there;
    sched_getaffinity(0, sizeof cores, &cores);
    one_core = CPU_COUNT(&cores) < 2;
    if (threads && pthread_create(&thread, NULL, other_one, NULL) != 0)
        return 1;
    if (!threads && fork() == 0) {
        other_one(NULL);
        _exit(0);
    }
    stay_on(0);
    ask(threads ? "threads: ring" : "processes: ring");
    threads ? pthread_join(thread, NULL) : wait(NULL);
}
