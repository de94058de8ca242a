/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes, or threads, talk through memory that both see, by two rings:
 * ipc_ring processes|threads
 * One writes into a ring and moves its `head`, the other reads and moves its
 * `tail`; the kernel has no part in it. Who must wait looks again and again.
 * Measured like ipc_pipe. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, BLOCKS = 32, TURNS = 16, SLOTS = 4 };
struct ring {
    _Alignas(64) atomic_ulong head; /* blocks written: the giver's */
    _Alignas(64) atomic_ulong tail; /* blocks read: the taker's */
    _Alignas(64) char slot[SLOTS][BLOCK];
};
static struct ring *there, *back;
static _Thread_local char block[BLOCK]; /* its first byte: the last turn */

static int one_core; /* the other one answers only when we let it run */

static void look_again(void)
{
    if (one_core)
        sched_yield();
}

static void give(struct ring *ring, size_t size)
{
    unsigned long head = ring->head;
    while (head - ring->tail == SLOTS) /* full */
        look_again();
    memcpy(ring->slot[head % SLOTS], block, size);
    ring->head = head + 1; /* who sees this sees the bytes */
}

static void take(struct ring *ring, size_t size)
{
    unsigned long tail = ring->tail;
    while (ring->head == tail) /* empty */
        look_again();
    memcpy(block, ring->slot[tail % SLOTS], size);
    ring->tail = tail + 1; /* the slot is free */
}

static void answer(int blocks, size_t size)
{
    do {
        for (int i = 0; i < blocks; i++)
            take(there, size);
        give(back, 1);
    } while (!block[0]);
}

static void stay_on(int k) /* a core for each, if there are two */
{
    cpu_set_t ours, one;
    CPU_ZERO(&ours);
    CPU_ZERO(&one);
    sched_getaffinity(0, sizeof ours, &ours);
    one_core = CPU_COUNT(&ours) == 1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &ours) && k-- == 0)
            CPU_SET(cpu, &one);
    if (!one_core)
        sched_setaffinity(0, sizeof one, &one);
}

static void *other_one(void *unused)
{
    stay_on(1);
    answer(1, 1);
    answer(BLOCKS, BLOCK);
    return unused;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double ask(int turns, int blocks, size_t size) /* s: the fastest turn */
{
    double best = 1e9, stop = now() + 0.25;
    for (block[0] = 0; !block[0];) {
        double begin = now();
        block[0] = begin > stop;
        for (int turn = 0; turn < (block[0] ? 1 : turns); turn++) {
            for (int i = 0; i < blocks; i++)
                give(there, size);
            take(back, 1);
        }
        double s = (now() - begin) / turns;
        best = !block[0] && s < best ? s : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 && strcmp(argv[1], "threads") == 0;
    pthread_t thread;
    there = mmap(NULL, 2 * sizeof *there, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (there == MAP_FAILED)
        return 1;
    back = there + 1;
    if (threads && pthread_create(&thread, NULL, other_one, NULL) != 0)
        return 1;
    if (!threads && fork() == 0) {
        other_one(NULL);
        _exit(0);
    }
    stay_on(0);
    double latency = ask(TURNS, 1, 1);
    double bandwidth = BLOCKS * BLOCK / ask(1, BLOCKS, BLOCK);
    threads ? pthread_join(thread, NULL) : wait(NULL);
    printf("row\t%s: ring\t%.2f\t%.2f\n", threads ? "threads" : "processes",
           1e6 * latency, 1e-9 * bandwidth);
}
