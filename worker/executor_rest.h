/* SPDX-License-Identifier: Apache-2.0 */
/* An executor that runs nothing: for now, or, with --recycle, for good. Either
 * way all that it has run is published first. */
#ifndef FANFOLD_WORKER_EXECUTOR_REST_H
#define FANFOLD_WORKER_EXECUTOR_REST_H

#include "executor_state.h"

/* Until there may be something to take, its worker is to leave, or the run is
 * over. */
void executor_rest(struct executor *e);

/* [LEAVE] The ration of its worker is at its end. */
void executor_leave(struct executor *e);

#endif
