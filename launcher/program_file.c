/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for a program in PATH: see program_file.h. */
#include "program_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode)
           && access(path, X_OK) == 0;
}

bool program_file(char out[PATH_MAX], const char *name)
{
    const char *p = getenv("PATH");
    if (strchr(name, '/') != NULL)
        return snprintf(out, PATH_MAX, "%s", name) < PATH_MAX
               && is_program(out);
    for (p = p != NULL ? p : "/bin:/usr/bin"; ; p++) {
        const size_t n = strcspn(p, ":");
        const int length = snprintf(out, PATH_MAX, "%.*s/%s",
                                    n > 0 ? (int)n : 1, n > 0 ? p : ".",
                                    name);
        if (length < PATH_MAX && is_program(out))
            return true;
        p += n;
        if (*p == '\0')
            return false;
    }
}
