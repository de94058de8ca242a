/* SPDX-License-Identifier: Apache-2.0 */
/* "squares.py:square": how a function of a Python file is named as a kernel.
 * Pure. */
#ifndef FANFOLD_COMMON_PYTHON_NAME_H
#define FANFOLD_COMMON_PYTHON_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes of it are the file: up to the last ".py:" that no slash
 * follows, or all of a name that ends in ".py". 0: it is neither. */
size_t python_name_file(const char *kernel);

/* What stands behind the file's colon, "square", "Model.step", maybe "";
 * NULL: no colon, no Python. */
const char *python_name_function(const char *kernel);

/* Could Python have a function of this name: words with dots between? (Letters
 * beyond ASCII are taken to be ones.) */
bool python_name_is_function(const char *function);

#endif
