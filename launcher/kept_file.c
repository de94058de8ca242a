/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a run, in its store: see kept_file.h. */
#include "kept_file.h"
#include "array_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 300

void kept_file_put(struct store_batch *batch, const char *kind,
                   const char *name, const struct kept_file *file)
{
    char full[NAME_BYTES];
    struct store_value v[FILE_N];
    snprintf(full, sizeof full, "%s%s", kind, name);
    v[FILE_NAME] = store_text(full);
    v[FILE_PATH] = store_text(file->path);
    v[FILE_BYTES] = store_int((int64_t)file->bytes);
    v[FILE_FRONTIER] = store_int(file->frontier);
    store_batch_put(batch, STORE_FILES, v);
}

/* The path as a text: false when it is none. */
static bool copy_path(const struct store_value *from, char path[PATH_MAX])
{
    if (from->n >= PATH_MAX || memchr(from->bytes, 0, from->n) != NULL)
        return false;
    memcpy(path, from->bytes, from->n);
    path[from->n] = '\0';
    return true;
}

struct finding {
    struct store *store;
    struct kept_file *file;
};

static int found(void *context, const struct store_value *v,
                 struct ff_error *err)
{
    const struct finding *f = context;
    if (v[FILE_PATH].n == 0 || !copy_path(&v[FILE_PATH], f->file->path)
        || v[FILE_BYTES].i < 0 || v[FILE_FRONTIER].i < 0
        || v[FILE_FRONTIER].i > UINT32_MAX)
        return ff_error_set(err, FF_DAMAGED, "'%s' is damaged: what it says of "
                            "the files of the run cannot be",
                            store_path(f->store));
    f->file->bytes = (uint64_t)v[FILE_BYTES].i;
    f->file->frontier = (uint32_t)v[FILE_FRONTIER].i;
    return 1;
}

int kept_file_find(struct store *s, const char *kind, const char *name,
                   struct kept_file *file, struct ff_error *err)
{
    char full[NAME_BYTES];
    struct finding f = {s, file};
    snprintf(full, sizeof full, "%s%s", kind, name);
    const struct store_value arg = store_text(full);
    return store_each(s, STORE_FILES, "name = ?1", &arg, 1, found, &f, err);
}

/* Nothing but what we made goes, whatever the store says. */
static int remove_one(void *context, const struct store_value *v,
                      struct ff_error *err)
{
    char path[PATH_MAX];
    struct stat st;
    (void)context;
    if (v[FILE_PATH].n == 0 || !copy_path(&v[FILE_PATH], path)
        || !array_file_is_hidden(path)
        || lstat(path, &st) != 0 || !S_ISREG(st.st_mode)
        || st.st_uid != geteuid() || unlink(path) == 0 || errno == ENOENT)
        return 0;
    return ff_error_errno(err, FF_UNWRITTEN, "cannot remove '%s'", path);
}

int kept_file_remove_named(struct store *s, struct ff_error *err)
{
    return store_each(s, STORE_FILES, "name LIKE 'hidden %'", NULL, 0,
                      remove_one, NULL, err);
}

int kept_file_remove_hidden(struct store *s, struct ff_error *err)
{
    return store_each(s, STORE_FILES,
                      "name LIKE 'hidden %' OR name LIKE 'array %'", NULL, 0,
                      remove_one, NULL, err);
}
