/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes files of results: see results_file.h. */
#include "results_file.h"
#include "trust.h"

#include <errno.h>
#include <string.h>

static int cannot_write(const char *path, struct ff_error *err)
{
    if (errno == 0)
        errno = EIO;
    return strcmp(path, "-") == 0
               ? ff_error_errno(err, FF_UNWRITTEN, "cannot write results")
               : ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s'", path);
}

FILE *results_open(const char *path, const char *option, struct ff_error *err)
{
    if (strcmp(path, "-") == 0)
        return stdout;
    if (trust_output(path, option, err) != 0)
        return NULL;
    FILE *out = fopen(path, "we");
    if (out == NULL)
        cannot_write(path, err);
    return out;
}

int results_close(FILE *out, const char *path, struct ff_error *err)
{
    errno = 0;
    int rc = fflush(out) != 0 || ferror(out) ? -1 : 0;
    const int cause = errno;
    if (out != stdout && fclose(out) != 0)
        rc = -1;
    else
        errno = cause;
    return rc == 0 ? 0 : cannot_write(path, err);
}
