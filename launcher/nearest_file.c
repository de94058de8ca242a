/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into the folder of a file that is not there: see nearest_file.h. */
#include "nearest_file.h"
#include "nearest.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

bool nearest_file(const char *path, bool (*fits)(const char *name),
                  char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const int n_folder = slash != NULL ? (int)(slash - path) + 1 : 0;
    const char *name = path + n_folder;
    const struct dirent *entry;
    char best[NAME_MAX + 1] = "";
    if (n_folder + NAME_MAX >= PATH_MAX)
        return false;
    snprintf(out, PATH_MAX, "%.*s", n_folder, path);
    DIR *dir = opendir(n_folder > 0 ? out : ".");
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *names[2] = {best, entry->d_name};
        const size_t from = best[0] == '\0' ? 1 : 0;
        if (fits(entry->d_name)
            && nearest(name, strlen(name), names + from, 2 - from)
               == entry->d_name)
            strcpy(best, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    strcat(out, best);
    return best[0] != '\0';
}
