/* SPDX-License-Identifier: Apache-2.0 */
/* --schedule-map of a cluster: which node ran which chunks, and how busy it
 * was. Threads of other machines send no times of their own: a node is one
 * row. */
#include "root.h"

#include <stdio.h>

/* A host is one node when we started it; else several ranks may be there. */
static uint32_t row_of(const struct root *root, uint32_t k)
{
    const struct root_node *node = &root->node[k];
    char name[WIRE_HOST + 32];
    if (node->hello.n_local > 1)
        snprintf(name, sizeof name, "%.40s rank %u", node->host, k);
    else
        snprintf(name, sizeof name, "%s", node->host);
    return map_node(root->run->map, name);
}

int root_map_open(struct root *root, struct ff_error *err)
{
    struct run *run = root->run;
    if (!run->job->schedule_map || run->map != NULL)
        return 0;
    run->map = map_create(root->n_nodes, run->opened_ns);
    if (run->map == NULL)
        return ff_error_set(err, FF_LOST, "out of memory in the launcher");
    for (uint32_t k = 0; k < root->n_nodes; k++)
        row_of(root, k);
    return 0;
}

int root_map_record(struct root *root, const struct wire_message *m)
{
    struct map *map = root->run->map;
    const uint32_t row = map == NULL ? MAP_NO_ROW : row_of(root, m->head.node);
    return row == MAP_NO_ROW ? 0
           : map_record(map, row, m->body, m->head.bytes);
}

/* Each generation of nodes is a new life, whose times begin at 0. */
void root_map_status(struct root *root, uint32_t k)
{
    struct map *map = root->run->map;
    const struct wire_status *s = &root->grants.node[k].status;
    const struct root_node *node = &root->node[k];
    const bool team = spec_is_whole(&root->run->spec);
    const uint32_t n = node->n_workers * (team ? 1 : node->threads);
    const uint32_t row = map == NULL || n == 0 ? MAP_NO_ROW : row_of(root, k);
    if (row != MAP_NO_ROW)
        map_busy(map, row, root->n_gone + 1, s->busy_ns / n,
                 root->run->now_ns);
}
