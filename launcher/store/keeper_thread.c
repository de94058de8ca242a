/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that writes batches: see keeper.h. It makes the store when there is
 * none yet, and says, the first time, what the run is about: that reads the
 * object and the input, which may take a while.
 */
#include "keeper_parts.h"
#include "kept_job.h"
#include "ledger.h"
#include "prune.h"
#include "runs_dir.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define PATIENCE_S 5

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* One in the runs' directory, since nobody asked for another. */
static int make_store(struct keeper *k, struct ff_error *err)
{
    if (k->store != NULL)
        return 0;
    if (runs_dir_path(k->path, k->run_id, true, err) != 0)
        return -1;
    k->store = store_open(k->path, STORE_CREATE, err);
    if (k->store == NULL)
        return -1;
    prune_tidy(k->path);
    return 0;
}

static int describe(struct keeper *k, struct store_batch *batch,
                    struct ff_error *err)
{
    if (k->described || k->spec == NULL)
        return 0;
    if (k->identity.n == 0
        && identity_make(&k->identity, k->job, k->subject, k->spec, &k->grid,
                         k->threads, err) != 0)
        return -1;
    kept_job_put_kernel(batch, &k->identity, k->spec, &k->grid, k->job->seed);
    k->described = true;
    return 0;
}

static void write_batch(struct keeper *k, struct ff_error *err)
{
    struct store_batch *batch = &k->thread.batch;
    const uint64_t begun_ns = cpu_ns();
    if (make_store(k, err) == 0 && describe(k, batch, err) == 0)
        store_write(k->store, batch, err);
    store_batch_clear(batch);
    k->thread.cpu_ns = cpu_ns() - begun_ns;
}

static void *thread_main(void *argument)
{
    struct keeper *k = argument;
    struct keeper_thread *t = &k->thread;
    pthread_mutex_lock(&t->mutex);
    for (;;) {
        while (!t->busy && !t->quit)
            pthread_cond_wait(&t->changed, &t->mutex);
        if (!t->busy)
            break;
        pthread_mutex_unlock(&t->mutex);
        struct ff_error err = {0};
        write_batch(k, &err);
        pthread_mutex_lock(&t->mutex);
        if (t->error.status == 0)
            t->error = err;
        t->n_written += err.status == 0;
        t->busy = false;
        pthread_cond_broadcast(&t->changed);
        event_notify(t->event);
    }
    pthread_mutex_unlock(&t->mutex);
    return NULL;
}

/* Signals are the loop's. */
static int start(struct keeper *k, struct ff_error *err)
{
    struct keeper_thread *t = &k->thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->changed, NULL);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int rc = pthread_create(&t->id, NULL, thread_main, k);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        errno = rc;
        return ff_error_errno(err, FF_LOST, "cannot keep the run: cannot start "
                              "a thread");
    }
    t->started = true;
    return 0;
}

int keeper_hand_over(struct keeper *k, struct ff_error *err)
{
    struct keeper_thread *t = &k->thread;
    if (!t->started && start(k, err) != 0)
        return -1;
    pthread_mutex_lock(&t->mutex);
    const struct store_batch empty = t->batch;
    t->batch = k->batch;
    k->batch = empty;
    t->busy = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->mutex);
    return 0;
}

bool keeper_is_busy(struct keeper *k)
{
    struct keeper_thread *t = &k->thread;
    if (!t->started)
        return false;
    pthread_mutex_lock(&t->mutex);
    const bool busy = t->busy;
    pthread_mutex_unlock(&t->mutex);
    return busy;
}

/* A disk or a server that does not answer: only people can end that (signals.c),
 * so they are told what is waited for. */
static void wait_until_written(const struct keeper *k, struct keeper_thread *t)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (t->busy)
        if (pthread_cond_timedwait(&t->changed, &t->mutex, &until) != 0)
            break;
    if (t->busy && !k->job->quiet)
        fprintf(stderr, "fanfold: waiting for the store of run %s to be "
                "written\n", k->run_id);
    while (t->busy)
        pthread_cond_wait(&t->changed, &t->mutex);
}

int keeper_wait(struct keeper *k, struct ff_error *err)
{
    struct keeper_thread *t = &k->thread;
    if (!t->started)
        return 0;
    pthread_mutex_lock(&t->mutex);
    wait_until_written(k, t);
    const struct ff_error failed = t->error;
    pthread_mutex_unlock(&t->mutex);
    if (failed.status == 0)
        return 0;
    *err = failed;
    return -1;
}

void keeper_stop_thread(struct keeper *k)
{
    struct keeper_thread *t = &k->thread;
    if (!t->started)
        return;
    pthread_mutex_lock(&t->mutex);
    t->quit = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->mutex);
    pthread_join(t->id, NULL);
    pthread_mutex_destroy(&t->mutex);
    pthread_cond_destroy(&t->changed);
    store_batch_release(&t->batch);
    t->started = false;
}
