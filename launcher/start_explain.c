/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mpirun and its like print when a start fails, in one line of ours: see
 * start.h.
 */
#include "start.h"

#include <sys/wait.h>

void start_explain(const struct start *start, int status, struct ff_error *err)
{
    if (status == -1)
        ff_error_set(err, FF_LOST, "the nodes did not start in time (%s)",
                     start->program);
    else if (WIFSIGNALED(status))
        ff_error_set(err, FF_LOST, "'%s' was killed by signal %d",
                     start->program, WTERMSIG(status));
    else
        ff_error_set(err, FF_LOST, "'%s' failed with status %d: %.600s",
                     start->program, WEXITSTATUS(status),
                     start->said != NULL ? start->said : "");
}
