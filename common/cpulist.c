/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of CPU numbers: see cpulist.h. */
#include "cpulist.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MORE ",..."

void cpu_list_text(const uint32_t *cpu, size_t n, char *out, size_t size)
{
    size_t used = 0;
    snprintf(out, size, "none");
    for (size_t i = 0, k; i < n; i = k + 1) {
        char part[32];
        for (k = i; k + 1 < n && cpu[k + 1] - cpu[k] <= 1; k++)
            continue;
        const char *const comma = used > 0 ? "," : "";
        int length;
        if (cpu[k] == cpu[i])
            length = snprintf(part, sizeof part, "%s%" PRIu32, comma, cpu[i]);
        else
            length = snprintf(part, sizeof part, "%s%" PRIu32 "%c%" PRIu32,
                              comma, cpu[i], cpu[k] == cpu[i] + 1 ? ',' : '-',
                              cpu[k]);
        const size_t after = k + 1 < n ? sizeof MORE : 1;
        if (used + (size_t)length + after > size) {
            snprintf(out + used, size - used, "%s", used == 0 ? &MORE[1] : MORE);
            return;
        }
        memcpy(out + used, part, (size_t)length + 1);
        used += (size_t)length;
    }
}
