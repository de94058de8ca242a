/* SPDX-License-Identifier: Apache-2.0 */
/* --serial: we execute the worker program in our place; it executes us again
 * with its records in a memfd (worker/serial.c). FANFOLD_SERIAL=FD:START_NS
 * tells the second from the first. */
#include "serial_run.h"
#include "clock.h"
#include "delivery.h"
#include "fdio.h"
#include "fold_option.h"
#include "gather.h"
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool serial_is_back(void)
{
    return getenv(SERIAL_VARIABLE) != NULL;
}

static char **make_argv(const struct job *job, char *const head[], size_t n)
{
    size_t n_argv = 0;
    while (job->argv[n_argv] != NULL)
        n_argv++;
    char **argv = calloc(n + n_argv + 1, sizeof argv[0]);
    for (size_t i = 0; argv != NULL && i < n; i++)
        argv[i] = head[i];
    for (size_t i = 0; argv != NULL && i < n_argv; i++)
        argv[n + i] = job->argv[i];
    return argv;
}

int serial_become(const struct job *job, struct crew *crew,
                  const struct input *input, int work, uint64_t started_ns,
                  struct ff_error *err)
{
    static char worker[PATHS_MAX], self[PATHS_MAX];
    char job_fd[16], file_fd[16], variable[64];
    if (paths_worker(worker, err) != 0 || paths_self(self, err) != 0)
        return -1;
    const int file = memfd_create("fanfold-serial", 0);
    const int job_copy = dup(crew->job.fd); /* not close-on-exec */
    if (file < 0 || job_copy < 0)
        return ff_error_errno(err, FF_LOST, "cannot run serially");
    if (input->fd >= 0) { /* it opens them by our own number */
        fcntl(input->fd, F_SETFD, 0);
        fcntl(input->index.fd, F_SETFD, 0);
    }
    if (work >= 0)
        fcntl(work, F_SETFD, 0);
    snprintf(job_fd, sizeof job_fd, "%d", job_copy);
    snprintf(file_fd, sizeof file_fd, "%d", file);
    snprintf(variable, sizeof variable, "%d:%" PRIu64, file, started_ns);
    setenv(SERIAL_VARIABLE, variable, 1);
    char *head[] = {worker, (char *)"--serial", job_fd, file_fd, self};
    char **argv = make_argv(job, head, sizeof head / sizeof head[0]);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    if (argv != NULL)
        execv(worker, argv);
    ff_error_errno(err, FF_LOST, "cannot start '%s'", worker);
    free(argv);
    return -1;
}

#define LOOK_MS 50 /* for somebody who opens a FIFO */

/* Nobody else is to be served: waits for those who read. */
static int write_all(struct delivery *d, uint32_t frontier,
                     struct ff_error *err)
{
    do {
        if (delivery_write(d, frontier, err) != 0)
            return -1;
        for (uint32_t i = 0; i < d->n_sinks; i++)
            if (d->blocked[i])
                poll(&(struct pollfd){.fd = d->sink[i].fd, .events = POLLOUT},
                     1, d->sink[i].unread ? LOOK_MS : -1);
    } while (d->more || delivery_is_blocked(d));
    return 0;
}

/* The worker wrote the rows into files in memory, whose descriptors follow the
 * grid. */
static int copy_arrays(struct delivery *d, const int32_t *fd,
                       struct ff_error *err)
{
    for (uint32_t i = 0; i < d->spec->n_arrays; i++)
        if (array_file_copy(&d->array[i], fd[i], err) != 0)
            return -1;
    return 0;
}

/* The last message: the kernel's own operations are finished. */
static bool take_combined(struct gather *g, const void *message, size_t n)
{
    struct record_head head;
    memcpy(&head, message, n < sizeof head ? 0 : sizeof head);
    if (n != sizeof head + g->layout.n_state_words * sizeof(int64_t)
        || head.kind != RECORD_COMBINED)
        return false;
    for (uint32_t i = 0; i < g->layout.n_results; i++) {
        const struct partial_result *r = &g->layout.result[i];
        const int64_t *state = (const int64_t *)(const void *)
                               ((const char *)message + sizeof head);
        if (r->op->code == FF_OP_OPERATION
            && !gather_set_operation(g, i, state + r->offset))
            return false;
    }
    return true;
}

static int read_records(int fd, struct gather *g, struct delivery *d,
                        struct ff_error *err)
{
    struct cover again = COVER_EMPTY;
    uint64_t n;
    int rc;
    while ((rc = fd_read_all(fd, &n, sizeof n)) > 0 && n <= RING_MAX_MESSAGE) {
        void *message = malloc(n);
        if (message == NULL || fd_read_all(fd, message, n) != 1) {
            free(message);
            break;
        }
        const enum gather_verdict v = take_combined(g, message, n)
            ? GATHER_ACCEPTED : gather_record(g, 0, message, n, &again);
        free(message);
        if (v != GATHER_ACCEPTED)
            break;
        if (write_all(d, gather_frontier(g), err) != 0)
            return -1;
    }
    cover_release(&again);
    return rc == 0 ? 0 : ff_error_set(err, FF_LOST, "the serial run left "
                                      "records that cannot be read");
}

static void fill(struct outcome *o, struct gather *g, const struct spec *spec,
                 uint64_t started_ns)
{
    const bool complete = cover_complete(&g->accepted, g->grid.n_chunks);
    *o = (struct outcome){
        .end = complete ? RUN_COMPLETE : RUN_FAILED,
        .status = complete ? FF_DONE : FF_ITEMS_FAILED,
        .spec_hash = spec_hash(spec),
        .grid = g->grid, .items_done = g->items_done,
        .chunks_done = g->accepted.n_chunks, .failure = g->failure,
        .n_failures = g->n_failures, .serial = true,
        .wall_ns = clock_ns() - started_ns};
    spec_copy(&o->spec, spec);
    gather_finish(g);
    for (uint32_t r = 0; r < spec->n_results; r++)
        partial_finish(&g->layout, g->partial, g->state, r, &o->value[r]);
    o->partial = g->partial;
    o->state = g->state;
    g->failure = NULL;
    g->partial = NULL;
    g->state = NULL;
}

int serial_read(const struct job *job, struct outcome *outcome,
                uint64_t *started_ns, struct ff_error *err)
{
    struct gather g = {0};
    struct delivery d = {.spec = NULL};
    struct spec spec;
    struct fingerprint fingerprint;
    int32_t array[SPEC_MAX_ARRAYS];
    struct grid grid;
    int fd, rc = -1;
    if (sscanf(getenv(SERIAL_VARIABLE), "%d:%" SCNu64, &fd, started_ns) != 2
        || lseek(fd, 0, SEEK_SET) != 0
        || fd_read_all(fd, &spec, sizeof spec) != 1
        || fd_read_all(fd, &fingerprint, sizeof fingerprint) != 1
        || fd_read_all(fd, &grid, sizeof grid) != 1
        || fd_read_all(fd, array, sizeof array) != 1 || !spec_valid(&spec)
        || !fingerprint_valid(&fingerprint))
        return ff_error_set(err, FF_USAGE,
                            SERIAL_VARIABLE " is set, but there is no "
                            "serial run to report: unset it");
    if (gather_init(&g, &grid, &spec, job->seed, err) != 0
        || delivery_open(&d, job, &spec, &grid, 1, NULL, err) != 0)
        goto out;
    g.ordered = d.n_sinks > 0 ? &d.ordered : NULL;
    if (read_records(fd, &g, &d, err) != 0 || copy_arrays(&d, array, err) != 0)
        goto out;
    fill(outcome, &g, &spec, *started_ns);
    outcome->fingerprint = fingerprint;
    if (!job->quiet)
        fold_option_tell_unused(&spec);
    outcome->chunks_verified = gather_verified(&g, job->verify, job->seed);
    delivery_finish(&d, &g.accepted, DELIVERY_DONE, &outcome->unwritten);
    delivery_tell(&d, &g.accepted, DELIVERY_DONE, outcome);
    rc = 0;
out:
    delivery_release(&d);
    gather_release(&g);
    close(fd);
    return rc;
}
