/* SPDX-License-Identifier: Apache-2.0 */
/* Labs by their names: see lab_list.h. */
#include "lab_list.h"
#include "nearest.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define END ".yaml"

static bool has_end(const char *name)
{
    const size_t n = strlen(name), n_end = strlen(END);
    return n > n_end && strcmp(name + n - n_end, END) == 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int lab_list_read(struct lab_list *list, const char *folder,
                  struct ff_error *err)
{
    const struct dirent *entry;
    int rc = 0;
    *list = (struct lab_list){.n = 0};
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot open the folder of labs, "
                              "'%s'", folder);
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (!has_end(entry->d_name) || list->n == LAB_LIST_MAX)
            continue;
        char *name = strndup(entry->d_name,
                             strlen(entry->d_name) - strlen(END));
        if (name == NULL)
            rc = ff_error_errno(err, FF_LOST, "cannot list the labs");
        else
            list->name[list->n++] = name;
    }
    closedir(dir);
    qsort(list->name, list->n, sizeof list->name[0], compare);
    return rc;
}

void lab_list_release(struct lab_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->name[i]);
    list->n = 0;
}

static int unknown(const char *folder, const char *name, struct ff_error *err)
{
    struct lab_list list;
    int rc = lab_list_read(&list, folder, err);
    if (rc == 0) {
        const char *near = nearest(name, strlen(name),
                                   (const char *const *)list.name, list.n);
        rc = near != NULL
             ? ff_error_set(err, FF_USAGE, "there is no lab '%s'; did you mean "
                            "'%s'?", name, near)
             : ff_error_set(err, FF_USAGE, "there is no lab '%s': 'fanfold "
                            "lab' lists all", name);
    }
    lab_list_release(&list);
    return rc;
}

int lab_list_find(const char *folder, const char *name, char path[PATH_MAX],
                  struct ff_error *err)
{
    const bool own = strchr(name, '/') != NULL || has_end(name);
    const int n = own ? snprintf(path, PATH_MAX, "%s", name)
                      : snprintf(path, PATH_MAX, "%s/%s" END, folder, name);
    if (n >= PATH_MAX)
        return ff_error_set(err, FF_USAGE, "name too long: '%.60s...'", name);
    return own || access(path, F_OK) == 0 ? 0 : unknown(folder, name, err);
}
