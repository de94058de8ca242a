/* SPDX-License-Identifier: Apache-2.0 */
/* Where a thread runs. */
#include "lab_measure.h"
#include <sched.h>

/* We stay on core k, 0 or 1 or ..., of those that we may use. If there are
 * not so many, we run anywhere. */
static inline void stay_on_core(int k)
{
    cpu_set_t ours, one;
    sched_getaffinity(0, sizeof ours, &ours);
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &ours) && k-- == 0)
            CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}
