/* SPDX-License-Identifier: Apache-2.0 */
/* The job in shared memory: see prepare.h. */
#include "prepare.h"

#include <inttypes.h>
#include <string.h>

/* One more text at the end of the job's. */
static int add_text(struct job_shm *shm, const char *text,
                    struct ff_error *err)
{
    const size_t length = strlen(text) + 1;
    if (shm->n_text + length > sizeof shm->text)
        return ff_error_set(err, FF_USAGE, "the --arg, --env and --fold "
                            "options are longer than %zu bytes together",
                            sizeof shm->text);
    memcpy(shm->text + shm->n_text, text, length);
    shm->n_text += (uint32_t)length;
    return 0;
}

int prepare_text(struct job_shm *shm, const struct job *job,
                 const char *object, const struct interpreter *py,
                 struct ff_error *err)
{
    /* (A command's words, which may be long, are in the work file.) */
    const bool command = task_is_command(&job->task);
    const char *head[JOB_ARGS] = {
        [JOB_KERNEL] = command ? "" : job->kernel,
        [JOB_OBJECT] = object,
        [JOB_WDIR] = job->wdir != NULL ? job->wdir : "",
        [JOB_PYTHON] = py->program,
        [JOB_PYTHON_LIBRARY] = py->library,
        [JOB_PYTHON_PATH] = py->path,
        [JOB_PYTHON_PLUGIN] = py->plugin,
        [JOB_PYTHON_FILE] = py->file};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < JOB_ARGS; i++)
        rc = add_text(shm, head[i], err);
    for (size_t i = 0; rc == 0 && i < job->n_args; i++)
        rc = add_text(shm, job->arg[i], err);
    for (size_t i = 0; rc == 0 && i < job->n_env; i++)
        rc = add_text(shm, job->env[i], err);
    for (size_t i = 0; rc == 0 && i < job->n_folds; i++)
        rc = add_text(shm, job->fold[i], err);
    if (rc != 0)
        return -1;
    shm->n_args = (uint32_t)job->n_args;
    shm->n_env = (uint32_t)job->n_env;
    shm->n_folds = (uint32_t)job->n_folds;
    shm->report_bindings = job->report_bindings;
    shm->openmp_spent = job->openmp_threads;
    shm->seed = job->seed;
    shm->quiet = job->quiet;
    shm->verify = job->verify;
    shm->recycle = job->recycle;
    shm->has_range = job->has_range;
    shm->keep_order = job->keep_order && !task_is_command(&job->task);
    shm->range_first = job->first;
    shm->range_last = job->last;
    shm->grid.chunk_items = job->chunk_items;
    return 0;
}

static void share_input(struct job_shm *shm, const struct input *input)
{
    shm->line_ends_with = (uint32_t)input->ends_with;
    shm->input = (struct node_file){.fd = input->fd, .bytes = input->bytes};
    shm->input_index = (struct node_file){.fd = input->index.fd,
                                          .bytes = input->index.bytes};
}

/* The items of the run are [0, n). */
static void set_items(struct job_shm *shm, uint64_t n)
{
    shm->has_range = 1;
    shm->range_first = 0;
    shm->range_last = n;
}

/* As many as a grid can have. */
static uint64_t most_items(uint64_t chunk_items)
{
    uint64_t n;
    return __builtin_mul_overflow(chunk_items, GRID_MAX_CHUNKS, &n)
               ? UINT64_MAX : n;
}

int prepare_input(struct job_shm *shm, const struct job *job,
                  const struct input *input, struct ff_error *err)
{
    if (job->has_range && job->last > input->n_lines)
        return ff_error_set(err, FF_USAGE, "--range ends at %" PRIu64 ", but "
                            "'%s' has %" PRIu64 " lines", job->last,
                            input->name, input->n_lines);
    share_input(shm, input);
    if (!job->has_range)
        set_items(shm, input->n_lines);
    return 0;
}

void prepare_work(struct job_shm *shm, const struct job *job,
                  const struct work_file *work, const struct input *input)
{
    shm->work = (struct node_file){.fd = work->fd, .bytes = work->bytes};
    if (input->fd >= 0)
        share_input(shm, input);
    if (task_is_command(&job->task) && job->chunk_items == 0)
        shm->grid.chunk_items = 1; /* each is worth a chunk of its own */
    if (!job->has_range)
        set_items(shm, input->stream != NULL
                           ? most_items(shm->grid.chunk_items)
                           : work->n_items);
}
