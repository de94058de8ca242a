/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of commands: that of the worker, made once; what is of an
 * item is written over in place. */
#ifndef FANFOLD_WORKER_COMMAND_ENV_H
#define FANFOLD_WORKER_COMMAND_ENV_H

#include "error.h"

#include <stdint.h>

enum { ENV_SEQ, ENV_ITEM, ENV_ATTEMPT, ENV_SLOT, ENV_N };

struct command_env {
    char **envp;
    char text[ENV_N][64]; /* NAME=NUMBER */
};

/* slot: of this worker on its node, from 1. FF_LOST: no memory. env must stay
 * where it is. */
int command_env_init(struct command_env *env, uint32_t slot,
                     struct ff_error *err);
void command_env_release(struct command_env *env);

void command_env_set(struct command_env *env, uint64_t item,
                     uint32_t attempt);

#endif
