/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs and their streams: see stream_job.h. */
#include "stream_job.h"

#include <string.h>
#include <unistd.h>

const char *stream_source(const struct job *job)
{
    const struct task *t = &job->task;
    if (t->n_sources == 0 && job->arg_file == NULL && task_is_command(t)
        && job->range == NULL && !isatty(STDIN_FILENO))
        return "-";
    if (t->n_sources == 0)
        return job->range == NULL || !task_is_command(t) ? job->arg_file : NULL;
    return t->n_sources == 1 && t->source[0].kind == TASK_FILE
                   && job->range == NULL && job->arg_file == NULL
               ? t->source[0].path : NULL;
}

static bool has_total(const char *text)
{
    return text != NULL && strstr(text, "{##}") != NULL;
}

static bool asks_for_total(const struct task *t)
{
    bool asks = has_total(t->tagstring) || has_total(t->results);
    for (size_t i = 0; i < t->n_words; i++)
        asks = asks || has_total(t->word[i]);
    return asks;
}

bool stream_can_grow(const struct job *job)
{
    const struct task *t = &job->task;
    return task_is_command(t) && !t->shuffle && t->filter == NULL && !t->csv
           && !t->header && !job->resume && !asks_for_total(t)
           && !job->has_range && !job->serial && !job->help
           && job->verify == 0 && job->schedule == SCHEDULE_DYNAMIC
           && !(job->halt.when != HALT_NEVER && job->halt.is_share);
}

int stream_check_pipe(const struct job *job, const char *path,
                      struct ff_error *err)
{
    const struct task *t = &job->task;
    const char *vain = t->csv ? "--csv-input" : t->header ? "--header"
                       : t->colsep != NULL ? "--colsep"
                       : t->filter != NULL ? "--filter" : NULL;
    if (path == NULL)
        return ff_error_set(err, FF_USAGE, "--pipe cuts one input into blocks: "
                            "standard input, or that of -a FILE");
    if (vain != NULL)
        return ff_error_set(err, FF_USAGE, "%s and --pipe: a block of the "
                            "input has no columns", vain);
    return 0;
}
