/* SPDX-License-Identifier: Apache-2.0 */
/* --serial, the launcher's half: before and after worker/serial.c. */
#ifndef FANFOLD_LAUNCHER_SERIAL_RUN_H
#define FANFOLD_LAUNCHER_SERIAL_RUN_H

#include "crew.h"
#include "input.h"
#include "job.h"
#include "outcome.h"

#include <stdbool.h>

/* Has the serial run ended, and are we to report it? */
bool serial_is_back(void);

/* Becomes the process that runs the kernel. work: the descriptor of the work
 * file, or -1. Returns -1 with *err, or not. */
int serial_become(const struct job *job, struct crew *crew,
                  const struct input *input, int work, uint64_t started_ns,
                  struct ff_error *err);

/* Reads what it left behind. Sets *started_ns to that of the first process. */
int serial_read(const struct job *job, struct outcome *outcome,
                uint64_t *started_ns, struct ff_error *err);

#endif
