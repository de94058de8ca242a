/* SPDX-License-Identifier: Apache-2.0 */
/* Binding of threads to processing units. */
#ifndef FANFOLD_WORKER_BIND_H
#define FANFOLD_WORKER_BIND_H

#include <stdint.h>

/* Binds the calling thread to one PU (OS number); NO_PU leaves it free. That
 * it fails (the PU went offline) costs speed only: 0 or -1 with errno. */
int bind_thread(uint32_t pu);

#endif
