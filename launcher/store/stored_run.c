/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store at a glance: see stored_run.h. Its last epoch says how it ended. One
 * that is "running" is so only while a process holds the lock of the store:
 * the kernel takes it from the dead, and a number of a process may be another's
 * by now.
 */
#include "stored_run.h"
#include "kept_job.h"
#include "runs_dir.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- values ---------------------------------------------------------------- */

void stored_text(char *out, size_t size, const struct store_value *v)
{
    size_t n = v->type == STORE_TEXT || v->type == STORE_BLOB ? v->n : 0;
    n = n < size ? n : size - 1;
    if (n > 0)
        memcpy(out, v->bytes, n);
    out[n] = '\0';
}

double stored_real(const struct store_value *v)
{
    return v->type == STORE_REAL ? v->r
           : v->type == STORE_INT ? (double)v->i : 0;
}

int64_t stored_int(const struct store_value *v)
{
    return v->type == STORE_INT ? v->i : 0;
}

uint64_t stored_count(const json_t *json)
{
    if (json_is_integer(json) && json_integer_value(json) > 0)
        return (uint64_t)json_integer_value(json);
    return json_is_string(json) ? strtoull(json_string_value(json), NULL, 10)
                                : 0;
}

/* ---- epochs ---------------------------------------------------------------- */

static int read_json(json_t **json, const struct store_value *v,
                     const char *what, struct ff_error *err)
{
    json_error_t wrong;
    json_decref(*json);
    *json = NULL;
    if (v->type != STORE_TEXT || v->n == 0)
        return 0;
    *json = json_loadb(v->bytes, v->n, 0, &wrong);
    if (json_is_object(*json))
        return 0;
    return ff_error_set(err, FF_DAMAGED, "the %s of an epoch is no JSON object",
                        what);
}

static enum stored_status status_of(const struct store_value *v)
{
    static const struct {
        const char *word;
        enum stored_status status;
    } row[] = {{"running", STORED_RUNNING}, {"complete", STORED_COMPLETE},
               {"failed", STORED_FAILED}, {"interrupted", STORED_INTERRUPTED}};
    char word[32];
    stored_text(word, sizeof word, v);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        if (strcmp(word, row[i].word) == 0)
            return row[i].status;
    return STORED_LOST;
}

static int take_epoch(void *context, const struct store_value *v,
                      struct ff_error *err)
{
    struct stored_run *run = context;
    if (run->starts++ == 0)
        run->began = stored_real(&v[EPOCH_STARTED]);
    run->epoch = stored_int(&v[EPOCH_NUMBER]);
    run->started = stored_real(&v[EPOCH_STARTED]);
    run->ended = v[EPOCH_ENDED].type == STORE_NULL
                 ? NAN : stored_real(&v[EPOCH_ENDED]);
    stored_text(run->host, sizeof run->host, &v[EPOCH_HOST]);
    stored_text(run->version, sizeof run->version, &v[EPOCH_VERSION]);
    stored_text(run->why, sizeof run->why, &v[EPOCH_WHY]);
    run->pid = stored_int(&v[EPOCH_PID]);
    run->nodes = stored_int(&v[EPOCH_NODES]);
    run->workers = stored_int(&v[EPOCH_WORKERS]);
    run->threads = stored_int(&v[EPOCH_THREADS]);
    run->exit = v[EPOCH_EXIT].type == STORE_INT ? (int)v[EPOCH_EXIT].i : -1;
    run->status = status_of(&v[EPOCH_STATUS]);
    return read_json(&run->plan, &v[EPOCH_PLAN], "plan", err) != 0
           || read_json(&run->report, &v[EPOCH_REPORT], "report", err) != 0
           ? -1 : 0;
}

/* Of a file system without locks only what the process of that number is can
 * be asked, and that only here. */
static bool seems_alive(const struct stored_run *run)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return strcmp(host, run->host) != 0
           || (run->pid > 0 && (kill((pid_t)run->pid, 0) == 0
                                || errno == EPERM));
}

/* When we have the file ourselves, to look at it would drop our lock of it. */
static void look_whether_it_runs(struct stored_run *run, const struct store *s)
{
    if (run->status != STORED_RUNNING)
        return;
    const int held = store_is_ours(s) ? 0 : runs_dir_is_held(store_path(s));
    if (held == 0 || (held < 0 && !seems_alive(run)))
        run->status = STORED_KILLED;
}

/* ---- items ----------------------------------------------------------------- */

static int add_partial(void *context, const struct store_value *v,
                       struct ff_error *err)
{
    (void)err;
    *(uint64_t *)context += (uint64_t)stored_int(&v[PARTIAL_ITEMS]);
    return 0;
}

/* Of a run that has not reported: as far as it is kept. What another build of
 * fanfold wrote cannot be read, and then is not known. */
static int count_items(struct stored_run *run, struct store *s,
                       struct ff_error *err)
{
    struct spec *spec = calloc(1, sizeof *spec);
    struct grid grid = {0};
    uint64_t seed;
    struct ff_error cause = {0};
    if (spec == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read '%s'", store_path(s));
    const int rc = kept_job_read_kernel(s, NULL, spec, &grid, &seed, &cause);
    const bool command = rc == 0 && spec->kind == SPEC_COMMAND;
    free(spec);
    if (rc < 0 && cause.status != FF_CHANGED) {
        *err = cause;
        return -1;
    }
    run->has_items = rc == 0;
    run->items = grid.last - grid.first;
    if (!command)
        return store_each(s, STORE_PARTIALS, NULL, NULL, 0, add_partial,
                          &run->done, err);
    const int64_t well = store_count(s, STORE_ITEMS, "\"end\" = 'well'", NULL,
                                     0, err);
    run->done = well > 0 ? (uint64_t)well : 0;
    return well < 0 ? -1 : 0;
}

static int read_items(struct stored_run *run, struct store *s,
                      struct ff_error *err)
{
    const json_t *items = json_object_get(run->report, "items");
    const json_t *job = json_object_get(run->report, "job");
    if (items == NULL || job == NULL)
        return count_items(run, s, err);
    run->has_items = true;
    run->items = stored_count(json_object_get(job, "items"));
    run->done = stored_count(json_object_get(items, "done"));
    return 0;
}

/* ---- all of it ------------------------------------------------------------- */

static int read_name(struct stored_run *run, struct store *s,
                     struct ff_error *err)
{
    char *id = NULL;
    size_t n;
    if (store_meta(s, "run", &id, &n, err) < 0
        || store_meta(s, "command", &run->command, &n, err) < 0
        || store_meta(s, "directory", &run->directory, &n, err) < 0) {
        free(id);
        return -1;
    }
    snprintf(run->id, sizeof run->id, "%s", id != NULL ? id : "");
    free(id);
    return 0;
}

int stored_run_read(struct stored_run *run, struct store *s,
                    struct ff_error *err)
{
    *run = (struct stored_run){.ended = NAN, .exit = -1};
    if (read_name(run, s, err) != 0
        || store_each(s, STORE_EPOCHS, NULL, NULL, 0, take_epoch, run, err) != 0)
        return -1;
    look_whether_it_runs(run, s);
    return read_items(run, s, err);
}

void stored_run_release(struct stored_run *run)
{
    free(run->command);
    free(run->directory);
    json_decref(run->plan);
    json_decref(run->report);
    run->command = run->directory = NULL;
    run->plan = run->report = NULL;
}

/* ---- words ----------------------------------------------------------------- */

const char *stored_status_word(enum stored_status status)
{
    static const char *const word[] = {
        [STORED_RUNNING] = "running", [STORED_COMPLETE] = "complete",
        [STORED_FAILED] = "failed", [STORED_INTERRUPTED] = "interrupted",
        [STORED_KILLED] = "killed", [STORED_LOST] = "lost"};
    return word[status];
}

const char *stored_status_text(const struct stored_run *run, char out[320])
{
    const char *word = stored_status_word(run->status);
    if (run->status == STORED_RUNNING)
        snprintf(out, 320, "running (pid %" PRId64 " on %s)", run->pid,
                 run->host);
    else if (run->status == STORED_KILLED)
        snprintf(out, 320, "interrupted (killed)");
    else if (run->status == STORED_INTERRUPTED && run->exit == FF_TIME_LIMIT)
        snprintf(out, 320, "interrupted (time limit)");
    else if (run->status == STORED_LOST && run->exit > 0)
        snprintf(out, 320, "lost (exit %d)", run->exit);
    else
        snprintf(out, 320, "%s", word);
    return out;
}
