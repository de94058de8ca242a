/* SPDX-License-Identifier: Apache-2.0 */
/* What can be shown on a terminal: its size, characters, colours. */
#ifndef FANFOLD_LAUNCHER_TERMINAL_H
#define FANFOLD_LAUNCHER_TERMINAL_H

#include <stdbool.h>

/* The columns and rows of fd now; false when it is no terminal or does not
 * say. */
bool terminal_size(int fd, int *columns, int *rows);

/* Does the locale (LC_ALL, LC_CTYPE, LANG) write UTF-8? */
bool terminal_utf8(void);

/* Can a line on fd be written over: a terminal, not TERM=dumb? */
bool terminal_rewrites(int fd);

/* May text on fd have colours: a terminal, not TERM=dumb, not NO_COLOR. */
bool terminal_colours(int fd);

#endif
