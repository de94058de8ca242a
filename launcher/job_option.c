/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of a job accept, and what they set: see job_option.h. */
#include "job_option.h"
#include "job.h"
#include "number.h"
#include "option_value.h"
#include "python_name.h"
#include "source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *job_option_chunk(void *into, const char *text)
{
    return option_positive(&((struct job *)into)->chunk_items, text,
                           UINT64_MAX);
}

const char *job_option_crash_limit(void *into, const char *text)
{
    return option_positive_u32(&((struct job *)into)->crash_limit, text);
}

const char *job_option_recycle(void *into, const char *text)
{
    return option_positive_u32(&((struct job *)into)->recycle, text);
}

const char *job_option_retries(void *into, const char *text)
{
    uint64_t n;
    if (number_u64(text, &n) != 0 || n > UINT32_MAX)
        return "is not a whole number from 0 on, of less than 2^32";
    ((struct job *)into)->retries = (uint32_t)n;
    return NULL;
}

const char *job_option_halt(void *into, const char *text)
{
    return halt_parse(&((struct job *)into)->halt, text);
}


const char *job_option_verify(void *into, const char *text)
{
    struct job *job = into;
    double share;
    if (share_parse(&share, text) != 0)
        return "is not a share of the chunks like 5%, 0.05 or 1";
    if (share <= 0)
        return "is not more than 0%: without --verify nothing is run twice";
    job->verify = share >= 1 ? UINT64_MAX : (uint64_t)(share * 0x1p64);
    return NULL;
}

const char *job_option_max_failures(void *into, const char *text)
{
    uint64_t n;
    const char *bad = option_positive(&n, text, UINT32_MAX);
    if (bad == NULL)
        ((struct job *)into)->halt =
            (struct halt){.when = HALT_SOON, .limit = (double)n};
    return bad;
}

const char *job_option_seed(void *into, const char *text)
{
    return option_whole(&((struct job *)into)->seed, text);
}

const char *job_option_timeout(void *into, const char *text)
{
    return option_duration(&((struct job *)into)->timeout_ns, text);
}

const char *job_option_time_limit(void *into, const char *text)
{
    return option_duration(&((struct job *)into)->time_limit_ns, text);
}

const char *job_option_grace(void *into, const char *text)
{
    return option_duration(&((struct job *)into)->grace_ns, text);
}

const char *job_option_arg_file(void *into, const char *text)
{
    return option_text(&((struct job *)into)->arg_file, text);
}

const char *job_option_null(void *into, const char *text)
{
    ((struct job *)into)->null_ended = option_is_on(text);
    return NULL;
}

const char *job_option_ldflags(void *into, const char *text)
{
    ((struct job *)into)->ldflags = *text != '\0' ? text : NULL;
    return NULL;
}

const char *job_option_json(void *into, const char *text)
{
    return option_text(&((struct job *)into)->json, text);
}

/* The last of --quiet and --verbose wins. */
const char *job_option_quiet(void *into, const char *text)
{
    struct job *job = into;
    job->quiet = option_is_on(text);
    job->verbose = job->verbose && !job->quiet;
    return NULL;
}

const char *job_option_verbose(void *into, const char *text)
{
    struct job *job = into;
    job->verbose = option_is_on(text);
    job->quiet = job->quiet && !job->verbose;
    return NULL;
}

const char *job_option_progress(void *into, const char *text)
{
    static const struct {
        const char *name;
        enum progress_mode mode;
    } modes[] = {{"line", PROGRESS_LINE}, {"workers", PROGRESS_WORKERS},
                 {"none", PROGRESS_NONE}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(text, modes[i].name) == 0) {
            ((struct job *)into)->progress = modes[i].mode;
            return NULL;
        }
    return "is not line, workers or none";
}

const char *job_option_bar(void *into, const char *text)
{
    ((struct job *)into)->progress = option_is_on(text) ? PROGRESS_LINE
                                                 : PROGRESS_NONE;
    return NULL;
}

const char *job_option_tag_output(void *into, const char *text)
{
    ((struct job *)into)->tag_output = option_is_on(text);
    return NULL;
}

const char *job_option_schedule_map(void *into, const char *text)
{
    ((struct job *)into)->schedule_map = option_is_on(text);
    return NULL;
}

const char *job_option_timestamp_output(void *into, const char *text)
{
    ((struct job *)into)->timestamp_output = option_is_on(text);
    return NULL;
}

const char *job_option_hex(void *into, const char *text)
{
    ((struct job *)into)->hex = option_is_on(text);
    return NULL;
}

const char *job_option_csv(void *into, const char *text)
{
    if (text[0] == '-' && text[1] != '\0')
        return "is no file: --csv FILE writes results; columns of the input "
               "are read by --csv-input";
    return option_text(&((struct job *)into)->csv, text);
}

const char *job_option_dry_run(void *into, const char *text)
{
    ((struct job *)into)->dry_run = option_is_on(text);
    return NULL;
}

const char *job_option_wdir(void *into, const char *text)
{
    return option_text(&((struct job *)into)->wdir, text);
}

/* VAR=VALUE; a VAR alone is one that the workers have from us anyway. */
const char *job_option_env(void *into, const char *text)
{
    struct job *job = into;
    const size_t n = strcspn(text, "=");
    if (n == 0)
        return "is not VAR or VAR=VALUE";
    if (strncmp(text, "FANFOLD_", 8) == 0)
        return "is a name that fanfold sets itself";
    if (text[n] == '\0' && getenv(text) == NULL)
        return "is no variable that is set here";
    /* The last of a name counts. */
    for (size_t i = job->n_env; i-- > 0;)
        if (strncmp(job->env[i], text, n) == 0 && job->env[i][n] == '=')
            memmove(&job->env[i], &job->env[i + 1],
                    (--job->n_env - i) * sizeof job->env[0]);
    if (text[n] == '\0')
        return NULL;
    if (job->n_env == JOB_MAX_ENV)
        return "is one more than the 256 that can be given";
    job->env[job->n_env++] = text;
    return NULL;
}

const char *job_option_arg(void *into, const char *text)
{
    struct job *job = into;
    const char *p = text;
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    if (*p != '=' || p == text || isdigit((unsigned char)*text))
        return "is not NAME=VALUE, with the name of a parameter of the kernel";
    if (job->n_args == JOB_MAX_ARGS)
        return "is one more than the 256 that can be given";
    job->arg[job->n_args++] = text;
    return NULL;
}

const char *job_option_output(void *into, const char *text)
{
    struct job *job = into;
    if (*text == '\0')
        return "is empty";
    if (job->n_outputs == JOB_MAX_OUTPUTS)
        return "is one more than the 32 that can be given";
    job->output[job->n_outputs++] = text;
    return NULL;
}

const char *job_option_keep_order(void *into, const char *text)
{
    ((struct job *)into)->keep_order = option_is_on(text);
    return NULL;
}

/* Is it one source of items among others? What the job file says of a command
 * is taken into the task only later, unless there is a kernel. */
static bool range_is_source(const struct job *job)
{
    bool kernel = false;
    for (size_t i = 0; i < job->settings.n; i++)
        kernel |= job->settings.at[i].row == NULL;
    return task_is_command(&job->task) || job->task.n_sources > 0
           || job->said.n_sources > 0
           || (job->said.command_line != 0 && !kernel);
}

const char *job_option_range(void *into, const char *text)
{
    struct job *job = into;
    job->range = text;
    if (range_is_source(job))
        return NULL; /* work_file.c reads it */
    const char *wrong = option_range(&job->first, &job->last, text);
    job->has_range = wrong == NULL;
    return wrong;
}

/* NAME=VALUE, where NAME could be a parameter's. */
static bool is_assignment(const char *word)
{
    const char *p = word;
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    return p != word && *p == '=' && !isdigit((unsigned char)*word);
}

int job_option_kernel(void *into, const char *word, struct ff_error *err)
{
    struct job *job = into;
    if (is_assignment(word))
        return ff_error_set(err, FF_USAGE, "'%s' is no kernel: a value for "
                            "one is given by '--arg %s'", word, word);
    /* A command that is none, and its words. */
    if (job->kernel != NULL && !source_is_kernel(job->kernel)
        && !source_is_kernel(word) && source_check(job->kernel, err) != 0)
        return -1;
    if (job->kernel != NULL && source_is_python(job->kernel)
        && !source_is_kernel(word))
        return ff_error_set(err, FF_USAGE, "'%s' is taken as a kernel of "
                            "Python, which has no words of its own like '%s': "
                            "values are given by --arg NAME=VALUE; as a "
                            "command it is run by '-- python3 %.*s ...'",
                            job->kernel, word,
                            (int)python_name_file(job->kernel), job->kernel);
    if (job->kernel != NULL)
        return ff_error_set(err, FF_USAGE,
                            "more than one kernel: '%s' and '%s'; values for "
                            "a kernel are given by --arg NAME=VALUE, lines of "
                            "a file by -a FILE",
                            job->kernel, word);
    if (*word == '\0')
        return ff_error_set(err, FF_USAGE, "the name of the kernel is empty");
    job->kernel = word;
    return 0;
}
