/* SPDX-License-Identifier: Apache-2.0 */
/* Settings as words, and back: see job_words.h. */
#include "job_words.h"
#include "job_options.h"
#include "job_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The threads that OMP_NUM_THREADS asked for: no option. */
#define OPENMP "openmp"

/* A work file comes: no option either. */
#define TASK "task"

/* Where the user has the source of a Python kernel; the version of Python. */
#define PYTHON_FILE "python-file"
#define PYTHON_VERSION "python-version"

/* Keys of what the root does alone. */
static bool is_the_roots(const struct option_row *row)
{
    static const char *const keys[] = {
        "n", "host", "hostfile", "ppn", "launch", "launch-args", "topology",
        "serial", "ldflags", "python", "python-path", "time-limit", "halt",
        "max-failures", "output",
        "json", "csv", "hex", "progress", "bar", "eta", "schedule-map",
        "dry-run", "joblog", "results", "store", "checkpoint", "resume",
        "retry-failed", "keep-bytes", "filter"};
    char letter[2];
    const char *key = option_key(row, letter);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return row->passing;
}

/* Keys of what is in the work file, when there is one. */
static bool is_of_items(const struct option_row *row)
{
    char letter[2];
    const char *key = option_key(row, letter);
    return strcmp(key, "range") == 0 || strcmp(key, "arg-file") == 0
           || strcmp(key, "null") == 0;
}

/* ---- to words ------------------------------------------------------------ */

static void add(FILE *out, uint32_t *n, const char *key, const char *text,
                const char *more)
{
    fprintf(out, "%s=%s%s", key, text, more);
    fputc('\0', out);
    ++*n;
}

/* A variable's value is that of the root's environment. */
static void add_setting(FILE *out, uint32_t *n,
                        const struct option_setting *s)
{
    char letter[2], variable[512];
    const char *key = option_key(s->row, letter);
    const bool copied = strcmp(key, "env") == 0 && strchr(s->text, '=') == NULL;
    const char *value = copied ? getenv(s->text) : NULL;
    if (value != NULL && strlen(s->text) < sizeof variable - 1) {
        snprintf(variable, sizeof variable, "%s=", s->text);
        add(out, n, key, variable, value);
    } else if (!copied) {
        add(out, n, key, s->text, "");
    }
}

/* Nodes look for the same interpreter, whatever their environment says. */
static void add_python(FILE *out, uint32_t *n, const struct interpreter *py)
{
    if (*py->library == '\0')
        return;
    add(out, n, "python", py->program, "");
    if (*py->path != '\0')
        add(out, n, "python-path", py->path, "");
    add(out, n, PYTHON_FILE, py->file, "");
    add(out, n, PYTHON_VERSION, py->version, "");
}

int job_words(const struct job *job, const struct interpreter *python,
              char **words, size_t *n_bytes, uint32_t *n_words,
              struct ff_error *err)
{
    FILE *out = open_memstream(words, n_bytes);
    char threads[16];
    *n_words = 0;
    if (out == NULL)
        return ff_error_errno(err, FF_LOST, "cannot tell the nodes of the job");
    add(out, n_words, job_options.operand_key, job->kernel, "");
    for (size_t i = 0; i < job->settings.n; i++) {
        const struct option_setting *s = &job->settings.at[i];
        if (s->row != NULL && !is_the_roots(s->row)
            && !(task_is_used(&job->task) && is_of_items(s->row)))
            add_setting(out, n_words, s);
    }
    add_python(out, n_words, python);
    snprintf(threads, sizeof threads, "%u", job->threads);
    if (job->openmp_threads)
        add(out, n_words, OPENMP, threads, "");
    if (task_is_used(&job->task))
        add(out, n_words, TASK, "1", "");
    if (fclose(out) == 0 && *words != NULL)
        return 0;
    free(*words);
    return ff_error_errno(err, FF_LOST, "cannot tell the nodes of the job");
}

/* ---- and back ------------------------------------------------------------ */

static int unknown(const char *word, struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "the root of the run asks for '%.80s', "
                        "which this node does not know: is it another version "
                        "of fanfold?", word);
}

/* What is no option. */
static bool take_own(struct job *job, const char *key, const char *text)
{
    if (strcmp(key, TASK) == 0)
        job->task.comes = true;
    else if (strcmp(key, PYTHON_FILE) == 0)
        job->python_file = text;
    else if (strcmp(key, PYTHON_VERSION) == 0)
        job->python_version = text;
    else
        return false;
    return true;
}

static int take_word(struct job *job, const char *word, size_t n,
                     struct ff_error *err)
{
    char key[64];
    const char *equals = memchr(word, '=', n);
    const char *text = equals == NULL ? NULL
                       : text_pool_keep(&job->texts, equals + 1,
                                        n - (size_t)(equals - word) - 1, "",
                                        0);
    if (equals == NULL || (size_t)(equals - word) >= sizeof key)
        return unknown(word, err);
    if (text == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read the job");
    memcpy(key, word, (size_t)(equals - word));
    key[equals - word] = '\0';
    const struct option_row *row = options_find_key(&job_options, key);
    if (row == NULL && take_own(job, key, text))
        return 0;
    if (row == NULL && strcmp(key, OPENMP) == 0) {
        row = options_find_key(&job_options, "threads");
        job->openmp_threads = true;
    } else if (row == NULL && strcmp(key, job_options.operand_key) != 0) {
        return unknown(word, err);
    }
    return option_list_add(&job->settings, (struct option_setting){
        .row = row, .text = text, .source = OPTION_COMMAND_LINE}, err);
}

static int take_words(struct job *job, const char *words, size_t n_bytes,
                      uint32_t n_words, struct ff_error *err)
{
    const char *end = words + n_bytes;
    for (uint32_t i = 0; i < n_words; i++) {
        const char *zero = words < end
                           ? memchr(words, '\0', (size_t)(end - words)) : NULL;
        if (zero == NULL)
            return ff_error_set(err, FF_LOST, "the job that came is cut off");
        if (take_word(job, words, (size_t)(zero - words), err) != 0)
            return -1;
        words = zero + 1;
    }
    return options_apply(&job_options, &job->settings, job, err);
}

int job_from_words(struct job *job, const char *words, size_t n_bytes,
                   uint32_t n_words, struct ff_error *err)
{
    struct job read = job_default();
    if (take_words(&read, words, n_bytes, n_words, err) != 0) {
        job_release(&read);
        return -1;
    }
    if (read.task.tag && !read.task.comes)
        read.tag_output = true;
    read.progress = PROGRESS_NONE;
    read.threads_by_kind = read.threads == 0 && !read.keep_order;
    if (read.threads == 0)
        read.threads = 1;
    *job = read;
    return 0;
}
