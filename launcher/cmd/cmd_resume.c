/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanfold resume: finds the store of a run, makes its job of it again and hands
 * that to what `run` does. The store is opened as if it were to be written: so it
 * is found at once when somebody else does, and a log that a killed launcher left
 * is in the file. Nothing else of it is changed here.
 */
#include "cmd_resume.h"
#include "cmd_run.h"
#include "complain.h"
#include "job_options.h"
#include "kept_job.h"
#include "parallel.h"
#include "resume_option.h"
#include "runs_dir.h"
#include "show.h"
#include "store.h"
#include "stored_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What became of the run, as far as its store says. */
struct begun {
    char path[PATH_MAX];
    bool complete;
    int exit; /* as it ended; -1: it did not */
};

static int find(const struct option_list *words, char path[PATH_MAX],
                struct ff_error *err)
{
    const char *run = NULL;
    for (size_t i = 0; i < words->n; i++) {
        if (words->at[i].row != NULL)
            continue;
        if (run != NULL)
            return ff_error_set(err, FF_USAGE, "more than one run: '%s' and "
                                "'%s'", run, words->at[i].text);
        run = words->at[i].text;
    }
    return runs_dir_find(path, run, err);
}

/* A run that is complete needs no more than to be read: it may be in an archive.
 * NULL, and *err is as it was, when it is not. */
static struct store *open_complete(const char *path)
{
    struct store *s = store_open(path, STORE_READ, NULL);
    if (s != NULL && show_is_complete(s, NULL, NULL) == 1)
        return s;
    store_close(s, NULL);
    return NULL;
}

/* What these kernels give depends on how many call them: so many as before, when
 * nobody says another number. */
static void take_size(const struct stored_run *was, enum ff_kernel_kind kind,
                      struct job *job)
{
    const bool once = kind == FF_KERNEL_ONCE;
    if (!once && kind != FF_KERNEL_TEAM)
        return;
    if (job->threads_by_kind && was->threads > 0 && was->threads <= UINT16_MAX) {
        job->threads = (uint32_t)was->threads;
        job->threads_by_kind = false;
    }
    if (once && job->workers == 0 && job->ppn == 0 && was->workers > 0
        && was->workers <= UINT32_MAX)
        job->workers = (uint32_t)was->workers;
}

static int read_size(struct store *s, struct job *job, struct ff_error *err)
{
    struct stored_run was = {.exit = -1};
    struct spec *spec = malloc(sizeof *spec);
    struct grid grid;
    uint64_t seed;
    if (spec == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read the job");
    int rc = kept_job_read_kernel(s, NULL, spec, &grid, &seed, err);
    if (rc == 0 && (rc = stored_run_read(&was, s, err)) == 0)
        take_size(&was, spec->kind, job);
    stored_run_release(&was);
    free(spec);
    return rc < 0 ? -1 : 0;
}

/* Behind the job the process is in its directory. */
static int read_begun(struct begun *begun, const struct option_list *words,
                      struct job *job, struct ff_error *err)
{
    begun->exit = -1;
    if (resume_option_check(words, err) != 0
        || find(words, begun->path, err) != 0)
        return -1;
    struct store *s = store_open(begun->path, STORE_WRITE, err);
    if (s == NULL && err->status == FF_UNWRITTEN)
        s = open_complete(begun->path);
    if (s == NULL)
        return -1;
    const int complete = show_is_complete(s, &begun->exit, err);
    begun->complete = complete > 0;
    int rc = complete < 0 ? -1 : kept_job_read(s, words, job, err);
    if (rc == 0 && complete == 0)
        rc = read_size(s, job, err);
    store_close(s, NULL);
    return rc;
}

/* Its report, again. */
static int tell_again(const struct job *job)
{
    const struct show_how how = {
        .hex = job->hex, .verbose = job->verbose, .quiet = job->quiet};
    struct ff_error err = {0};
    int status = FF_DONE;
    struct store *s = store_open(job->store, STORE_READ, &err);
    if (s == NULL)
        return complain(&err);
    if (!job->quiet)
        fprintf(stderr, "fanfold: the run was complete, and nothing is run: "
                "this is its report\n");
    if (show_report(s, &how, stdout, stderr, &status, &err) != 0)
        status = complain(&err);
    store_close(s, NULL);
    return status;
}

/* What was read from standard input is asked for again. */
static int check_stdin(const struct job *job, struct ff_error *err)
{
    const bool terminal = isatty(STDIN_FILENO) != 0;
    if (!terminal || !kept_job_reads_stdin(job))
        return 0;
    if (job->arg_file == NULL && job->task.n_sources == 0)
        return ff_error_set(err, FF_USAGE, "the items came from standard input, "
                            "which is a terminal: give the same again, 'fanfold "
                            "resume ... <FILE'");
    fprintf(stderr, "fanfold: the items are read again from standard input, a "
            "terminal: give the same as before\n");
    return 0;
}

static void tell_failed(const struct begun *begun, const struct job *job)
{
    if (begun->exit == FF_ITEMS_FAILED && !job->retry_failed && !job->quiet)
        fprintf(stderr, "fanfold: what failed before stays as it is; "
                "--retry-failed runs it again\n");
}

static int go_on(const struct begun *begun, struct job *job,
                 const struct parallel *parallel, char **all_argv,
                 uint64_t started_ns)
{
    struct ff_error err = {0};
    if (begun->complete && job->json == NULL && job->csv == NULL) {
        const int status = tell_again(job);
        cmd_run_let_go(job, parallel);
        return status;
    }
    if (check_stdin(job, &err) != 0) {
        const int status = complain(&err);
        cmd_run_let_go(job, parallel);
        return status;
    }
    tell_failed(begun, job);
    return cmd_run_job(job, parallel, all_argv, started_ns);
}

static int print_help(void)
{
    options_help(&resume_options, stdout);
    return fflush(stdout) == 0 ? FF_DONE : FF_UNWRITTEN;
}

int cmd_resume(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    static struct begun begun;
    struct option_list words = OPTION_LIST_EMPTY;
    struct job job = {0};
    struct ff_error err = {0};
    struct parallel parallel;
    int status;
    parallel_read(&parallel);
    int rc = options_read_words(&resume_options, argc, argv, &words, &err);
    if (rc == 0 && !words.help)
        rc = read_begun(&begun, &words, &job, &err);
    if (rc == 0 && !words.help) {
        status = go_on(&begun, &job, &parallel, all_argv, started_ns);
    } else {
        status = words.help ? print_help() : complain(&err);
        cmd_run_let_go(&job, &parallel);
    }
    job_release(&job);
    option_list_release(&words);
    return status;
}
