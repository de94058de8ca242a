/* SPDX-License-Identifier: Apache-2.0 */
/* Binding of threads: see bind.h. */
#include "bind.h"
#include "ledger.h"

#include <errno.h>
#include <sched.h>

int bind_thread(uint32_t pu)
{
    if (pu == NO_PU)
        return 0;
    cpu_set_t *set = CPU_ALLOC(pu + 1);
    if (set == NULL)
        return -1;
    const size_t bytes = CPU_ALLOC_SIZE(pu + 1);
    CPU_ZERO_S(bytes, set);
    CPU_SET_S(pu, bytes, set);
    const int rc = sched_setaffinity(0, bytes, set);
    CPU_FREE(set);
    return rc;
}
