/* SPDX-License-Identifier: Apache-2.0 */
/* Do two paths lead to one file, or would they once it is made? */
#ifndef FANFOLD_LAUNCHER_SAME_FILE_H
#define FANFOLD_LAUNCHER_SAME_FILE_H

#include <stdbool.h>

/* Devices and pipes can be written by many: they are never the same. */
bool same_file(const char *a, const char *b);

#endif
