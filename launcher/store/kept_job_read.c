/* SPDX-License-Identifier: Apache-2.0 */
/* A job out of its store: see kept_job.h. What stands there is a file's: each
 * text is looked at before it is used. */
#include "job_options.h"
#include "job_parse.h"
#include "kept_job.h"
#include "number.h"
#include "resume_option.h"
#include "wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_WORDS (1u << 24)

/* ---- values -------------------------------------------------------------- */

static int damaged(struct store *s, const char *key, struct ff_error *err)
{
    return ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged: '%s' of "
                        "its run is not there or is none", store_path(s), key);
}

/* One that must be there, to be freed. */
static char *get(struct store *s, const char *key, size_t *n,
                 struct ff_error *err)
{
    char *bytes = NULL;
    const int rc = store_meta(s, key, &bytes, n, err);
    if (rc == 0)
        damaged(s, key, err);
    return rc == 1 ? bytes : NULL;
}

/* Bytes of the memory of one build are nothing for another. */
static int check_layout(struct store *s, struct ff_error *err)
{
    char is[24], *by = NULL;
    size_t n;
    char *was = get(s, "layout", &n, err);
    if (was == NULL)
        return -1;
    snprintf(is, sizeof is, "%016" PRIx64, wire_layout());
    const bool same = strcmp(was, is) == 0;
    free(was);
    if (same)
        return 0;
    if (store_meta(s, "fanfold", &by, &n, err) < 0)
        return -1;
    ff_error_set(err, FF_CHANGED, "the run of '%s' was begun by another build "
                 "of fanfold (%.40s): go on with that one", store_path(s),
                 by != NULL ? by : "?");
    free(by);
    return -1;
}

/* ---- the environment ----------------------------------------------------- */

static void clear_options(void)
{
    const size_t prefix = sizeof OPTION_VARIABLE - 1;
    for (char **e = environ; *e != NULL;) {
        const size_t n = strcspn(*e, "=");
        char name[256];
        if (strncmp(*e, OPTION_VARIABLE, prefix) != 0 || n >= sizeof name) {
            e++;
            continue;
        }
        memcpy(name, *e, n);
        name[n] = '\0';
        unsetenv(name);
        e = environ;
    }
    unsetenv("OMP_NUM_THREADS");
}

static int set_old(struct store *s, char *words, size_t n,
                   struct ff_error *err)
{
    for (char *p = words; p < words + n; p += strlen(p) + 1) {
        char *value = strchr(p, '=');
        if (value == NULL
            || (strncmp(p, OPTION_VARIABLE, sizeof OPTION_VARIABLE - 1) != 0
                && strncmp(p, "OMP_NUM_THREADS=", 16) != 0))
            return damaged(s, "environment", err);
        *value = '\0';
        const int rc = setenv(p, value + 1, 1);
        *value = '=';
        if (rc != 0)
            return ff_error_errno(err, FF_LOST, "cannot read the job");
    }
    return 0;
}

/* A file is meant from where we are now. */
static const char *from_here(struct text_pool *pool,
                             const struct option_row *row, const char *text,
                             const char *here)
{
    const char *value = row->value != NULL ? row->value : "";
    const size_t n = strlen(value);
    if (n < 4 || strcmp(value + n - 4, "FILE") != 0 || text[0] == '/'
        || strcmp(text, "-") == 0)
        return text;
    const char *way = text_pool_keep(pool, here, strlen(here), "/", 1);
    return way == NULL ? NULL
                       : text_pool_keep(pool, way, strlen(way), text,
                                        strlen(text));
}

static int set_environment(struct store *s, struct text_pool *pool,
                           const char *here, struct ff_error *err)
{
    struct option_list now = OPTION_LIST_EMPTY;
    size_t n;
    char *words = get(s, "environment", &n, err);
    int rc = words == NULL
             || options_read_environment(&job_options, &now, err) != 0 ? -1 : 0;
    for (size_t i = 0; rc == 0 && i < now.n; i++) {
        /* The texts are of the variables that go. */
        now.at[i].text = from_here(pool, now.at[i].row, now.at[i].text, here);
        if (now.at[i].text != NULL)
            now.at[i].text = text_pool_keep(pool, now.at[i].text,
                                            strlen(now.at[i].text), "", 0);
        if (now.at[i].text == NULL)
            rc = ff_error_errno(err, FF_LOST, "cannot read the job");
    }
    if (rc == 0) {
        clear_options();
        rc = set_old(s, words, n, err);
    }
    for (size_t i = 0; rc == 0 && i < now.n; i++) {
        char name[64], variable[sizeof OPTION_VARIABLE + 64];
        snprintf(variable, sizeof variable, OPTION_VARIABLE "%s",
                 option_variable(now.at[i].row, name));
        if (resume_option_may(now.at[i].row)
            && setenv(variable, now.at[i].text, 1) != 0)
            rc = ff_error_errno(err, FF_LOST, "cannot read the job");
    }
    option_list_release(&now);
    free(words);
    return rc;
}

/* ---- directory and words ------------------------------------------------- */

static int go_to(struct store *s, struct ff_error *err)
{
    size_t n;
    char *directory = get(s, "directory", &n, err);
    if (directory == NULL)
        return -1;
    int rc = chdir(directory);
    if (rc != 0)
        ff_error_errno(err, FF_USAGE, "cannot go to '%.500s', where the run of "
                       "'%.300s' was begun", directory, store_path(s));
    free(directory);
    return rc;
}

/* argv of the whole program, in the pool; NULL. */
static char **read_argv(struct store *s, struct text_pool *pool, int *argc,
                        struct ff_error *err)
{
    size_t n, n_words = 0, at = 0;
    char **argv = NULL, *kept = NULL, *words = get(s, "argv", &n, err);
    if (words == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        n_words += words[i] == '\0';
    if (n == 0 || words[n - 1] != '\0' || n_words < 2 || n_words > MOST_WORDS) {
        damaged(s, "argv", err);
        goto done;
    }
    const size_t room = (n_words + 1) * sizeof *argv;
    char **list = calloc(1, room);
    kept = text_pool_keep(pool, words, n, "", 0);
    for (char *p = kept; list != NULL && p != NULL && p < kept + n;
         p += strlen(p) + 1)
        list[at++] = p;
    if (list != NULL && kept != NULL)
        argv = (char **)(void *)text_pool_keep(pool, (const char *)list, room,
                                               "", 0);
    free(list);
    if (argv == NULL)
        ff_error_errno(err, FF_LOST, "cannot read the job");
    *argc = (int)n_words;
done:
    free(words);
    return argv;
}

/* ---- all of it ----------------------------------------------------------- */

static int take_more(const struct option_list *more, struct text_pool *pool,
                     const char *here, struct option_list *out,
                     struct ff_error *err)
{
    if (more == NULL)
        return 0;
    if (resume_option_check(more, err) != 0)
        return -1;
    for (size_t i = 0; i < more->n; i++) {
        struct option_setting s = more->at[i];
        if (s.row == NULL)
            continue;
        s.text = from_here(pool, s.row, s.text, here);
        if (s.text == NULL)
            return ff_error_errno(err, FF_LOST, "cannot read the job");
        if (option_list_add(out, s, err) != 0)
            return -1;
    }
    return 0;
}

static int parse(struct store *s, const struct option_list *more,
                 struct job_again *again, const char *here, struct job *job,
                 struct ff_error *err)
{
    struct option_list all = OPTION_LIST_EMPTY;
    char path[PATH_MAX];
    int argc = 0, rc = -1;
    char **argv = NULL;
    if (realpath(store_path(s), path) == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot find '%s'", store_path(s));
    again->store = text_pool_keep(&again->texts, path, strlen(path), "", 0);
    if (again->store == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read the job");
    if (take_more(more, &again->texts, here, &all, err) == 0
        && set_environment(s, &again->texts, here, err) == 0)
        argv = read_argv(s, &again->texts, &argc, err);
    again->more = &all;
    if (argv != NULL && go_to(s, err) == 0)
        rc = job_parse_again(job, argc - 1, argv + 1, again, err);
    option_list_release(&all);
    return rc;
}

int kept_job_read(struct store *s, const struct option_list *more,
                  struct job *job, struct ff_error *err)
{
    struct job_again again = {.texts = TEXT_POOL_EMPTY};
    char here[PATH_MAX];
    if (getcwd(here, sizeof here) == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot tell the directory");
    const int64_t n = store_count(s, STORE_META, NULL, NULL, 0, err);
    if (n == 0)
        return ff_error_set(err, FF_DAMAGED, "the store '%s' is empty: nothing "
                            "is kept of a run", store_path(s));
    if (n < 0 || check_layout(s, err) != 0)
        return -1;
    const int rc = parse(s, more, &again, here, job, err);
    text_pool_release(&again.texts);
    return rc;
}

bool kept_job_reads_stdin(const struct job *job)
{
    const struct task *t = &job->task;
    bool reads = job->arg_file != NULL && strcmp(job->arg_file, "-") == 0;
    for (size_t i = 0; i < t->n_sources; i++)
        reads = reads || (t->source[i].kind == TASK_FILE
                          && strcmp(t->source[i].path, "-") == 0);
    return reads || (task_is_command(t) && t->n_sources == 0
                     && job->arg_file == NULL && job->range == NULL);
}

/* ---- what the run is about ----------------------------------------------- */

/* A value of just this size. */
static int get_fixed(struct store *s, const char *key, void *out, size_t size,
                     struct ff_error *err)
{
    size_t n;
    char *bytes = get(s, key, &n, err);
    if (bytes == NULL)
        return -1;
    const int rc = n == size ? 0 : damaged(s, key, err);
    if (rc == 0)
        memcpy(out, bytes, size);
    free(bytes);
    return rc;
}

static bool grid_is(const struct grid *g)
{
    return g->first <= g->last
           && (g->n_chunks == 0
               || (g->chunk_items > 0
                   && (g->last - g->first) / g->chunk_items <= g->n_chunks));
}

static int read_identity(struct store *s, struct identity *identity,
                         struct ff_error *err)
{
    size_t n;
    if (identity == NULL)
        return 0;
    char *bytes = get(s, "identity", &n, err);
    if (bytes == NULL)
        return -1;
    const int rc = identity_decode(identity, bytes, n) == 0
                   ? 0 : damaged(s, "identity", err);
    free(bytes);
    return rc;
}

static int read_seed(struct store *s, uint64_t *seed, struct ff_error *err)
{
    size_t n;
    char *text = get(s, "seed", &n, err);
    if (text == NULL)
        return -1;
    const int rc = number_u64(text, seed) == 0 ? 0 : damaged(s, "seed", err);
    free(text);
    return rc;
}

int kept_job_read_kernel(struct store *s, struct identity *identity,
                         struct spec *spec, struct grid *grid, uint64_t *seed,
                         struct ff_error *err)
{
    char *there = NULL;
    size_t n;
    if (identity != NULL)
        *identity = IDENTITY_NONE;
    const int rc = store_meta(s, "spec", &there, &n, err);
    free(there);
    if (rc <= 0)
        return rc == 0 ? 1 : -1;
    if (check_layout(s, err) != 0
        || get_fixed(s, "spec", spec, sizeof *spec, err) != 0
        || get_fixed(s, "grid", grid, sizeof *grid, err) != 0
        || read_seed(s, seed, err) != 0)
        return -1;
    if (!spec_valid(spec))
        return damaged(s, "spec", err);
    if (!grid_is(grid))
        return damaged(s, "grid", err);
    return read_identity(s, identity, err);
}
