/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs where: each thread of each worker says hello, in the order in which
 * they come to it. Try -n 3, --threads 2, --report-bindings, and taskset. */
#define _GNU_SOURCE
#include <fanfold.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

FF_COUNT(hellos)

FF_ONCE(ff)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    printf("hello from worker %u of %u, thread %u of %u, on %s, core %d\n",
           ff->rank, ff->size, ff->thread, ff->threads, host, sched_getcpu());
    ff_count(ff, hellos, 1);
}
