/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of shared data: see shared.h. */
#include "shared.h"
#include "nodefile.h"

#include <sys/mman.h>

static void place(struct shared *shared, void *memory,
                  const struct spec *spec)
{
    shared->memory = memory;
    shared->bytes = spec_shared_offset(spec, spec->n_shared);
    for (uint32_t i = 0; i < spec->n_shared; i++)
        shared->at[i] = shared->memory + spec_shared_offset(spec, i);
}

int shared_map(struct shared *shared, const struct job_shm *job,
               const struct spec *spec, enum shared_access access,
               struct ff_error *err)
{
    void *memory;
    if (spec->n_shared == 0)
        return 0;
    if (node_file_map(&memory, job, &job->shared,
                      access == SHARED_LOAD ? NODE_FILE_WRITE : NODE_FILE_READ,
                      err) != 0)
        return -1;
    place(shared, memory, spec);
    /* A child that the kernel forks must not go on writing. */
    if (access == SHARED_LOAD)
        madvise(memory, shared->bytes, MADV_DONTFORK);
    return 0;
}

int shared_make(struct shared *shared, const struct spec *spec,
                struct ff_error *err)
{
    const uint64_t bytes = spec_shared_offset(spec, spec->n_shared);
    if (spec->n_shared == 0)
        return 0;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return ff_error_errno(err, FF_LOST, "cannot get %zu bytes for shared "
                              "data", (size_t)bytes);
    place(shared, memory, spec);
    return 0;
}

int shared_protect(struct shared *shared, struct ff_error *err)
{
    if (shared->memory == NULL)
        return 0;
    if (mprotect(shared->memory, shared->bytes, PROT_READ) != 0)
        return ff_error_errno(err, FF_LOST, "cannot protect the shared data");
    madvise(shared->memory, shared->bytes, MADV_DOFORK);
    return 0;
}
