/* SPDX-License-Identifier: Apache-2.0 */
/* Rows on their way into a store: see store.h. Pure but for the descriptors. */
#include "store_batch.h"
#include "store_row.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_value store_text(const char *text)
{
    if (text == NULL)
        return store_null();
    return (struct store_value){
        .type = STORE_TEXT, .bytes = text, .n = strlen(text)};
}

static struct store_op *add(struct store_batch *b)
{
    if (b->n == b->room) {
        const size_t room = b->room == 0 ? 64 : 2 * b->room;
        struct store_op *const op =
            room > SIZE_MAX / sizeof *op ? NULL
                                         : realloc(b->op, room * sizeof *op);
        if (op == NULL) {
            b->no_memory = true;
            return NULL;
        }
        b->op = op;
        b->room = room;
    }
    return &b->op[b->n++];
}

/* The first n columns, which are of the types that they should be. */
static void add_row(struct store_batch *b, enum store_op_kind kind,
                    enum store_table table, const struct store_value *value,
                    size_t n)
{
    struct store_bytes bytes = {b->bytes, b->n_bytes, b->bytes_room};
    for (size_t i = 0; i < n; i++)
        assert(store_type_fits(&store_tables[table].column[i],
                               value[i].type));
    const int rc = store_row_encode(&bytes, table, value, n);
    const size_t at = b->n_bytes;
    b->bytes = bytes.at;
    b->bytes_room = bytes.room;
    struct store_op *const op = rc == 0 ? add(b) : NULL;
    if (op == NULL) {
        b->no_memory = true;
        return;
    }
    b->n_bytes = bytes.n;
    *op = (struct store_op){kind, table, at, bytes.n - at};
}

void store_batch_put(struct store_batch *b, enum store_table table,
                     const struct store_value *value)
{
    add_row(b, STORE_PUT, table, value, store_tables[table].n_columns);
}

void store_batch_remove(struct store_batch *b, enum store_table table,
                        const struct store_value *value)
{
    add_row(b, STORE_REMOVE, table, value, store_n_keys(table));
}

void store_batch_clear_table(struct store_batch *b, enum store_table table)
{
    struct store_op *const op = add(b);
    if (op != NULL)
        *op = (struct store_op){STORE_CLEAR, table, 0, 0};
}

static bool has_file(const struct store_batch *b, const struct stat *st)
{
    struct stat other;
    for (size_t i = 0; i < b->n_sync; i++)
        if (fstat(b->sync[i], &other) == 0 && other.st_ino == st->st_ino
            && other.st_dev == st->st_dev)
            return true;
    return false;
}

void store_batch_sync(struct store_batch *b, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || has_file(b, &st))
        return;
    int *const sync = realloc(b->sync, (b->n_sync + 1) * sizeof *sync);
    const int ours = sync == NULL ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (sync != NULL)
        b->sync = sync;
    if (ours < 0)
        b->no_memory = true;
    else
        b->sync[b->n_sync++] = ours;
}

void store_batch_clear(struct store_batch *b)
{
    for (size_t i = 0; i < b->n_sync; i++)
        close(b->sync[i]);
    b->n = b->n_bytes = b->n_sync = 0;
    b->no_memory = false;
}

void store_batch_release(struct store_batch *b)
{
    store_batch_clear(b);
    free(b->op);
    free(b->bytes);
    free(b->sync);
    *b = (struct store_batch){0};
}
