/* SPDX-License-Identifier: Apache-2.0 */
/* Binding of threads to the CPUs of their place. */
#ifndef FANFOLD_WORKER_BIND_H
#define FANFOLD_WORKER_BIND_H

#include "ledger.h"

/* Binds the calling thread to the CPUs of a place; leaves it as it is when the
 * place has none. That it fails (a CPU went offline) costs speed only: 0 or -1
 * with errno. */
int bind_thread(const struct job_shm *job, const struct place *place);

/* The same for the CPUs of n places. */
int bind_to_places(const struct job_shm *job, const struct place *place,
                   uint32_t n);

/* Reads back where the calling thread may run, for the launcher to tell. */
void bind_report(struct executor_shm *shm);

#endif
