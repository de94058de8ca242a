/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of the memory of a process, in KiB:
 *   private       used by this process only
 *   shared        used by others too, and counted in each of them
 *   proportional  private, and 1/k of what k processes share: the sum over all
 *                 of them is what the machine really spends */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* Added to the three. */
static void ask_kernel(pid_t pid, long kib[3])
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
