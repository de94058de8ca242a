/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML text as a tree, each part with its line: for files whose parts are
 * looked at in another order than they are written in. */
#ifndef FANFOLD_LAUNCHER_YAML_TREE_H
#define FANFOLD_LAUNCHER_YAML_TREE_H

#include "error.h"
#include "text_pool.h"
#include "yaml_events.h"

#include <stdbool.h>
#include <stddef.h>

struct yaml_node {
    enum yaml_kind kind;   /* YAML_SCALAR, YAML_LIST, YAML_MAPPING */
    unsigned line;
    bool plain;            /* of a scalar: without quotes */
    const char *text;      /* of a scalar: without zero bytes in it */
    const char *key;       /* in a mapping; else NULL */
    unsigned key_line;
    struct yaml_node *first, *next; /* what is in it; what comes behind it */
    struct yaml_node *made;         /* before this one */
};

struct yaml_tree {
    const char *path;
    struct yaml_node *root; /* a mapping */
    struct yaml_node *last; /* made */
    size_t n_nodes;
    struct text_pool pool;
};

/* Reads n bytes. -1 with *err (FF_USAGE, "PATH:LINE: ..."): no UTF-8, no YAML,
 * no mapping, a key twice, nested deeper or longer than people write. The tree
 * is to be released in any case; texts in it live as long. */
int yaml_tree_read(struct yaml_tree *tree, const char *path, const char *text,
                   size_t n, struct ff_error *err);
void yaml_tree_release(struct yaml_tree *tree);

/* What a mapping has under a key; NULL: nothing. */
struct yaml_node *yaml_tree_find(const struct yaml_node *mapping,
                                 const char *key);

/* How many are in a list or a mapping. */
size_t yaml_tree_count(const struct yaml_node *node);

#endif
