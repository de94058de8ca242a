/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of N processes against N threads: memory N
 * Main fills 16 MiB of data. Each worker reads them (or writes them) and fills
 * 2 MiB of its own. What main and all workers hold is asked of the kernel. */
#define _GNU_SOURCE
#include "memory_ask.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DATA = 16 << 20, OWN = 2 << 20, MOST = 64 };
enum way { READERS, WRITERS, THREADS, WAYS };
static volatile char *data;
static pthread_barrier_t *barrier; /* main and the workers meet here */

static char *fill(size_t size, int sharing)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        sharing | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        exit(1);
    madvise(memory, size, MADV_NOHUGEPAGE);
    return memset(memory, 1, size);
}

static void *work(void *way)
{
    fill(OWN, MAP_PRIVATE);
    for (size_t i = 0; i < DATA; i += 4096) {
        char byte = data[i];
        if (*(enum way *)way == WRITERS)
            data[i] = byte; /* a child's first write to a page copies it */
    }
    pthread_barrier_wait(barrier); /* all hold their memory */
    pthread_barrier_wait(barrier); /* main has seen it */
    return NULL;
}

static void measure(enum way way, int n, long kib[3])
{
    pthread_t thread[MOST];
    pid_t child[MOST];
    for (int i = 0; i < n; i++) {
        if (way == THREADS && pthread_create(&thread[i], NULL, work, &way) != 0)
            exit(1);
        if (way != THREADS && (child[i] = fork()) == 0) {
            work(&way);
            _exit(0);
        }
    }
    pthread_barrier_wait(barrier);
    ask_kernel(getpid(), kib);
    for (int i = 0; way != THREADS && i < n; i++)
        ask_kernel(child[i], kib);
    pthread_barrier_wait(barrier);
    for (int i = 0; i < n; i++)
        way == THREADS ? pthread_join(thread[i], NULL)
                       : waitpid(child[i], NULL, 0);
}

int main(int argc, char **argv)
{
    static const char *const name[] = {"private", "shared", "proportional"};
    int n = argc > 1 ? atoi(argv[1]) : 4;
    long kib[WAYS][3] = {{0}};
    pthread_barrierattr_t attributes;
    n = n < 1 ? 1 : n > MOST ? MOST : n;
    data = fill(DATA, MAP_PRIVATE);
    barrier = (pthread_barrier_t *)fill(sizeof *barrier, MAP_SHARED);
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(barrier, &attributes, (unsigned)n + 1);
    for (enum way way = READERS; way < WAYS; way++)
        measure(way, n, kib[way]);
    for (int i = 0; i < 3; i++)
        printf("row\t%s\t%ld\t%ld\t%ld\n", name[i], kib[THREADS][i],
               kib[READERS][i], kib[WRITERS][i]);
}
