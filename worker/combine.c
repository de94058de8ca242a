/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations of a kernel's own, combined and finished: see combine.h. This is
 * user code, so it runs in a worker, or in the one process of --serial; the
 * launcher hears of its end as of any other's.
 */
#include "combine.h"
#include "fpenv.h"
#include "nodefile.h"
#include "op_operation.h"

#include <string.h>

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
    fpenv_restore();
}

void combine_tree(struct tree *tree, const struct partial_result *result,
                  struct executor_shm *shm, int64_t *answer)
{
    const struct task t = {result, shm};
    tree->merge = merge;
    tree->context = &t;
    fpenv_restore();
    combine(tree, &t, answer);
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
    combine_tree(&tree, r, shm, words);
    tree_release(&tree);
    return 0;
}
