/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of main and N threads: memory_threads N
 * Main fills 16 MiB of data. Each thread reads them, and fills 2 MiB of its
 * own. What the process has then is asked of the kernel, in KiB. */
#include "lab_memory.h"

enum { DATA = 16 << 20, OWN = 2 << 20 };
static volatile char *data;
static pthread_barrier_t barrier; /* main and the threads meet here */

static void *work(void *unused)
{
    memset(new_memory(OWN, MAP_PRIVATE), 1, OWN);
    for (size_t i = 0; i < DATA; i += 4096)
        (void)data[i];
    pthread_barrier_wait(&barrier); /* all have their memory: main looks */
    pthread_barrier_wait(&barrier); /* it has seen it */
    return unused;
}

int main(int argc, char **argv)
{
    int n = workers(argc > 1 ? argv[1] : "4");
    pthread_t thread[MOST];
    long kib[3] = {0};
    data = memset(new_memory(DATA, MAP_PRIVATE), 1, DATA);
    pthread_barrier_init(&barrier, NULL, (unsigned)n + 1);
    for (int i = 0; i < n; i++)
        if (pthread_create(&thread[i], NULL, work, NULL) != 0)
            return 1;
    pthread_barrier_wait(&barrier);
    ask_kernel(getpid(), kib);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    printf("row\tprivate\t%ld\t-\t-\n", kib[0]);
    printf("row\tshared\t%ld\t-\t-\n", kib[1]);
    printf("row\tproportional\t%ld\t-\t-\n", kib[2]);
}
