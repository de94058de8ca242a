/* SPDX-License-Identifier: Apache-2.0 */
/* --results into files: see results_tree.h. */
#include "results_tree.h"
#include "hash.h"
#include "template.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_BYTES 200 /* of a name that is too long */

struct results_tree {
    const char *path;
    const struct items *items; /* for names of columns */
    bool is_template;          /* an item without a name has no files */
    uint32_t n_columns;        /* of an input, 0: not known yet */
    struct text base;          /* of the item's files, up to their names */
    size_t n_base;
    bool is_folder;            /* they are in one of their own */
    int fd[2];
    struct text name[2];       /* for messages */
};

static int look_at_template(struct results_tree *r, struct ff_error *err)
{
    struct template *t = template_of_results(r->items, err);
    if (t == NULL)
        return -1;
    r->is_template = template_uses_input(t) || template_uses_place(t);
    template_free(t);
    return 0;
}

struct results_tree *results_tree_open(const char *path,
                                       const struct items *items,
                                       struct ff_error *err)
{
    struct results_tree *r;
    if (trust_output(path, "--results", err) != 0)
        return NULL;
    r = calloc(1, sizeof *r);
    if (r == NULL) {
        ff_error_errno(err, FF_LOST, "cannot write --results");
        return NULL;
    }
    r->path = path;
    r->items = items;
    r->fd[0] = r->fd[1] = -1;
    if (items != NULL && look_at_template(r, err) != 0) {
        results_tree_free(r);
        return NULL;
    }
    return r;
}

void results_tree_free(struct results_tree *r)
{
    if (r == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        if (r->fd[i] >= 0)
            close(r->fd[i]);
        text_release(&r->name[i]);
    }
    text_release(&r->base);
    free(r);
}

static int no_memory(struct ff_error *err)
{
    return ff_error_errno(err, FF_LOST, "cannot write --results");
}

/* ---- names --------------------------------------------------------------- */

static int append_escaped(struct text *name, char c)
{
    switch (c) {
    case '/':
        return text_append_string(name, "\\_");
    case '\\':
        return text_append_string(name, "\\\\");
    case '\t':
        return text_append_string(name, "\\t");
    default:
        return text_append(name, &c, 1);
    }
}

int results_tree_name(struct text *name, struct span value)
{
    const size_t begin = name->n;
    if (value.n == 0)
        return text_append_string(name, "\\e");
    if ((span_is(value, ".") || span_is(value, ".."))
        && text_append(name, "\\", 1) != 0)
        return -1;
    for (size_t i = 0; i < value.n; i++)
        if (append_escaped(name, value.at[i]) != 0)
            return -1;
    if (name->n - begin <= NAME_MAX)
        return 0;
    char mark[24];
    snprintf(mark, sizeof mark, "\\~%016" PRIx64,
             hash_bytes(value.at, value.n));
    name->n = begin + KEPT_BYTES;
    return text_append_string(name, mark);
}

/* One column of an item. */
struct column {
    struct span value;
    struct span name; /* from the header, or empty */
    uint32_t number;
};

static int by_name(const void *a, const void *b)
{
    const struct column *x = a, *y = b;
    const size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    const int order = n > 0 ? memcmp(x->name.at, y->name.at, n) : 0;
    if (order != 0)
        return order;
    if (x->name.n != y->name.n)
        return x->name.n < y->name.n ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int append_column(struct text *base, const struct column *c)
{
    char number[16];
    snprintf(number, sizeof number, "%" PRIu32, c->number + 1);
    if ((c->name.n > 0 ? results_tree_name(base, c->name)
                       : text_append_string(base, number)) != 0
        || text_append(base, "/", 1) != 0
        || results_tree_name(base, c->value) != 0)
        return -1;
    return text_append(base, "/", 1);
}

static struct span name_of(const struct results_tree *r, uint32_t i)
{
    return r->items != NULL ? items_name(r->items, i) : (struct span){"", 0};
}

/* NAME/VALUE/ of each column of one input. */
static int append_input(struct results_tree *r, const struct span *value,
                        uint32_t n)
{
    struct column *column = calloc(n + 1, sizeof *column);
    int rc = column != NULL ? 0 : -1;
    bool named = false;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        column[i] = (struct column){value[i], name_of(r, i), i};
        named |= column[i].name.n > 0;
    }
    if (named)
        qsort(column, n, sizeof *column, by_name);
    for (uint32_t i = 0; rc == 0 && i < n; i++)
        rc = append_column(&r->base, &column[i]);
    free(column);
    return rc;
}

/* How many columns an input has. Several inputs of an item all have as many;
 * the last item has fewer inputs. */
static uint32_t columns_of(struct results_tree *r, uint32_t n_values)
{
    struct item first = ITEM_EMPTY;
    if (r->items == NULL || r->items->work.head->max_args <= 1)
        return n_values;
    if (r->n_columns == 0 && items_get(r->items, 0, &first, NULL) == 0)
        r->n_columns = first.n_columns;
    item_release(&first);
    return r->n_columns > 0 ? r->n_columns : n_values;
}

/* The columns of the row, each ended by a zero byte. */
static struct span *split(const struct row *row, uint32_t *n)
{
    *n = 0;
    for (size_t i = 0; i < row->inputs.n; i++)
        *n += row->inputs.at[i] == '\0';
    struct span *value = calloc(*n + 1, sizeof *value);
    const char *p = row->inputs.at;
    for (uint32_t i = 0; value != NULL && i < *n; i++) {
        value[i] = span_of(p);
        p += value[i].n + 1;
    }
    return value;
}

/* DIR/1/VALUE/2/VALUE/; of a block of --pipe, which has no values, DIR/SEQ/. */
static int folder_of(struct results_tree *r, const struct row *row)
{
    char number[24];
    uint32_t n;
    struct span *value = split(row, &n);
    int rc = value != NULL && text_append_string(&r->base, r->path) == 0
             && text_append(&r->base, "/", 1) == 0 ? 0 : -1;
    const uint32_t step = columns_of(r, n);
    for (uint32_t i = 0; rc == 0 && i < n; i += step)
        rc = append_input(r, value + i, n - i < step ? n - i : step);
    snprintf(number, sizeof number, "%" PRIu64 "/", row->item + 1);
    if (rc == 0 && n == 0)
        rc = text_append_string(&r->base, number);
    free(value);
    r->is_folder = true;
    return rc;
}

/* What the template became. */
static int path_of(struct results_tree *r, const struct row *row)
{
    const struct span path = row->results;
    r->is_folder = path.at[path.n - 1] == '/';
    return text_append_span(&r->base, path);
}

/* ---- files --------------------------------------------------------------- */

static int cannot_write(const char *path, struct ff_error *err)
{
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s' (--results)",
                          path);
}

/* The folders on the way to a file, as far as they are missing. */
static int make_folders(char *path)
{
    for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        const int rc = mkdir(path, 0777);
        *p = '/';
        if (rc != 0 && errno != EEXIST)
            return -1;
    }
    return 0;
}

static int open_file(struct results_tree *r, const char *in_folder,
                     const char *behind, struct ff_error *err)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY
                      | O_NOFOLLOW;
    r->base.n = r->n_base;
    if (text_append_string(&r->base, r->is_folder ? in_folder : behind) != 0)
        return no_memory(err);
    if (trust_output(r->base.at, "--results", err) != 0)
        return -1;
    int fd = open(r->base.at, flags, 0666);
    if (fd < 0 && errno == ENOENT && make_folders(r->base.at) == 0)
        fd = open(r->base.at, flags, 0666);
    return fd >= 0 ? fd : cannot_write(r->base.at, err);
}

static int put(int fd, const char *path, const char *data, size_t n,
               struct ff_error *err)
{
    while (n > 0) {
        const ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return cannot_write(path, err);
        data += done;
        n -= (size_t)done;
    }
    return 0;
}

static int shut(int *fd, const char *path, struct ff_error *err)
{
    const int old = *fd;
    *fd = -1;
    return close(old) == 0 || errno == EINTR ? 0 : cannot_write(path, err);
}

static int write_seq(struct results_tree *r, uint64_t item,
                     struct ff_error *err)
{
    char text[24];
    int fd = open_file(r, "seq", ".seq", err);
    if (fd < 0)
        return -1;
    const int n = snprintf(text, sizeof text, "%" PRIu64, item + 1);
    const int rc = put(fd, r->base.at, text, (size_t)n, err);
    return shut(&fd, r->base.at, rc == 0 ? err : NULL) == 0 ? rc : -1;
}

/* Folders that a template names may be others', and lie where all can make some:
 * '/tmp/out_{}/'. */
static int check_way(struct results_tree *r, struct ff_error *err)
{
    int rc = 0;
    for (char *p = r->base.at + 1; rc == 0 && (p = strchr(p, '/')) != NULL;
         p++) {
        *p = '\0';
        rc = trust_output(r->base.at, "--results", err);
        *p = '/';
    }
    return rc;
}

int results_tree_begin(struct results_tree *r, const struct row *row,
                       struct ff_error *err)
{
    static const char *const in_folder[] = {"stdout", "stderr"};
    static const char *const behind[] = {"", ".err"};
    text_clear(&r->base);
    if (r->is_template && row->results.n == 0)
        return 0; /* it was not run */
    if ((row->results.n > 0 ? path_of(r, row) : folder_of(r, row)) != 0)
        return no_memory(err);
    if (r->is_template && check_way(r, err) != 0)
        return -1;
    r->n_base = r->base.n;
    for (int i = 0; i < 2; i++) {
        r->fd[i] = open_file(r, in_folder[i], behind[i], err);
        text_clear(&r->name[i]);
        if (r->fd[i] < 0)
            return -1;
        if (text_append(&r->name[i], r->base.at, r->base.n) != 0)
            return no_memory(err);
    }
    return write_seq(r, row->item, err);
}

int results_tree_put(struct results_tree *r, int stream, const char *data,
                     size_t n, struct ff_error *err)
{
    return put(r->fd[stream], r->name[stream].at, data, n, err);
}

int results_tree_end(struct results_tree *r, struct ff_error *err)
{
    int rc = 0;
    for (int i = 0; i < 2; i++)
        if (r->fd[i] >= 0
            && shut(&r->fd[i], r->name[i].at, rc == 0 ? err : NULL) != 0)
            rc = -1;
    return rc;
}
