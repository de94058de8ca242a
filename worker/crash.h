/* SPDX-License-Identifier: Apache-2.0 */
/* Who crashed: handlers of fatal signals note the executor in the worker's
 * shared memory, then let the signal kill the worker. */
#ifndef FANFOLD_WORKER_CRASH_H
#define FANFOLD_WORKER_CRASH_H

#include "ledger.h"

/* For the whole process. */
void crash_init(struct worker_shm *worker);

/* An alternate stack for this thread, so that a stack overflow is noted too.
 * Kept for the life of the thread. */
void crash_init_thread(void);

/* This executor's thread is leaving by itself (pthread_exit): notes it, and
 * ends the process. */
_Noreturn void crash_thread_left(void);

#endif
