/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to a file: see json_file.h. */
#include "json_file.h"
#include "trust.h"

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

static int dump(FILE *out, const json_t *object)
{
    const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(17)
                         | JSON_PRESERVE_ORDER;
    errno = 0;
    if (json_dumpf(object, out, flags) == 0 && fputc('\n', out) != EOF
        && fflush(out) == 0 && !ferror(out))
        return 0;
    if (errno == 0)
        errno = EIO;
    return -1;
}

int json_file_write(const char *path, const json_t *object,
                    struct ff_error *err)
{
    const bool to_stdout = strcmp(path, "-") == 0;
    if (!to_stdout && trust_output(path, "--json", err) != 0)
        return -1;
    FILE *out = to_stdout ? stdout : fopen(path, "we");
    int rc = -1;
    if (object == NULL)
        errno = ENOMEM;
    else if (out != NULL)
        rc = dump(out, object);
    if (out != NULL && !to_stdout) {
        const int cause = errno;
        if (fclose(out) != 0)
            rc = -1;
        else
            errno = cause;
    }
    if (rc != 0 && to_stdout)
        ff_error_errno(err, FF_UNWRITTEN, "cannot write results");
    else if (rc != 0)
        ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'", path);
    return rc;
}
