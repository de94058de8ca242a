/* SPDX-License-Identifier: Apache-2.0 */
/* The job of a run as rows of its store: see kept_job.h. kept_job_read.c makes a
 * job of them again. */
#include "kept_job.h"
#include "hash.h"
#include "quote.h"
#include "resume_option.h"
#include "runs_dir.h"
#include "text.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- rows ---------------------------------------------------------------- */

static void put(struct store_batch *b, const char *key, const void *bytes,
                size_t n)
{
    const struct store_value v[META_N] = {
        [META_KEY] = store_text(key), [META_VALUE] = store_blob(bytes, n)};
    store_batch_put(b, STORE_META, v);
}

static void put_string(struct store_batch *b, const char *key,
                       const char *text)
{
    put(b, key, text, strlen(text));
}

static void put_number(struct store_batch *b, const char *key,
                       const char *format, uint64_t n)
{
    char text[32];
    const int length = format[0] == 'x'
                       ? snprintf(text, sizeof text, "%016" PRIx64, n)
                       : snprintf(text, sizeof text, "%" PRIu64, n);
    put(b, key, text, (size_t)length);
}

static void put_text(struct store_batch *b, const char *key,
                     const struct text *text)
{
    put(b, key, text->at != NULL ? text->at : "", text->n);
}

/* ---- the command line ---------------------------------------------------- */

static void put_argv(struct store_batch *b, char *const *argv)
{
    struct text words = TEXT_EMPTY, line = TEXT_EMPTY;
    for (size_t i = 0; argv[i] != NULL; i++) {
        const struct span word = {argv[i], strlen(argv[i])};
        if (text_append(&words, word.at, word.n + 1) != 0
            || (i > 0 && text_append(&line, " ", 1) != 0)
            || quote_word(word, &line) != 0)
            b->no_memory = true;
    }
    put_text(b, "argv", &words);
    put_text(b, "command", &line);
    text_release(&words);
    text_release(&line);
}

static bool is_kept_variable(const char *text)
{
    return strncmp(text, OPTION_VARIABLE, sizeof OPTION_VARIABLE - 1) == 0
           || strncmp(text, "OMP_NUM_THREADS=", 16) == 0;
}

static void put_environment(struct store_batch *b)
{
    struct text words = TEXT_EMPTY;
    for (char **e = environ; *e != NULL; e++)
        if (is_kept_variable(*e)
            && text_append(&words, *e, strlen(*e) + 1) != 0)
            b->no_memory = true;
    put_text(b, "environment", &words);
    text_release(&words);
}

/* ---- the key ------------------------------------------------------------- */

static uint64_t hash_text(const char *text, uint64_t hash)
{
    return text == NULL ? hash_seeded("", 0, hash)
                        : hash_seeded(text, strlen(text) + 1, hash);
}

static uint64_t hash_settings(const struct job *job, uint64_t hash)
{
    for (size_t i = 0; i < job->settings.n; i++) {
        const struct option_setting *s = &job->settings.at[i];
        char letter[2];
        const char *key = s->row != NULL ? option_key(s->row, letter) : "";
        if (s->source != OPTION_COMMAND_LINE
            || (s->row != NULL && resume_option_may(s->row))
            || strcmp(key, "store") == 0 || strcmp(key, "resume") == 0)
            continue;
        hash = hash_text(s->text, hash_text(key, hash));
    }
    return hash;
}

/* A job file counts by its name, so that what it says may not change
 * unnoticed. */
static uint64_t key_of(const struct job *job, const char *directory)
{
    const struct task *t = &job->task;
    uint64_t hash = hash_text(job->file, hash_text(directory, 0));
    hash = hash_settings(job, hash);
    for (size_t i = 0; i < t->n_words && t->word != job->said.word.at; i++)
        hash = hash_text(t->word[i], hash);
    for (size_t i = 0; i < t->n_sources; i++) {
        const struct task_source *s = &t->source[i];
        const uint32_t kind = (uint32_t)s->kind * 2 + s->linked;
        hash = hash_text(s->path, hash_seeded(&kind, sizeof kind, hash));
        for (size_t k = 0; k < s->n; k++)
            hash = hash_text(s->value[k], hash);
    }
    return hash;
}

/* ---- to the store -------------------------------------------------------- */

void kept_job_put(struct store_batch *b, const struct job *job,
                  const char *run_id)
{
    char directory[PATH_MAX];
    if (getcwd(directory, sizeof directory) == NULL)
        directory[0] = '\0';
    put_string(b, "run", run_id);
    put_number(b, "version", "u", STORE_VERSION);
    put_string(b, "fanfold", PACKAGE_VERSION);
    put_number(b, "layout", "x", wire_layout());
    put_string(b, "directory", directory);
    put_argv(b, job->argv);
    put_environment(b);
    put_number(b, "key", "x", key_of(job, directory));
}

void kept_job_put_kernel(struct store_batch *b, const struct identity *identity,
                         const struct spec *spec, const struct grid *grid,
                         uint64_t seed)
{
    void *bytes;
    size_t n;
    if (identity_encode(identity, &bytes, &n) != 0) {
        b->no_memory = true;
        return;
    }
    put(b, "identity", bytes, n);
    free(bytes);
    put_number(b, "hash", "x", identity_hash(identity));
    put(b, "spec", spec, sizeof *spec);
    put(b, "grid", grid, sizeof *grid);
    put_number(b, "seed", "u", seed);
}

/* ---- found again --------------------------------------------------------- */

/* Stores that cannot be read now are not the one, as far as we know: that is
 * told, since what was done would be done again. */
static bool has_key(const char *path, const char *key, bool quiet)
{
    struct ff_error err = {0};
    struct store *s = store_open(path, STORE_READ, &err);
    char *found;
    size_t n;
    bool is = false;
    if (s != NULL && store_meta(s, "key", &found, &n, &err) == 1) {
        is = strcmp(found, key) == 0;
        free(found);
    }
    store_close(s, NULL);
    if (err.status != 0 && !quiet)
        fprintf(stderr, "fanfold: --resume: another run was passed over: %s\n",
                err.text);
    return is;
}

int kept_job_find(const struct job *job, char path[PATH_MAX],
                  struct ff_error *err)
{
    char directory[PATH_MAX], key[32];
    struct runs_dir_entry *entry;
    size_t n;
    int found = 0;
    if (getcwd(directory, sizeof directory) == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot tell the directory");
    if (runs_dir_list(&entry, &n, err) != 0)
        return -1;
    snprintf(key, sizeof key, "%016" PRIx64, key_of(job, directory));
    for (size_t i = 0; i < n && !found; i++)
        if (has_key(entry[i].path, key, job->quiet)) {
            snprintf(path, PATH_MAX, "%s", entry[i].path);
            found = 1;
        }
    free(entry);
    return found;
}
