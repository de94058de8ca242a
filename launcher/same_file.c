/* SPDX-License-Identifier: Apache-2.0 */
/* One file by two names: see same_file.h. */
#include "same_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_one(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The folder of a path, and the name in it. */
static bool look_at_folder(const char *path, struct stat *st,
                           const char **name)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    if (slash != NULL
        && (size_t)snprintf(folder, sizeof folder, "%.*s",
                            slash == path ? 1 : (int)(slash - path), path)
               >= sizeof folder)
        return false;
    return stat(folder, st) == 0;
}

bool same_file(const char *a, const char *b)
{
    struct stat at_a, at_b;
    const char *name_a, *name_b;
    const bool is_a = stat(a, &at_a) == 0, is_b = stat(b, &at_b) == 0;
    if (is_a || is_b)
        return is_a && is_b && is_one(&at_a, &at_b) && S_ISREG(at_a.st_mode);
    return look_at_folder(a, &at_a, &name_a)
           && look_at_folder(b, &at_b, &name_b) && is_one(&at_a, &at_b)
           && strcmp(name_a, name_b) == 0;
}
