/* SPDX-License-Identifier: Apache-2.0 */
/* Files that another user could have put there, or could put another in place
 * of. Who owns a folder has been trusted by whoever works in it; these are
 * about all the others. */
#ifndef FANFOLD_LAUNCHER_TRUST_H
#define FANFOLD_LAUNCHER_TRUST_H

#include "error.h"

#include <stdbool.h>
#include <sys/types.h>

/* May what is in this file be believed? Refused (FF_UNSAFE) is one that
 * everybody, or a group that is not ours, can write or replace: by its own
 * mode, by that of a folder or of a link on the way to it. In a folder that
 * all share (/tmp) it must be ours or root's. noun: "kernel"; instead: what
 * else to do, "use a copy". A file that cannot be reached is left to whoever
 * opens it: 0. */
int trust_input(const char *path, const char *noun, const char *instead,
                struct ff_error *err);

/* May results be written to this path? Not through what somebody else has put
 * into a folder that all share. option: which names it, "--json". */
int trust_output(const char *path, const char *option, struct ff_error *err);

/* Is this user we, root, or who called us by sudo? */
bool trust_user(uid_t uid);

/* Is the link at this path ours or root's? What another user put there is not
 * followed. */
bool trust_link(const char *path);

/* Refuses a program that runs with other rights than its caller has. */
int trust_start(struct ff_error *err);

#endif
