/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program is, as execvp finds it: by PATH when its name has no slash.
 * Found once for each name. */
#ifndef FANFOLD_WORKER_PROGRAM_H
#define FANFOLD_WORKER_PROGRAM_H

#include <stddef.h>

struct program { /* the last one that was looked for; all zero: none */
    char *name, *path;
};

/* Its path, good until the next call. NULL with errno: ENOENT (there is none),
 * EACCES (there is, but it cannot be run), ENOMEM. */
const char *program_find(struct program *p, const char *name);

void program_forget(struct program *p);

/* Of a script that there is: the interpreter which its first line names, into
 * text. False: it names none. */
_Bool program_interpreter(const char *path, char *text, size_t room);

#endif
