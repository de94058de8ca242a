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
