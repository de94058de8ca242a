/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a run of commands: none is written twice, and none that is read. */
#include "harvest_parts.h"
#include "same_file.h"
#include "stream_job.h"

#include <string.h>

/* A file, and what for; NULL: there is none. */
struct use {
    const char *what, *path;
};

static const char *read_path(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0 ? "/dev/stdin" : path;
}

static int check_read(const struct use *from, const struct use *to,
                      struct ff_error *err)
{
    const char *path = read_path(from->path);
    if (path == NULL || to->path == NULL || !same_file(path, to->path))
        return 0;
    return ff_error_set(err, FF_USAGE, "'%s' is read (%s) and would be "
                        "overwritten (%s): give another file", to->path,
                        from->what, to->what);
}

/* Is the file one that items come from? */
static int check_inputs(const struct job *job, const struct use *to,
                        struct ff_error *err)
{
    const struct task *t = &job->task;
    const struct use stream = {"the items", stream_source(job)},
                     file = {"-a", job->arg_file},
                     job_file = {"the job file", job->file};
    if (check_read(&file, to, err) != 0 || check_read(&stream, to, err) != 0
        || check_read(&job_file, to, err) != 0)
        return -1;
    for (size_t i = 0; i < t->n_sources; i++) {
        const struct use source = {"::::", t->source[i].path};
        if (check_read(&source, to, err) != 0)
            return -1;
    }
    return 0;
}

static int check_pair(const struct use *a, const struct use *b,
                      struct ff_error *err)
{
    if (a->path == NULL || b->path == NULL || strcmp(a->path, "-") == 0
        || !same_file(a->path, b->path))
        return 0;
    return ff_error_set(err, FF_USAGE, "%s and %s are one file, '%s': give "
                        "another one", a->what, b->what, b->path);
}

int harvest_check_files(const struct job *job, struct ff_error *err)
{
    const struct task *t = &job->task;
    const bool is_table = t->results != NULL
                          && results_csv_separator(t->results) != 0
                          && !task_owns_stdout(t);
    const struct use to[] = {
        {"--json", job->json},
        {"--csv", job->csv},
        {"--joblog", t->joblog != NULL ? joblog_path(t->joblog) : NULL},
        {"--results", is_table ? t->results : NULL}};
    const size_t n = sizeof to / sizeof to[0];
    for (size_t i = 0; i < n; i++) {
        if (check_inputs(job, &to[i], err) != 0)
            return -1;
        for (size_t k = i + 1; k < n; k++)
            if (check_pair(&to[i], &to[k], err) != 0)
                return -1;
    }
    return 0;
}
