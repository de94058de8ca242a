/* SPDX-License-Identifier: Apache-2.0 */
/* The fingerprint of this process, as things are mapped here. */
#ifndef FANFOLD_WORKER_IDENTITY_H
#define FANFOLD_WORKER_IDENTITY_H

#include "fingerprint.h"

/* object: a kernel's, as of dlopen; NULL: of a command. Reads memory only, no
 * files: some ten
 * microseconds. */
void identity_take(struct fingerprint *out, void *object);

#endif
