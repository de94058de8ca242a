/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of a crash, as addresses: the launcher finds their names. */
#ifndef FANFOLD_WORKER_TRACE_H
#define FANFOLD_WORKER_TRACE_H

#include "ledger.h"

/* Where the frames begin: where the signal came; or, should the handler have
 * been called by another handler, where the first signal came. */
enum trace_from { TRACE_INTERRUPTED, TRACE_BELOW_HANDLERS };

/* For the handler of a signal: notes where the interrupted thread is, down to
 * where the kernel (the path of its object) was called. `context` is the
 * handler's third argument; it is changed for a moment. Takes no lock and no
 * memory. Should it meet a stack that is in ruins and crash,
 * the frames so far stay noted, and the signal ends the process as it would
 * have. */
void trace_take(struct crash_trace *out, const char *kernel, void *context,
                enum trace_from from);

#endif
