/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the event loop: see loop_memory.h. */
#include "loop_memory.h"
#include "complain.h"
#include "error.h"

#include <ev.h>
#include <stdlib.h>
#include <unistd.h>

static void *allocate(void *at, long bytes)
{
    struct ff_error err;
    if (bytes <= 0) {
        free(at);
        return NULL;
    }
    void *more = realloc(at, (size_t)bytes);
    if (more != NULL)
        return more;
    ff_error_errno(&err, FF_LOST, "cannot go on: the event loop needs memory");
    complain(&err);
    _exit(FF_LOST);
}

void loop_memory_set(void)
{
    ev_set_allocator(allocate);
}
