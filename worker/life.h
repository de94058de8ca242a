/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel is called for besides its chunks, in the first thread of a
 * worker. It may fail (ff_fail), but not fold: both are FF_USAGE errors. */
#ifndef FANFOLD_WORKER_LIFE_H
#define FANFOLD_WORKER_LIFE_H

#include "error.h"
#include "executor.h"
#include "kernel_c.h"
#include "shared.h"

/* Fills all shared data, and protects them. */
int life_load(const struct kernel *kernel, const struct spec *spec,
              struct shared *shared, struct executor *e, struct ff_error *err);

/* FF_SETUP and FF_TEARDOWN, where there is one. */
int life_setup(const struct kernel *kernel, struct executor *e,
               struct ff_error *err);
int life_teardown(const struct kernel *kernel, struct executor *e,
                  struct ff_error *err);

#endif
