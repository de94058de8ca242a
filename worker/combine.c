/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations of a kernel's own, combined and finished: see combine.h. This is
 * user code, so it runs in a worker, or in the one process of --serial; the
 * launcher hears of its end as of any other's.
 */
#include "combine.h"
#include "fdio.h"
#include "fpenv.h"
#include "nodefile.h"
#include "op_operation.h"
#include "stage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct task {
    const struct partial_result *result;
    struct executor_shm *shm;
};

static void note(const struct task *t, enum combining what)
{
    atomic_store_explicit(&t->shm->current, what, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->shm->begun, 1, memory_order_release);
}

static void merge(const void *context, int64_t *into, const int64_t *from)
{
    const struct task *t = context;
    note(t, COMBINING_COMBINE);
    t->result->op->merge(&t->result->shape, into, from);
    fpenv_restore();
}

static bool valid(const void *context, const int64_t *state)
{
    const struct task *t = context;
    return t->result->op->valid(&t->result->shape, state);
}

/* The answer: the finished slice; an empty one when there are no states. */
static void combine(struct tree *tree, const struct task *t, int64_t *answer)
{
    const struct partial_result *r = t->result;
    const int64_t *root = tree_root(tree);
    r->op->init(&r->shape, answer);
    if (root == NULL)
        return;
    memcpy(answer, root, r->words * sizeof *answer);
    note(t, COMBINING_FINISH);
    operation_finish(&r->shape, answer);
}

int combine_main(const struct job_shm *job, const struct partial_layout *layout,
                 struct executor_shm *shm, struct ff_error *err)
{
    const struct partial_result *r = &layout->result[job->combine_result];
    const struct task t = {r, shm};
    struct tree tree;
    void *words;
    if (node_file_map(&words, job, &job->combine, NODE_FILE_WRITE, err) != 0)
        return -1;
    tree_init(&tree, job->grid.n_chunks, r->words, merge, &t);
    if (tree_decode(&tree, words, job->combine.bytes / sizeof(int64_t), valid)
        != 0)
        return ff_error_errno(err, FF_LOST, "cannot combine result '%s'",
                              r->name);
    fpenv_restore();
    combine(&tree, &t, words);
    tree_release(&tree);
    return 0;
}

/* ---- --serial ------------------------------------------------------------ */

/* Adds the states of a record to the tree. */
static int add_record(struct tree *all, const struct partial_layout *layout,
                      const unsigned char *message, size_t n)
{
    struct record_head head;
    struct tree tree;
    memcpy(&head, message, sizeof head);
    const size_t before = sizeof head + head.n_ranges * sizeof(struct range)
                          + layout->n_words * sizeof(int64_t);
    if (head.kind != RECORD_PARTIAL)
        return 0;
    state_tree_init(&tree, layout, all->n_chunks);
    int rc = state_tree_decode(&tree, (const int64_t *)(const void *)
                               (message + before),
                               (n - before) / sizeof(int64_t));
    if (rc == 0)
        rc = tree_join(all, &tree);
    tree_release(&tree);
    return rc;
}

static int add_records(struct tree *all, const struct partial_layout *layout,
                       int file, off_t offset)
{
    uint64_t n;
    int rc = 0;
    while (rc == 0
           && pread(file, &n, sizeof n, offset) == (ssize_t)sizeof n) {
        unsigned char *message = malloc(n);
        offset += (off_t)sizeof n;
        rc = message != NULL
             && pread(file, message, n, offset) == (ssize_t)n
                 ? add_record(all, layout, message, n) : -1;
        offset += (off_t)n;
        free(message);
    }
    return rc;
}

static void finish_all(struct tree *all, const struct partial_layout *layout,
                       int64_t *state)
{
    const int64_t *root = tree_root(all);
    state_init(layout, state);
    if (root != NULL)
        memcpy(state, root, layout->n_state_words * sizeof *state);
    for (uint32_t i = 0; i < layout->n_results; i++)
        if (layout->result[i].op->code == FF_OP_OPERATION) {
            operation_finish(&layout->result[i].shape,
                             state + layout->result[i].offset);
            fpenv_restore();
        }
}

int combine_serial(int file, off_t offset, uint32_t n_chunks,
                   const struct partial_layout *layout, struct ff_error *err)
{
    const size_t bytes = layout->n_state_words * sizeof(int64_t);
    const struct record_head head = {.kind = RECORD_COMBINED};
    const uint64_t length = sizeof head + bytes;
    struct tree all;
    if (!layout->has_operation)
        return 0;
    int64_t *state = malloc(bytes);
    stage_tree_init(&all, layout, n_chunks);
    int rc = state != NULL ? add_records(&all, layout, file, offset) : -1;
    if (rc == 0)
        finish_all(&all, layout, state);
    if (rc != 0 || fd_write_all(file, &length, sizeof length) != 0
        || fd_write_all(file, &head, sizeof head) != 0
        || fd_write_all(file, state, bytes) != 0)
        rc = ff_error_errno(err, FF_LOST, "cannot combine the results");
    tree_release(&all);
    free(state);
    return rc;
}
