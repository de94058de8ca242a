/* SPDX-License-Identifier: Apache-2.0 */
/* How long threads waited for a CPU. */
#ifndef FANFOLD_WORKER_CPUWAIT_H
#define FANFOLD_WORKER_CPUWAIT_H

#include <stdint.h>

/* For how long the threads of this process, which was started at started_ns
 * (clock.h), were ready to run and did not run, all together. 0 when it is not
 * known, and of a process that is so young that it would say little: a short
 * run has no time for it. */
uint64_t cpuwait_ns(uint64_t started_ns);

#endif
