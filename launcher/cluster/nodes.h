/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of nodes as people write them. */
#ifndef FANFOLD_LAUNCHER_NODES_H
#define FANFOLD_LAUNCHER_NODES_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODES_MAX 65536

struct node {
    char *host;
    uint32_t slots; /* most workers on it; 0: as many as its cores have room */
};

struct nodes {
    struct node *node;
    size_t n;
    size_t room;
};

/* Adds the nodes of a list: names at commas or blanks, each with ":N" behind
 * it for N workers at most, and with Slurm's brackets: n[001-003,7]:4 is n001,
 * n002, n003 and n7. 0, or -1 with a usage error that begins with `where`
 * ("option '--host'"). */
int nodes_add_list(struct nodes *nodes, const char *list, const char *where,
                   struct ff_error *err);

/* Adds a node, whatever its name is. */
int nodes_add(struct nodes *nodes, const char *host, uint32_t slots,
              struct ff_error *err);

/* Adds those of a file: one a line, as above or with "slots=N" behind it; '#'
 * begins a comment. */
int nodes_add_file(struct nodes *nodes, const char *path,
                   struct ff_error *err);

/* A node that is there several times becomes one with all its slots, where it
 * stood first; each time without a number is one slot. -1 when memory is
 * short. */
int nodes_merge(struct nodes *nodes);

/* The same name, or one with a domain and one without. */
bool nodes_is_name(const char *host, const char *name);

/* Puts the nodes in the order of these names, of as many; those that have none
 * of them stay in their order, at the places that are left. -1 when memory is
 * short. */
int nodes_order(struct nodes *nodes, const char *const *name);

void nodes_release(struct nodes *nodes);

#endif
