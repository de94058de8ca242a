/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to a file: see json_file.h. */
#include "json_file.h"
#include "results_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *s)
{
    json_t *json = json_string(s);
    if (json != NULL)
        return json;
    char *copy = strdup(s);
    if (copy == NULL)
        return NULL;
    for (char *p = copy; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    json = json_string(copy);
    free(copy);
    return json;
}

int json_file_write(const char *path, const json_t *object,
                    struct ff_error *err)
{
    const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(17)
                         | JSON_PRESERVE_ORDER;
    if (object == NULL) {
        errno = ENOMEM;
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'", path);
    }
    FILE *out = results_open(path, "--json", err);
    if (out == NULL)
        return -1;
    errno = 0;
    const bool dumped = json_dumpf(object, out, flags) == 0;
    const int cause = errno != 0 ? errno : EIO;
    fputc('\n', out);
    if (results_close(out, path, err) != 0)
        return -1;
    errno = cause;
    return dumped ? 0 : ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'",
                                       path);
}
