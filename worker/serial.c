/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --serial: the launcher has become this process, and this process becomes
 * the launcher again to report. So the kernel runs where the debugger looks,
 * through the same executor and the same commit rule as ever; there is no
 * second process, no thread, no replacement when it crashes.
 */
#include "serial.h"
#include "executor.h"
#include "fdio.h"
#include "kernel_c.h"
#include "worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fix_grid(struct job_shm *job, const struct spec *spec,
                    struct ff_error *err)
{
    const uint64_t chunk = job->grid.chunk_items;
    if (job->has_range)
        return grid_init(&job->grid, job->range_first, job->range_last, chunk,
                         err);
    if (!spec->has_items)
        return ff_error_set(err, FF_USAGE, "'%s' does not say how many items "
                            "there are: give --range 0:N, or declare "
                            "FF_ITEMS(N) in it", job->text);
    return grid_init(&job->grid, 0, spec->items, chunk, err);
}

/* The job, in memory of our own: its grid is fixed here. */
static struct job_shm *copy_job(int fd, struct ff_error *err)
{
    struct shm shm;
    if (shm_open_fd(&shm, fd, SHM_READ_ONLY, err) != 0)
        return NULL;
    struct job_shm *job = malloc(shm.bytes);
    if (job == NULL) {
        ff_error_errno(err, FF_LOST, "cannot run serially");
        return NULL;
    }
    memcpy(job, shm.at, shm.bytes);
    shm_release(&shm);
    atomic_store(&job->phase, PHASE_RUN);
    return job;
}

static int run_all(struct job_shm *job, int file, struct ff_error *err)
{
    static struct kernel kernel;
    static struct spec spec;
    static struct partial_layout layout;
    static struct executor executor;
    struct node_shm *node = aligned_alloc(64,
                                          node_shm_bytes(1, job->n_pool));
    struct executor_shm *shm = aligned_alloc(64, sizeof *shm);
    if (node == NULL || shm == NULL)
        return ff_error_errno(err, FF_LOST, "cannot run serially");
    memset(node, 0, node_shm_bytes(1, job->n_pool));
    memset(shm, 0, sizeof *shm);
    if (worker_open_kernel(job, &kernel, &spec, err) != 0
        || fix_grid(job, &spec, err) != 0)
        return -1;
    partial_layout_init(&layout, &spec);
    if (executor_init(&executor, job, node, shm, 0, 0, &layout, kernel.run, -1,
                      file, err) != 0)
        return -1;
    if (fd_write_all(file, &spec, sizeof spec) != 0
        || fd_write_all(file, &job->grid, sizeof job->grid) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write results");
    executor_set_thread(&executor);
    executor_run_range(&executor, (struct range){0, job->grid.n_chunks});
    return 0;
}

int serial_main(int argc, char **argv)
{
    struct ff_error err = {0};
    if (argc < 4) {
        fprintf(stderr, "fanfold-worker: this program is started by fanfold\n");
        return FF_USAGE;
    }
    const int file = atoi(argv[1]);
    struct job_shm *job = copy_job(atoi(argv[0]), &err);
    if (job == NULL || run_all(job, file, &err) != 0) {
        fprintf(stderr, "fanfold: %s\n", err.text);
        return err.status;
    }
    fflush(NULL);
    execv(argv[2], argv + 3);
    fprintf(stderr, "fanfold: cannot start '%s' again: %s\n", argv[2],
            strerror(errno));
    return FF_LOST;
}
