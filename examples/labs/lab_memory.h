/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: how a program gets it, and what the kernel says of it. */
#include "lab_measure.h"
#include <sys/mman.h>

/* All 0. MAP_PRIVATE: a child gets a copy; MAP_SHARED: the same for all. In
 * small pages, as programs have that grow slowly. */
static inline void *new_memory(size_t bytes, int sharing)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        sharing | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        exit(1);
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    return memory;
}

/* What a process has, in KiB, is added to
 *   kib[0]  private: used by this process only
 *   kib[1]  shared: used by others too, and counted in each of them
 *   kib[2]  proportional: private, and 1/k of what k processes share; the sum
 *           over all of them is what the machine really spends */
static inline void ask_kernel(pid_t pid, long kib[3])
{
    char line[256];
    snprintf(line, sizeof line, "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(line, "r");
    while (file && fgets(line, sizeof line, file)) {
        long size = atol(line + strcspn(line, ":") + 1);
        kib[0] += strncmp(line, "Private_", 8) == 0 ? size : 0;
        kib[1] += strncmp(line, "Shared_", 7) == 0 ? size : 0;
        kib[2] += strncmp(line, "Pss:", 4) == 0 ? size : 0;
    }
    if (file)
        fclose(file);
}
