/* SPDX-License-Identifier: Apache-2.0 */
/* What can be told of a kernel's object without running any of it. */
#ifndef FANFOLD_LAUNCHER_OBJECT_H
#define FANFOLD_LAUNCHER_OBJECT_H

#include <stdbool.h>

/* Is it the kernel of a team (FF_TEAM)? False also for what is no object, or
 * one without names of sections: only the default of --threads hangs on it. */
bool object_is_team(const char *path);

/* The number that the object exports under this name. false: it has none. */
bool object_number(const char *path, const char *name, unsigned long *value);

#endif
