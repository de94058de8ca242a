/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the file of the same folder with the nearest name. */
#ifndef FANFOLD_LAUNCHER_NEAREST_FILE_H
#define FANFOLD_LAUNCHER_NEAREST_FILE_H

#include <limits.h>
#include <stdbool.h>

/* Among those whose name fits; false when none is near (nearest.h). */
bool nearest_file(const char *path, bool (*fits)(const char *name),
                  char out[PATH_MAX]);

#endif
