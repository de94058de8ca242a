/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of commands: see command_env.h. Variables that are options of
 * fanfold (FANFOLD_OPT_...) are ours: a fanfold that a command starts must not
 * take them for its own. */
#include "command_env.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTION "FANFOLD_OPT_"

static const char *const names[ENV_N] = {
    [ENV_SEQ] = "PARALLEL_SEQ=", [ENV_ITEM] = "FANFOLD_ITEM=",
    [ENV_ATTEMPT] = "FANFOLD_ATTEMPT=", [ENV_SLOT] = "PARALLEL_JOBSLOT="};

static void set(struct command_env *env, int i, uint64_t value)
{
    snprintf(env->text[i], sizeof env->text[i], "%s%" PRIu64, names[i], value);
}

static bool is_left_out(const char *variable)
{
    for (int i = 0; i < ENV_N; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return strncmp(variable, OPTION, strlen(OPTION)) == 0;
}

int command_env_init(struct command_env *env, uint32_t slot,
                     struct ff_error *err)
{
    size_t all = 0, n = 0;
    while (environ[all] != NULL)
        all++;
    env->envp = calloc(all + ENV_N + 1, sizeof env->envp[0]);
    if (env->envp == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get memory for commands");
    for (size_t i = 0; i < all; i++)
        if (!is_left_out(environ[i]))
            env->envp[n++] = environ[i];
    for (int i = 0; i < ENV_N; i++)
        env->envp[n++] = env->text[i];
    set(env, ENV_SLOT, slot);
    command_env_set(env, 0, 1);
    return 0;
}

void command_env_release(struct command_env *env)
{
    free(env->envp);
    env->envp = NULL;
}

void command_env_set(struct command_env *env, uint64_t item, uint32_t attempt)
{
    set(env, ENV_SEQ, item + 1);
    set(env, ENV_ITEM, item);
    set(env, ENV_ATTEMPT, attempt);
}
