/* SPDX-License-Identifier: Apache-2.0 */
/* Between keeper.c, keeper_state.c and keeper_thread.c. */
#ifndef FANFOLD_LAUNCHER_KEEPER_PARTS_H
#define FANFOLD_LAUNCHER_KEEPER_PARTS_H

#include "keeper.h"

#endif
