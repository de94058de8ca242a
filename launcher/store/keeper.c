/* SPDX-License-Identifier: Apache-2.0 */
/* The store of a run from begin to end: see keeper.h. */
#include "keeper.h"
#include "before.h"
#include "keeper_parts.h"
#include "kept_file.h"
#include "kept_job.h"
#include "report.h"
#include "runs_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- opening --------------------------------------------------------------- */

/* --resume goes by the joblog then (resume.h). */
static bool goes_by_log(const struct job *job)
{
    return job->store == NULL && task_is_command(&job->task)
           && job->task.joblog != NULL;
}

static int read_run_id(struct keeper *k, struct ff_error *err)
{
    char *id;
    size_t n;
    const int rc = store_meta(k->store, "run", &id, &n, err);
    if (rc < 0)
        return -1;
    if (rc > 0 && n > 0 && n < sizeof k->run_id)
        memcpy(k->run_id, id, n + 1);
    if (rc > 0)
        free(id);
    k->continues = rc > 0;
    return 0;
}

/* What is run stands in it from the start. Where there is no room for that
 * nothing is left. */
static int write_job(struct keeper *k, struct ff_error *err)
{
    kept_job_put(&k->batch, k->job, k->run_id);
    const int rc = store_write(k->store, &k->batch, err);
    store_batch_clear(&k->batch);
    k->job_put = true;
    if (rc == 0)
        return 0;
    store_close(k->store, NULL);
    k->store = NULL;
    runs_dir_remove(k->path, NULL);
    return -1;
}

/* By its first bytes; nobody has it open yet. */
static bool is_store(const char *path)
{
    static const char magic[] = "SQLite format 3";
    char begin[sizeof magic];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const bool is = fd >= 0
                    && read(fd, begin, sizeof begin) == sizeof begin
                    && memcmp(begin, magic, sizeof begin) == 0;
    if (fd >= 0)
        close(fd);
    return is;
}

static int open_asked(struct keeper *k, struct ff_error *err)
{
    const struct job *job = k->job;
    if (job->store != NULL)
        snprintf(k->path, sizeof k->path, "%s", job->store);
    else if (runs_dir_path(k->path, k->run_id, true, err) != 0)
        return -1;
    const bool is_there = access(k->path, F_OK) == 0;
    if (is_there && !job->resume && !is_store(k->path))
        return ff_error_set(err, FF_USAGE, "'%s' (--store) is there already, "
                            "and is no store: give another file", k->path);
    if (is_there && !job->resume)
        return ff_error_set(err, FF_USAGE, "'%s' (--store) is there already: "
                            "'--resume' goes on with its run, or give another "
                            "file", k->path);
    k->store = store_open(k->path, is_there ? STORE_WRITE : STORE_CREATE, err);
    if (k->store == NULL)
        return -1;
    if (is_there && read_run_id(k, err) != 0)
        return -1;
    return k->continues ? 0 : write_job(k, err);
}

/* An item of another run runs again when that is gone on with; and `fanfold
 * resume` should not find it in place of that. */
static bool is_in_item(void)
{
    return getenv("FANFOLD_RUN") != NULL && getenv("FANFOLD_RANK") != NULL;
}

struct keeper *keeper_open(const struct job *job, char run_id[32],
                           struct ff_error *err)
{
    const bool asked = job->store != NULL
                       || (job->resume && !goes_by_log(job));
    *err = (struct ff_error){0};
    if (job->checkpoint_ns == 0 || job->help || job->serial
        || (!asked && is_in_item()))
        return NULL;
    struct keeper *k = calloc(1, sizeof *k);
    if (k == NULL) {
        ff_error_errno(err, FF_LOST, "cannot keep the run");
        return NULL;
    }
    k->job = job;
    k->epoch = 0;
    snprintf(k->run_id, sizeof k->run_id, "%s", run_id);
    k->asked = asked;
    if (k->asked && (before_check_store(job, err) != 0
                     || open_asked(k, err) != 0)) {
        keeper_free(k);
        return NULL;
    }
    memcpy(run_id, k->run_id, sizeof k->run_id);
    setenv("FANFOLD_RUN", run_id, 1);
    return k;
}

void keeper_about(struct keeper *k, const struct subject *subject,
                  const struct machine *machine, const struct plan *plan)
{
    if (k == NULL)
        return;
    k->subject = subject;
    k->machine = machine;
    k->plan = plan;
}

struct store *keeper_continues(const struct keeper *k)
{
    return k != NULL && k->continues ? k->store : NULL;
}

void keeper_free(struct keeper *k)
{
    if (k == NULL)
        return;
    keeper_stop_thread(k);
    store_close(k->store, NULL);
    store_batch_release(&k->batch);
    identity_release(&k->identity);
    free(k->spec);
    free(k->plan_text);
    free(k);
}

/* ---- the end --------------------------------------------------------------- */

bool keeper_is_kept(struct keeper *k, struct ff_error *err)
{
    *err = (struct ff_error){0};
    return k != NULL && !k->gone && k->due_ns != 0 && keeper_wait(k, err) == 0
           && k->store != NULL;
}

static const char *status_of(const struct outcome *o)
{
    return o->end == RUN_COMPLETE ? "complete"
           : o->end == RUN_FAILED ? "failed" : "interrupted";
}

static int write_end(struct keeper *k, const struct outcome *o,
                     const struct ff_error *failed, struct ff_error *err)
{
    char *report = failed == NULL
                   ? report_json_text(k->job, k->machine, k->plan, o) : NULL;
    if (failed == NULL && report == NULL)
        return ff_error_errno(err, FF_LOST, "cannot keep the report");
    if (failed == NULL)
        keeper_put_epoch(k, status_of(o), o->status, NULL, report);
    else
        keeper_put_epoch(k, "lost", failed->status, failed->text, NULL);
    free(report);
    const int rc = keeper_hand_over(k, err) == 0 ? keeper_wait(k, err) : -1;
    keeper_stop_thread(k);
    struct store *s = k->store;
    k->store = NULL;
    if (rc == 0 && access(k->path, F_OK) != 0) {
        ff_error_errno(err, FF_UNWRITTEN, "the store '%s' is gone", k->path);
        store_close(s, NULL);
        return -1;
    }
    if (rc == 0 && kept_file_remove_named(s, err) != 0) {
        store_close(s, NULL);
        return -1;
    }
    return store_close(s, rc == 0 ? err : NULL) == 0 ? rc : -1;
}

/* A store that could not be written to the end, of a run that has come to its
 * own: it would call for a resume of what is done. */
static void drop_unfinished(struct keeper *k)
{
    struct ff_error err;
    keeper_wait(k, &err); /* it is known */
    if (k->store == NULL)
        return;
    keeper_stop_thread(k);
    store_close(k->store, NULL);
    k->store = NULL;
    runs_dir_remove(k->path, NULL);
}

void keeper_end(struct keeper *k, struct outcome *o,
                const struct ff_error *failed)
{
    struct ff_error err;
    if (k != NULL && k->gone && !k->asked && failed == NULL
        && o->end == RUN_COMPLETE) {
        drop_unfinished(k);
        return;
    }
    if (keeper_is_kept(k, &err) && write_end(k, o, failed, &err) == 0) {
        k->ended = true;
        return;
    }
    if (k != NULL && k->gone && k->asked)
        err = k->why_gone;
    if (k == NULL || err.status == 0 || failed != NULL)
        return;
    if (k->asked)
        o->unwritten = err;
    else if (!k->job->quiet)
        fprintf(stderr, "fanfold: this run is not kept: %s\n", err.text);
}

const char *keeper_name(const struct keeper *k)
{
    char usual[PATH_MAX];
    const bool by_id = k->job->store == NULL
                       || (runs_dir_path(usual, k->run_id, false, NULL) == 0
                           && strcmp(usual, k->path) == 0);
    return by_id ? k->run_id : k->path;
}

void keeper_tell(const struct keeper *k, const struct outcome *o, int status)
{
    if (k == NULL || !k->ended || o->end == RUN_COMPLETE
        || (o->end == RUN_FAILED && status == o->status) || k->job->quiet)
        return;
    fprintf(stderr, "fanfold: what is done is kept: 'fanfold resume %s' goes on "
            "with it\n", keeper_name(k));
}
