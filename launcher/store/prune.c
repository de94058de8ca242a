/* SPDX-License-Identifier: Apache-2.0 */
/* Removes runs: see prune.h. */
#include "prune.h"
#include "array_file.h"
#include "runs_dir.h"
#include "show.h"
#include "store.h"
#include "store_file.h"
#include "stored_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LOOKED_AT 100

/* ---- files beside the store -------------------------------------------------- */

struct hidden {
    char **path;
    size_t n;
    bool no_memory;
};

/* An array that is not complete has a hidden name beside its destination, and one
 * that was named just before its launcher died may still have it; what is under
 * any other name is the user's. */
static bool is_of_array(const char *name)
{
    return strncmp(name, "array ", 6) == 0 || strncmp(name, "hidden ", 7) == 0;
}

static int take_file(void *context, const struct store_value *v,
                     struct ff_error *err)
{
    struct hidden *h = context;
    char name[80], path[PATH_MAX];
    (void)err;
    stored_text(name, sizeof name, &v[FILE_NAME]);
    stored_text(path, sizeof path, &v[FILE_PATH]);
    if (!is_of_array(name) || !array_file_is_hidden(path))
        return 0;
    char **more = realloc(h->path, (h->n + 1) * sizeof *more);
    char *copy = strdup(path);
    if (more != NULL)
        h->path = more;
    if (more != NULL && copy != NULL)
        h->path[h->n++] = copy;
    else
        free(copy);
    return 0;
}

/* Those that a store names, as far as it can be read. */
static void list_hidden(struct hidden *h, const char *path)
{
    struct store *s = store_open(path, STORE_READ, NULL);
    if (s == NULL)
        return;
    store_each(s, STORE_FILES, NULL, NULL, 0, take_file, h, NULL);
    store_close(s, NULL);
}

/* Links are not followed, and what is another's stays. */
static uint64_t remove_hidden(const struct hidden *h)
{
    uint64_t bytes = 0;
    struct stat st;
    for (size_t i = 0; i < h->n; i++)
        if (lstat(h->path[i], &st) == 0 && S_ISREG(st.st_mode)
            && st.st_uid == geteuid() && unlink(h->path[i]) == 0)
            bytes += (uint64_t)st.st_size;
    return bytes;
}

/* A file elsewhere that somebody names by mistake is not removed; in the directory
 * of runs there is nothing but runs, whatever became of them. */
static bool is_of_run(const char *path)
{
    struct runs_dir_entry *entry = NULL;
    size_t n = 0, i = 0;
    struct store *s = store_open(path, STORE_READ, NULL);
    if (s == NULL && runs_dir_list(&entry, &n, NULL) == 0)
        while (i < n && strcmp(entry[i].path, path) != 0)
            i++;
    const bool is = s != NULL || i < n || store_file_has_magic(path);
    store_close(s, NULL);
    free(entry);
    return is;
}

int prune_run(const char *path, uint64_t *bytes, struct ff_error *err)
{
    struct runs_dir_entry entry;
    struct hidden hidden = {.n = 0};
    *bytes = 0;
    if (runs_dir_look(&entry, path) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot open '%s'", path);
    if (runs_dir_is_held(path) != 1) {
        if (!is_of_run(path))
            return ff_error_set(err, FF_USAGE, "'%s' is not removed: it is no "
                                "store of a run (rm removes it)", path);
        list_hidden(&hidden, path);
    }
    const int rc = runs_dir_remove(path, err);
    if (rc == 0)
        *bytes = entry.bytes + remove_hidden(&hidden);
    for (size_t i = 0; i < hidden.n; i++)
        free(hidden.path[i]);
    free(hidden.path);
    return rc;
}

/* ---- tidiness ---------------------------------------------------------------- */

static bool is_complete(const char *path)
{
    struct store *s = store_open(path, STORE_READ, NULL);
    const bool complete = s != NULL && show_is_complete(s, NULL, NULL) == 1;
    store_close(s, NULL);
    return complete;
}

void prune_tidy(const char *own)
{
    struct runs_dir_entry *entry = NULL;
    size_t n = 0;
    uint64_t bytes;
    if (runs_dir_list(&entry, &n, NULL) != 0)
        return;
    for (size_t i = PRUNE_KEEP; i < n && i < PRUNE_KEEP + MAX_LOOKED_AT; i++)
        if (strcmp(entry[i].path, own) != 0
            && runs_dir_is_held(entry[i].path) != 1
            && is_complete(entry[i].path))
            prune_run(entry[i].path, &bytes, NULL);
    free(entry);
}
