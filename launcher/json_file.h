/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to a file: what all reports for programs share. */
#ifndef FANFOLD_LAUNCHER_JSON_FILE_H
#define FANFOLD_LAUNCHER_JSON_FILE_H

#include "error.h"

#include <jansson.h>

/* A string: a new reference, or NULL without memory. jansson needs UTF-8: of
 * other text the bytes that are not ASCII become '?'. */
json_t *json_text(const char *s);

/* Writes an object (NULL: memory was short), indented, and a newline. path "-"
 * is standard output. FF_UNWRITTEN with the path when it cannot be written. */
int json_file_write(const char *path, const json_t *object,
                    struct ff_error *err);

#endif
