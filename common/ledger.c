/* SPDX-License-Identifier: Apache-2.0 */
/* Shared memory and futexes: see ledger.h. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

size_t job_shm_bytes(uint32_t n_executors, uint32_t n_cpus)
{
    return sizeof(struct job_shm) + n_executors * sizeof(struct place)
           + n_cpus * sizeof(uint32_t);
}

size_t node_shm_bytes(uint32_t n_executors, uint32_t n_pool)
{
    return sizeof(struct node_shm)
           + (size_t)(n_executors + n_pool) * sizeof(struct claim_line);
}

size_t worker_shm_bytes(uint32_t n_executors)
{
    return sizeof(struct worker_shm)
           + n_executors * sizeof(struct executor_shm);
}

static int map(struct shm *shm, int protection, struct ff_error *err)
{
    shm->at = mmap(NULL, shm->bytes, protection, MAP_SHARED, shm->fd, 0);
    if (shm->at == MAP_FAILED) {
        shm->at = NULL;
        return ff_error_errno(err, FF_LOST, "cannot map %zu bytes of shared "
                              "memory%s", shm->bytes,
                              errno == ENOMEM ? " (see ulimit -v)" : "");
    }
    return 0;
}

int shm_create(struct shm *shm, size_t bytes, enum shm_access others,
               struct ff_error *err)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL
                      | (others == SHM_READ_ONLY ? F_SEAL_FUTURE_WRITE : 0);
    struct shm new = {NULL, bytes, -1};

    new.fd = memfd_create("fanfold", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (new.fd < 0)
        return ff_error_errno(err, FF_LOST, "cannot create shared memory%s",
                              errno == EMFILE ? " (see ulimit -n)" : "");
    if (ftruncate(new.fd, (off_t)bytes) != 0) {
        ff_error_errno(err, FF_LOST, "cannot size shared memory to %zu bytes",
                       bytes);
        goto fail;
    }
    if (map(&new, PROT_READ | PROT_WRITE, err) != 0)
        goto fail;
    if (fcntl(new.fd, F_ADD_SEALS, seals) != 0) {
        ff_error_errno(err, FF_LOST, "cannot seal shared memory");
        munmap(new.at, bytes);
        goto fail;
    }
    *shm = new;
    return 0;
fail:
    close(new.fd);
    return -1;
}

int shm_open_fd(struct shm *shm, int fd, enum shm_access access,
                struct ff_error *err)
{
    const int protection = access == SHM_READ_ONLY ? PROT_READ
                                                   : PROT_READ | PROT_WRITE;
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ff_error_errno(err, FF_LOST, "cannot open shared memory");
    struct shm new = {NULL, (size_t)st.st_size, fd};
    if (map(&new, protection, err) != 0)
        return -1;
    if (madvise(new.at, new.bytes, MADV_DONTFORK) != 0) {
        ff_error_errno(err, FF_LOST, "cannot advise shared memory");
        munmap(new.at, new.bytes);
        return -1;
    }
    close(fd);
    new.fd = -1;
    *shm = new;
    return 0;
}

void shm_release(struct shm *shm)
{
    if (shm->at != NULL)
        munmap(shm->at, shm->bytes);
    if (shm->fd >= 0)
        close(shm->fd);
    *shm = (struct shm){NULL, 0, -1};
}

void futex_wait(const _Atomic uint32_t *word, uint32_t seen,
                uint64_t timeout_ns)
{
    const struct timespec t = {(time_t)(timeout_ns / 1000000000u),
                               (long)(timeout_ns % 1000000000u)};
    syscall(SYS_futex, word, FUTEX_WAIT, seen, &t, NULL, 0);
}

void futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void event_notify(int fd)
{
    const uint64_t one = 1;
    struct stat st;
    /* An eventfd has no file type. */
    if (fd < 0 || fstat(fd, &st) != 0 || (st.st_mode & S_IFMT) != 0)
        return;
    if (write(fd, &one, sizeof one) < 0) {
        /* It is full: the launcher is about to look. And without it the
         * launcher's tick finds what there is a little later. */
    }
}
