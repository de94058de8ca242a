/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared data: PHASE_LOAD (ledger.h). We make their memory, a memfd, and
 * choose the worker that fills it; when it says that it has, the memory is
 * sealed, so that all map it for reading only, and the run begins. Should the
 * loader die, another one starts from the beginning, in a new memory.
 */
#include "run.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int make_memory(struct node_file *file, uint64_t bytes,
                       struct ff_error *err)
{
    const int fd = memfd_create("fanfold-shared",
                                MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return ff_error_errno(err, FF_LOST, "cannot create shared memory");
    if (ftruncate(fd, (off_t)bytes) != 0
        || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
        ff_error_errno(err, FF_LOST, "cannot get %zu bytes for shared data",
                       (size_t)bytes);
        close(fd);
        return -1;
    }
    *file = (struct node_file){.fd = fd, .bytes = bytes};
    return 0;
}

void loading_release(struct run *run)
{
    struct node_file *file = &crew_job(run->crew)->shared;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static int load_by(struct run *run, uint32_t rank, struct ff_error *err)
{
    struct job_shm *job = crew_job(run->crew);
    const uint64_t bytes = spec_shared_offset(&run->spec, run->spec.n_shared);
    loading_release(run);
    if (make_memory(&job->shared, bytes, err) != 0)
        return -1;
    run->loading = true;
    run->crew->slot[rank].age_ns[0] = 0;
    atomic_store_explicit(&job->loader, rank, memory_order_release);
    atomic_store_explicit(&job->phase, PHASE_LOAD, memory_order_release);
    futex_wake(&job->phase);
    return 0;
}

bool loading_is_by(const struct run *run, uint32_t rank)
{
    return run->loading && atomic_load(&crew_job(run->crew)->loader) == rank;
}

void loading_lost(struct run *run, uint32_t rank)
{
    if (loading_is_by(run, rank))
        atomic_store(&crew_job(run->crew)->loader, NO_RANK);
}

static uint32_t state_of(const struct run *run, uint32_t rank)
{
    return atomic_load_explicit(&crew_worker(run->crew, rank)->state,
                                memory_order_acquire);
}

static void choose_loader(struct run *run)
{
    struct ff_error err;
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        if (run->crew->slot[rank].live
            && state_of(run, rank) == WORKER_OPENED) {
            if (load_by(run, rank, &err) != 0)
                run_fail(run, &err);
            return;
        }
}

void loading_begin(struct run *run)
{
    run->loading = true;
    atomic_store(&crew_job(run->crew)->loader, NO_RANK);
    choose_loader(run);
}

bool loading_ended(struct run *run)
{
    struct job_shm *job = crew_job(run->crew);
    const uint32_t rank = atomic_load(&job->loader);
    struct ff_error err;
    if (rank == NO_RANK) {
        choose_loader(run);
        return false;
    }
    if (!run->crew->slot[rank].live || state_of(run, rank) != WORKER_LOADED)
        return false;
    if (fcntl(job->shared.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)
        != 0) {
        ff_error_errno(&err, FF_LOST, "cannot seal the shared data");
        run_fail(run, &err);
        return false;
    }
    run->loading = false;
    return true;
}
