/* SPDX-License-Identifier: Apache-2.0 */
/* Mapping files of the launcher: see nodefile.h. */
#include "nodefile.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int node_file_map(void **at, const struct job_shm *job,
                  const struct node_file *file, enum node_file_access access,
                  struct ff_error *err)
{
    const int protection = access == NODE_FILE_WRITE ? PROT_READ | PROT_WRITE
                                                     : PROT_READ;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", job->launcher, file->fd);
    const int fd = open(path, (access == NODE_FILE_WRITE ? O_RDWR : O_RDONLY)
                                  | O_CLOEXEC);
    if (fd < 0)
        return ff_error_errno(err, FF_LOST, "cannot open '%s', a file of the "
                              "launcher", path);
    void *p = mmap(NULL, file->bytes, protection, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        ff_error_errno(err, FF_LOST, "cannot map %zu bytes of the launcher's "
                       "'%s'", (size_t)file->bytes, path);
    close(fd);
    if (p == MAP_FAILED)
        return -1;
    *at = p;
    return 0;
}

int node_file_lines(struct lines *lines, const struct job_shm *job,
                    struct ff_error *err)
{
    void *text = NULL, *index = NULL;
    if (job->input.fd >= 0 && job->input.bytes > 0
        && (node_file_map(&text, job, &job->input, NODE_FILE_READ, err) != 0
            || node_file_map(&index, job, &job->input_index, NODE_FILE_READ,
                             err) != 0))
        return -1;
    lines_set(lines, text, job->input.bytes, index, job->input_index.bytes,
              (int)job->line_ends_with);
    lines->given = job->input.fd >= 0;
    return 0;
}

/* ---- what grows ----------------------------------------------------------- */

#define ROOM_MIN ((size_t)1 << 20)

/* Maps the first `bytes` of the file, and for a while more than there are, so
 * that it is not mapped again for each line. */
static int map_growing(struct node_growing *g, const struct job_shm *job,
                       struct node_file file, uint64_t bytes,
                       struct ff_error *err)
{
    void *at;
    if (bytes <= g->room)
        return 0;
    file.bytes = 2 * bytes > ROOM_MIN ? 2 * bytes : ROOM_MIN;
    if (node_file_map(&at, job, &file, NODE_FILE_READ, err) != 0) {
        file.bytes = bytes; /* ulimit -v */
        if (node_file_map(&at, job, &file, NODE_FILE_READ, err) != 0)
            return -1;
    }
    if (g->at != NULL)
        munmap(g->at, g->room);
    *g = (struct node_growing){at, file.bytes};
    return 0;
}

static int set_blocks(struct node_input *in, const struct job_shm *job,
                      uint64_t bytes, struct ff_error *err)
{
    if (map_growing(&in->index, job, job->input_index, bytes, err) != 0)
        return -1;
    in->items.block_end = in->index.at;
    in->items.n_blocks = bytes / sizeof(uint64_t);
    return 0;
}

/* As lines_set does, but that the index has no number of all lines: what is
 * behind the n lines may be half of one. */
static int set_lines(struct node_input *in, const struct job_shm *job,
                     uint64_t n, uint64_t bytes, uint64_t index_bytes,
                     struct ff_error *err)
{
    if (map_growing(&in->text, job, job->input, bytes, err) != 0
        || map_growing(&in->index, job, job->input_index, index_bytes, err)
           != 0)
        return -1;
    const char *text = in->text.at;
    in->items.lines = (struct lines){
        .text = text, .end = text + bytes, .before = in->index.at,
        .n_blocks = (bytes + INPUT_BLOCK - 1) / INPUT_BLOCK, .n = n,
        .ends_with = (int)job->line_ends_with, .given = true};
    return 0;
}

int node_input_refresh(struct node_input *in, const struct job_shm *job,
                       struct ff_error *err)
{
    const uint64_t n = atomic_load_explicit(&job->inputs_grown,
                                            memory_order_acquire);
    const uint64_t bytes = atomic_load_explicit(&job->input_grown,
                                                memory_order_relaxed);
    const uint64_t index = atomic_load_explicit(&job->index_grown,
                                                memory_order_relaxed);
    if (n == 0)
        return 0;
    return in->blocks ? set_blocks(in, job, n * sizeof(uint64_t), err)
                      : set_lines(in, job, n, bytes, index, err);
}

int node_input_open(struct node_input *in, const struct job_shm *job,
                    bool blocks, struct ff_error *err)
{
    *in = NODE_INPUT_NONE;
    in->blocks = blocks;
    if (job->input.fd < 0)
        return 0;
    const int rc = blocks ? set_blocks(in, job, job->input_index.bytes, err)
                          : node_file_lines(&in->items.lines, job, err);
    return rc == 0 ? node_input_refresh(in, job, err) : -1;
}
