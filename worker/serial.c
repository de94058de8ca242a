/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --serial: the launcher has become this process, and this process becomes
 * the launcher again to report. So the kernel runs where the debugger looks,
 * through the same executor and the same commit rule as ever; there is no
 * second process, no thread, no replacement when it crashes.
 */
#include "serial.h"
#include "combine.h"
#include "environment.h"
#include "executor.h"
#include "fdio.h"
#include "identity.h"
#include "kernel_c.h"
#include "life.h"
#include "nodefile.h"
#include "team.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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
    job->n_workers = job->threads = job->n_executors = job->team = 1;
    job->size = 1;
    job->place[0].n_cpus = 0; /* it is not bound */
    atomic_store(&job->phase, PHASE_RUN);
    return job;
}

/* Our number while the kernel may run, else 0: it is not to end this process,
 * since a status of its own would pass for the run's. (What it forks may.) */
static pid_t running;

static void refuse_exit(void)
{
    static const char text[] = "fanfold: the kernel ended the process, so "
                               "there is no result\n";
    if (running == 0 || running != getpid())
        return;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        /* Nobody to tell; the status does. */
    }
    syscall(SYS_exit_group, FF_ITEMS_FAILED);
}

/* In place of the C library's, for the kernel too: worker.am exports it. */
void _exit(int status)
{
    refuse_exit();
    for (;;)
        syscall(SYS_exit_group, status);
}

static int make_grid(struct job_shm *job, const struct spec *spec,
                     struct ff_error *err)
{
    const uint64_t range[2] = {job->range_first, job->range_last};
    if (spec->kind == FF_KERNEL_ONCE)
        return spec_grid_once(spec, job->input.fd >= 0, job->has_range,
                              job->grid.chunk_items, 1, job->text, &job->grid,
                              err);
    return spec_grid(spec, job->has_range ? range : NULL,
                     job->grid.chunk_items, job->text, &job->grid, err);
}

/* The input as it was when it was opened. */
static struct stat input_then;

/* Maps the lines; of the descriptors that we were given only that of the input
 * stays, to look at it again. */
static int open_input(struct item_texts *texts, const struct job_shm *job,
                      struct ff_error *err)
{
    if (item_texts_open(texts, job, err) != 0)
        return -1;
    if (!texts->lines.given)
        return 0;
    close(job->input_index.fd);
    fcntl(job->input.fd, F_SETFD, FD_CLOEXEC);
    if (fstat(job->input.fd, &input_then) != 0)
        return ff_error_errno(err, FF_LOST, "cannot look at the input");
    return 0;
}

/* (A kernel that has closed our descriptor has its way.) */
static int check_input(const struct job_shm *job, struct ff_error *err)
{
    struct stat now;
    if (job->input.fd < 0 || fstat(job->input.fd, &now) != 0
        || now.st_ino != input_then.st_ino
        || (now.st_size == input_then.st_size
            && now.st_mtim.tv_sec == input_then.st_mtim.tv_sec
            && now.st_mtim.tv_nsec == input_then.st_mtim.tv_nsec))
        return 0;
    return ff_error_set(err, FF_USAGE, "the input changed while it was read, "
                        "so there is no result: run a copy of it");
}

/* The rows of arrays go into memory; the launcher makes files of it. */
static int make_arrays(struct job_shm *job, const struct spec *spec,
                       int32_t fd[SPEC_MAX_ARRAYS], struct ff_error *err)
{
    const uint64_t items = job->grid.last - job->grid.first;
    job->launcher = getpid();
    for (uint32_t i = 0; i < SPEC_MAX_ARRAYS; i++) {
        struct node_file *f = &job->array[i];
        fd[i] = -1;
        if (i >= spec->n_arrays)
            continue;
        fd[i] = f->fd = memfd_create("fanfold-array", 0);
        if (fd[i] < 0 || spec_row_bytes(&spec->array[i])
                         > INT64_MAX / (items + 1)
            || ftruncate(fd[i], (off_t)(items
                                        * spec_row_bytes(&spec->array[i])))
               != 0)
            return ff_error_errno(err, FF_UNWRITTEN, "no room for array '%s'",
                                  spec->array[i].name);
        f->bytes = items * spec_row_bytes(&spec->array[i]);
    }
    return 0;
}

/* What the kernel prints must not come between the bytes of an output: it goes
 * to standard error. Returns standard output as it was, or -1. */
static int move_printed(const struct spec *spec)
{
    if (spec->n_outputs == 0)
        return -1;
    fflush(stdout);
    const int before = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    return before;
}

static void move_printed_back(int before)
{
    fflush(stdout);
    if (before >= 0)
        dup2(before, STDOUT_FILENO);
}

/* All of a worker, in one place. */
struct serial {
    struct kernel kernel;
    struct spec spec;
    struct partial_layout layout;
    struct executor executor;
    struct item_texts texts;
    struct team alone, team;
    struct shared shared;
    struct capture capture;
    off_t records_at; /* in the file */
};

static int init_executor(struct serial *s, struct job_shm *job, int file,
                         struct ff_error *err)
{
    const size_t node_bytes = node_shm_bytes(1, job->n_pool);
    struct node_shm *node = aligned_alloc(64, node_bytes);
    struct executor_shm *shm = aligned_alloc(64, sizeof *shm);
    if (node == NULL || shm == NULL)
        return ff_error_errno(err, FF_LOST, "cannot run serially");
    memset(node, 0, node_bytes);
    memset(shm, 0, sizeof *shm);
    kernel_lay_out(&s->kernel, &s->spec, job->seed, &s->layout);
    if (executor_init(&s->executor, job, node, shm, 0, 0, &s->layout,
                      s->kernel.run, -1, file, err) != 0)
        return -1;
    executor_set_thread(&s->executor);
    executor_set_texts(&s->executor, &s->texts);
    s->executor.command = s->kernel.command;
    s->executor.ff.shared = s->shared.at;
    team_init_none(&s->alone, &s->executor, 1);
    return executor_open_outputs(&s->executor, &s->spec, false, err);
}

/* What the launcher reads before the records. */
static int write_head(const struct serial *s, const struct job_shm *job,
                      const int32_t array[SPEC_MAX_ARRAYS], int file,
                      struct ff_error *err)
{
    struct fingerprint fingerprint;
    identity_take(&fingerprint, s->kernel.object);
    if (fd_write_all(file, &s->spec, sizeof s->spec) == 0
        && fd_write_all(file, &fingerprint, sizeof fingerprint) == 0
        && fd_write_all(file, &job->grid, sizeof job->grid) == 0
        && fd_write_all(file, array,
                        SPEC_MAX_ARRAYS * sizeof array[0]) == 0)
        return 0;
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write results");
}

static int open_all(struct serial *s, struct job_shm *job, int file,
                    struct ff_error *err)
{
    int32_t array[SPEC_MAX_ARRAYS];
    if (open_input(&s->texts, job, err) != 0
        || worker_open_kernel(job, 0, &s->kernel, &s->spec, err) != 0)
        return -1;
    if (job->work.fd >= 0) /* mapped */
        close(job->work.fd);
    if (make_grid(job, &s->spec, err) != 0
        || make_arrays(job, &s->spec, array, err) != 0
        || init_executor(s, job, file, err) != 0)
        return -1;
    if (write_head(s, job, array, file, err) != 0)
        return -1;
    s->records_at = lseek(file, 0, SEEK_CUR);
    return 0;
}

static int set_up(struct serial *s, struct ff_error *err)
{
    struct executor *e = &s->executor;
    if (shared_make(&s->shared, &s->spec, err) != 0
        || life_load(&s->kernel, &s->spec, &s->shared, e, err) != 0
        || life_setup(&s->kernel, e, err) != 0)
        return -1;
    if (s->spec.kind != FF_KERNEL_TEAM)
        return 0;
    return team_init(&s->team, e, 1, s->kernel.run, false, err);
}

static int run_opened(struct serial *s, const struct job_shm *job,
                      struct ff_error *err)
{
    struct executor *e = &s->executor;
    struct ff_error late = {0};
    if (set_up(s, err) != 0
        || (job->keep_order && capture_begin(&s->capture, err) != 0))
        return -1;
    if (job->keep_order)
        e->outlet.capture = &s->capture;
    executor_run_range(e, (struct range){0, job->grid.n_chunks});
    capture_end(&s->capture);
    if (combine_serial(e->record.file, s->records_at, job->grid.n_chunks,
                       &s->layout, err) != 0)
        return -1;
    if (life_teardown(&s->kernel, e, &late) != 0)
        e->ff.calls->log(&e->ff, "%s", late.text);
    return 0;
}

static int run_all(struct job_shm *job, int file, struct ff_error *err)
{
    static struct serial s = {.capture = {-1, -1}};
    if (environment_set(job, 0, err) != 0)
        return -1;
    running = getpid();
    int rc = open_all(&s, job, file, err);
    if (rc == 0) {
        const int before = job->keep_order ? -1 : move_printed(&s.spec);
        rc = run_opened(&s, job, err);
        move_printed_back(before);
    }
    running = 0;
    return rc == 0 ? check_input(job, err) : -1;
}

/* The launcher is to find everything as it was: the environment, the present
 * directory. The variable in it tells the launcher that it is back. */
struct before {
    char **environment;
    int directory;
};

static int remember(struct before *b, struct ff_error *err)
{
    size_t n = 0;
    while (environ[n] != NULL)
        n++;
    b->environment = calloc(n + 1, sizeof b->environment[0]);
    for (size_t i = 0; b->environment != NULL && i < n; i++)
        b->environment[i] = environ[i];
    b->directory = open(".", O_PATH | O_CLOEXEC);
    return b->environment != NULL ? 0
           : ff_error_errno(err, FF_LOST, "cannot run serially");
}

_Noreturn static void go_back(const struct before *b, char **argv)
{
    if (b->directory >= 0 && fchdir(b->directory) != 0) {
        /* It is gone; then relative paths are, too. */
    }
    execve(argv[0], argv + 1, b->environment);
    fprintf(stderr, "fanfold: cannot start '%s' again: %s\n", argv[0],
            strerror(errno));
    exit(FF_LOST);
}

int serial_main(int argc, char **argv)
{
    struct ff_error err = {0};
    struct before before = {0};
    if (argc < 4) {
        fprintf(stderr, "fanfold-worker: this program is started by fanfold\n");
        return FF_USAGE;
    }
    const int file = atoi(argv[1]);
    struct job_shm *job = copy_job(atoi(argv[0]), &err);
    int rc = job != NULL ? remember(&before, &err) : -1;
    /* A fanfold that the kernel starts must not think that it is back. */
    unsetenv(SERIAL_VARIABLE);
    fcntl(file, F_SETFD, FD_CLOEXEC); /* not for what the kernel starts */
    atexit(refuse_exit);
    if (rc == 0)
        rc = run_all(job, file, &err);
    if (rc != 0) {
        fprintf(stderr, "fanfold: %s\n", err.text);
        free(before.environment);
        free(job);
        return err.status;
    }
    fflush(NULL);
    fcntl(file, F_SETFD, 0);
    go_back(&before, argv + 2);
}
