/* SPDX-License-Identifier: Apache-2.0 */
/* Horizontal bars of text. */
#ifndef FANFOLD_LAUNCHER_BAR_H
#define FANFOLD_LAUNCHER_BAR_H

#include <stdbool.h>
#include <stddef.h>

#define BAR_MAX_WIDTH 200
#define BAR_TEXT (3 * BAR_MAX_WIDTH + 1) /* bytes */

/* A bar of so many columns (at most BAR_MAX_WIDTH) with a share (0 .. 1) of
 * it filled, in eighths of a column (UTF-8) or whole ones ('#'). What is not
 * filled is blank; bar_trim leaves it out. */
void bar_draw(char out[BAR_TEXT], double share, int width, bool utf8);
void bar_trim(char out[BAR_TEXT], double share, int width, bool utf8);

#endif
