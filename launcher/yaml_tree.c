/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as a tree: see yaml_tree.h. Aliases are refused by yaml_events.c, so the
 * tree is never larger than its text. */
#include "yaml_tree.h"
#include "options.h"
#include "text_file.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 12
#define MAX_NODES 5000

/* A tree while it is read. */
struct reading {
    struct yaml_tree *tree;
    struct yaml *yaml;
    struct yaml_event event;
    struct ff_error *err;
};

static int wrong(struct reading *r, unsigned line, const char *what)
{
    return ff_error_set(r->err, FF_USAGE, "%s:%u: %s", r->tree->path, line,
                        what);
}

static int no_memory(struct reading *r)
{
    return ff_error_errno(r->err, FF_LOST, "cannot read '%s'", r->tree->path);
}

static int next(struct reading *r)
{
    if (yaml_next(r->yaml, &r->event, r->err) != 0)
        return -1;
    if (r->event.kind == YAML_SCALAR
        && memchr(r->event.text, '\0', r->event.n) != NULL)
        return wrong(r, r->event.line, "a zero byte in a text");
    return 0;
}

static const char *keep_text(struct reading *r)
{
    const char *text = text_pool_keep(&r->tree->pool, r->event.text,
                                      r->event.n, "", 0);
    if (text == NULL)
        no_memory(r);
    return text;
}

/* Of the present event; NULL with an error. */
static struct yaml_node *make_node(struct reading *r)
{
    struct yaml_tree *t = r->tree;
    if (t->n_nodes++ == MAX_NODES) {
        wrong(r, r->event.line, "more than 5,000 values in one file");
        return NULL;
    }
    struct yaml_node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        no_memory(r);
        return NULL;
    }
    *node = (struct yaml_node){.kind = r->event.kind, .line = r->event.line,
                               .plain = r->event.plain, .made = t->last};
    t->last = node;
    if (node->kind == YAML_SCALAR && (node->text = keep_text(r)) == NULL)
        return NULL;
    return node;
}

/* The present event is a key. */
static int read_key(struct reading *r, const struct yaml_node *mapping,
                    const char **key, unsigned *line)
{
    if (r->event.kind != YAML_SCALAR)
        return wrong(r, r->event.line, "a key must be a plain word");
    *line = r->event.line;
    *key = keep_text(r);
    if (*key == NULL)
        return -1;
    const struct yaml_node *there = yaml_tree_find(mapping, *key);
    char shown[OPTION_SHOWN];
    if (there != NULL)
        return ff_error_set(r->err, FF_USAGE, "%s:%u: '%s' is there twice, "
                            "first in line %u", r->tree->path, *line,
                            option_shown(*key, shown), there->key_line);
    return next(r);
}

/* The present event begins a value. */
static struct yaml_node *read_value(struct reading *r, unsigned depth)
{
    if (depth > MAX_DEPTH) {
        wrong(r, r->event.line, "nested too deep");
        return NULL;
    }
    struct yaml_node *node = make_node(r);
    if (node == NULL || node->kind == YAML_SCALAR)
        return node;
    const bool pairs = node->kind == YAML_MAPPING;
    struct yaml_node **end = &node->first;
    for (;;) {
        const char *key = NULL;
        unsigned line = 0;
        if (next(r) != 0)
            return NULL;
        if (r->event.kind == YAML_LIST_END
            || r->event.kind == YAML_MAPPING_END)
            return node;
        if (pairs && read_key(r, node, &key, &line) != 0)
            return NULL;
        *end = read_value(r, depth + 1);
        if (*end == NULL)
            return NULL;
        (*end)->key = key;
        (*end)->key_line = line;
        end = &(*end)->next;
    }
}

static int read_stream(struct reading *r)
{
    for (;;) {
        if (next(r) != 0)
            return -1;
        if (r->event.kind == YAML_END)
            return r->tree->root != NULL ? 0
                   : wrong(r, 1, "the file is empty");
        if (r->event.kind != YAML_DOCUMENT)
            continue;
        if (r->tree->root != NULL)
            return wrong(r, r->event.line, "a second document begins here: "
                         "there can be one");
        if (next(r) != 0)
            return -1;
        if (r->event.kind != YAML_MAPPING)
            return wrong(r, r->event.line, "lines 'key: value' are expected");
        r->tree->root = read_value(r, 1);
        if (r->tree->root == NULL)
            return -1;
    }
}

int yaml_tree_read(struct yaml_tree *tree, const char *path, const char *text,
                   size_t n, struct ff_error *err)
{
    *tree = (struct yaml_tree){.path = path, .pool = TEXT_POOL_EMPTY};
    struct reading r = {.tree = tree, .err = err};
    if (text_file_check(path, text, n, err) != 0)
        return -1;
    r.yaml = yaml_create(path, text, n, err);
    if (r.yaml == NULL)
        return -1;
    const int rc = read_stream(&r);
    yaml_destroy(r.yaml);
    return rc;
}

void yaml_tree_release(struct yaml_tree *tree)
{
    while (tree->last != NULL) {
        struct yaml_node *node = tree->last;
        tree->last = node->made;
        free(node);
    }
    text_pool_release(&tree->pool);
    tree->root = NULL;
}

struct yaml_node *yaml_tree_find(const struct yaml_node *mapping,
                                 const char *key)
{
    for (struct yaml_node *n = mapping->first; n != NULL; n = n->next)
        if (n->key != NULL && strcmp(n->key, key) == 0)
            return n;
    return NULL;
}

size_t yaml_tree_count(const struct yaml_node *node)
{
    size_t count = 0;
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next)
        count++;
    return count;
}
