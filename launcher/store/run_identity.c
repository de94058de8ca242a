/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run is about, as parts: see run_identity.h. Of files it is what is in them
 * that counts, not how they are called; of options all that a resume may not
 * change (resume_option.h), so that none can be forgotten.
 */
#include "run_identity.h"
#include "hash.h"
#include "python_name.h"
#include "quote.h"
#include "resume_option.h"
#include "source.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)1 << 20)

/* While it is made. The first error stays. */
struct making {
    struct identity *id;
    const struct job *job;
    const struct subject *subject;
    struct ff_error *err;
    bool failed;
};

/* ---- parts --------------------------------------------------------------- */

static void no_memory(struct making *m)
{
    if (!m->failed)
        ff_error_errno(m->err, FF_LOST, "cannot note what the run is about");
    m->failed = true;
}

/* One that is filled in by the caller; NULL without memory. */
static struct identity_part *add(struct making *m, const char *name)
{
    struct identity *id = m->id;
    if (id->n == id->room) {
        const size_t room = id->room > 0 ? 2 * id->room : 16;
        struct identity_part *more = realloc(id->part, room * sizeof *more);
        if (more == NULL) {
            no_memory(m);
            return NULL;
        }
        id->part = more;
        id->room = room;
    }
    struct identity_part *part = &id->part[id->n++];
    *part = (struct identity_part){.kind = IDENTITY_PLAIN};
    snprintf(part->name, sizeof part->name, "%s", name);
    return part;
}

/* On one line, and short. */
static void show(struct identity_part *part, const char *text, size_t n)
{
    const size_t room = sizeof part->shown - 4;
    size_t i = 0;
    for (; i < n && i < room; i++)
        part->shown[i] = iscntrl((unsigned char)text[i]) ? '?' : text[i];
    strcpy(part->shown + i, i < n ? "..." : "");
}

static struct identity_part *add_text(struct making *m, const char *name,
                                      const char *text)
{
    struct identity_part *part = add(m, name);
    if (part != NULL) {
        show(part, text, strlen(text));
        part->hash = hash_bytes(text, strlen(text));
    }
    return part;
}

static struct identity_part *add_number(struct making *m, const char *name,
                                        uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, n);
    return add_text(m, name, text);
}

void identity_release(struct identity *id)
{
    free(id->part);
    *id = IDENTITY_NONE;
}

/* ---- files --------------------------------------------------------------- */

/* The first n bytes of a file, or all; block after block. */
static int hash_file(int fd, uint64_t n, uint64_t *hash)
{
    unsigned char *block = malloc(BLOCK_BYTES);
    uint64_t at = 0;
    ssize_t got = 0;
    *hash = 0;
    if (block == NULL)
        return -1;
    while (at < n) {
        const uint64_t left = n - at;
        got = pread(fd, block, left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES,
                    (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        *hash = hash_seeded(block, (size_t)got, *hash);
        at += (uint64_t)got;
    }
    free(block);
    *hash = hash_seeded(&at, sizeof at, *hash);
    return got < 0 ? -1 : 0;
}

static int hash_path(struct making *m, const char *path, uint64_t *hash)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    const int rc = fd < 0 ? -1 : hash_file(fd, UINT64_MAX, hash);
    if (rc != 0 && !m->failed) {
        ff_error_errno(m->err, FF_USAGE, "cannot read '%s'", path);
        m->failed = true;
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

/* ---- kernel or command --------------------------------------------------- */

/* Another micro version is no other Python: systems are updated meanwhile. */
static void add_python(struct making *m, const struct interpreter *python)
{
    const char *function = python_name_function(m->job->kernel);
    char version[16];
    add_text(m, "function", function != NULL ? function : "");
    interpreter_minor(version, python->version);
    add_text(m, "Python", version);
}

/* The source is told apart from what came of it; of Python it is the kernel. */
static void add_kernel(struct making *m)
{
    const struct compiled *c = &m->subject->compiled;
    struct identity_part *part = add_text(m, "kernel", m->job->kernel);
    if (part == NULL || hash_path(m, c->object, &part->hash) != 0)
        return;
    if (*c->python.library != '\0')
        add_python(m, &c->python);
    if (c->given)
        return;
    part = add_text(m, "source", m->job->kernel);
    if (part != NULL && hash_path(m, m->job->kernel, &part->hash) == 0)
        part->kind = IDENTITY_SOURCE;
}

static void add_words(struct making *m, const char *name,
                      const char *const *word, size_t n, bool quoted)
{
    struct text line = TEXT_EMPTY;
    struct identity_part *part = add(m, name);
    for (size_t i = 0; i < n && part != NULL; i++) {
        const struct span s = {word[i], strlen(word[i])};
        part->hash = hash_seeded(word[i], s.n + 1, part->hash);
        if (line.n >= sizeof part->shown)
            continue;
        if ((i > 0 && text_append(&line, " ", 1) != 0)
            || (quoted ? quote_word(s, &line)
                       : text_append_span(&line, s)) != 0)
            no_memory(m);
    }
    if (part != NULL && line.n > 0)
        show(part, line.at, line.n);
    text_release(&line);
}

/* The value of a parameter, be it the default. */
static const char *value_of(const struct job *job,
                            const struct spec_param *param)
{
    const size_t n = strlen(param->name);
    for (size_t i = job->n_args; i-- > 0;)
        if (strncmp(job->arg[i], param->name, n) == 0
            && job->arg[i][n] == '=')
            return job->arg[i] + n + 1;
    return param->value;
}

static void add_args(struct making *m, const struct spec *spec)
{
    for (uint32_t i = 0; i < spec->n_params; i++) {
        char name[SPEC_NAME + 8];
        snprintf(name, sizeof name, "--arg %s", spec->param[i].name);
        add_text(m, name, value_of(m->job, &spec->param[i]));
    }
}

/* ---- options ------------------------------------------------------------- */

/* Those that are a part in another way, or say nothing of what is run. */
static bool is_elsewhere(const struct option_row *row)
{
    static const char *const keys[] = {
        "args", "arg-file", "range", "chunk", "seed", "store", "resume",
        "serial", "topology", "dry-run"};
    char letter[2];
    const char *key = option_key(row, letter);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return resume_option_may(row);
}

/* "--env PATH" and "--fold x" are things of their own. */
static void add_option(struct making *m, const struct option_setting *s)
{
    const struct option_row *row = s->row;
    const bool named = row->repeat == OPTION_NAMED;
    const char letter[2] = {row->letter, '\0'};
    const char *equals = strchr(s->text, '=');
    const size_t n = equals != NULL ? (size_t)(equals - s->text)
                                    : strlen(s->text);
    char name[80];
    snprintf(name, sizeof name, "%s%s%s%.*s", row->name != NULL ? "--" : "-",
             row->name != NULL ? row->name : letter, named ? " " : "",
             named ? n < 60 ? (int)n : 60 : 0, s->text);
    add_text(m, name, named && equals != NULL ? equals + 1
                      : option_is_flag(row) ? "on" : s->text);
}

static void add_options(struct making *m)
{
    const struct option_list *list = &m->job->settings;
    for (size_t i = 0; i < list->n; i++) {
        const struct option_setting *s = &list->at[i];
        if (s->row == NULL || is_elsewhere(s->row)
            || !option_list_counts(list, i)
            || (option_is_flag(s->row) && strcmp(s->text, "0") == 0))
            continue;
        /* A variable without a value is of where it runs. */
        if (s->row->letter == 'x' && strchr(s->text, '=') == NULL)
            continue;
        add_option(m, s);
    }
}

/* ---- items --------------------------------------------------------------- */

/* "input", "input 2", ... */
static const char *source_name(char out[32], const char *kind, size_t i)
{
    if (i == 0)
        snprintf(out, 32, "%s", kind);
    else
        snprintf(out, 32, "%s %zu", kind, i + 1);
    return out;
}

static void add_input(struct making *m, const char *name)
{
    const struct input *input = &m->subject->input;
    if (input->name == NULL || input->stream != NULL)
        return;
    struct identity_part *part = add_text(m, name, input->name);
    if (part == NULL)
        return;
    part->kind = IDENTITY_TEXT;
    part->count = input->n_lines;
    if (hash_file(input->fd, input->bytes, &part->hash) != 0) {
        ff_error_errno(m->err, FF_USAGE, "cannot read '%s'", input->name);
        m->failed = true;
    }
}

/* What was read into the work file. */
static void add_read(struct making *m, const char *name, const char *shown,
                     const struct work_source *s)
{
    const struct work *work = &m->subject->work.work;
    struct identity_part *part = add_text(m, name, shown);
    if (part == NULL)
        return;
    part->kind = s->kind == WORK_NUMBERS ? IDENTITY_PLAIN : IDENTITY_TEXT;
    part->count = s->kind == WORK_NUMBERS ? 0 : s->n;
    part->hash = hash_seeded(work->base + s->text, s->text_bytes, s->n);
}

static void add_source(struct making *m, size_t i, const struct task_source *t,
                       const struct work_source *s)
{
    char name[32];
    source_name(name, t->kind == TASK_VALUES ? "values"
                      : t->kind == TASK_RANGES ? "--range" : "input", i);
    if (s->kind == WORK_INPUT || s->kind == WORK_BLOCKS)
        add_input(m, name);
    else if (t->kind == TASK_VALUES)
        add_words(m, name, t->value, t->n, false);
    else
        add_read(m, name, t->kind == TASK_RANGES ? t->value[0]
                                                 : input_name(t->path), s);
    if (t->kind == TASK_VALUES && !m->failed)
        m->id->part[m->id->n - 1].count = t->n;
    if (s->linked)
        add_text(m, source_name(name, "linked", i), "on");
}

/* Names of columns: they are not in the texts of their sources. */
static void add_header(struct making *m, const struct work_head *head)
{
    const char *text = work_text(&m->subject->work.work, head->names);
    const char *name[WORK_MAX_COLUMNS];
    uint32_t n = 0;
    for (; text != NULL && n < head->n_names && n < WORK_MAX_COLUMNS; n++) {
        name[n] = text;
        text += strlen(text) + 1;
    }
    if (n > 0)
        add_words(m, "columns", name, n, false);
}

/* In the order of the work file: -a first, then those of the task. */
static void add_sources(struct making *m)
{
    static const char *const standard[] = {"-"};
    const struct job *job = m->job;
    const struct work_head *head = m->subject->work.work.head;
    const size_t before = job->arg_file != NULL;
    for (size_t i = 0; i < head->n_sources; i++) {
        const struct task_source file = {
            .kind = TASK_FILE,
            .path = i == 0 && before ? job->arg_file : standard[0]};
        const struct task_source *t = i < before
                                      || i - before >= job->task.n_sources
                                      ? &file : &job->task.source[i - before];
        add_source(m, i, t, &head->source[i]);
    }
    add_header(m, head);
}

/* ---- the grid ------------------------------------------------------------ */

/* What the kernel, or the input, says itself is no part of its own. */
static void add_grid(struct making *m, const struct grid *grid)
{
    const struct job *job = m->job;
    const bool grows = m->subject->input.stream != NULL;
    struct identity_part *part;
    char text[64];
    if (!grows) {
        snprintf(text, sizeof text, "%" PRIu64 ":%" PRIu64, grid->first,
                 grid->last);
        part = add_text(m, "items", text);
        if (part != NULL && !job->has_range)
            part->kind = IDENTITY_DERIVED;
    }
    if (grows && job->chunk_items == 0)
        return;
    part = add_number(m, "--chunk", grid->chunk_items);
    if (part != NULL && job->chunk_items == 0)
        part->kind = IDENTITY_DERIVED;
}

/* A call knows its rank and its thread, so 2 workers of 2 threads are not 4. */
static void add_calls(struct making *m, uint32_t calls, uint32_t threads)
{
    char text[64];
    if (threads > 1)
        snprintf(text, sizeof text, "%" PRIu32 " (%" PRIu32 " a worker)", calls,
                 threads);
    else
        snprintf(text, sizeof text, "%" PRIu32, calls);
    add_text(m, "calls", text);
}

/* ---- all of it ----------------------------------------------------------- */

int identity_make(struct identity *id, const struct job *job,
                  const struct subject *subject, const struct spec *spec,
                  const struct grid *grid, uint32_t threads,
                  struct ff_error *err)
{
    struct making m = {id, job, subject, err, false};
    const bool command = task_is_command(&job->task);
    *id = IDENTITY_NONE;
    if (command)
        add_words(&m, "command", (const char *const *)job->task.word,
                  job->task.n_words, true);
    else
        add_kernel(&m);
    add_args(&m, spec);
    add_options(&m);
    add_number(&m, "--seed", job->seed);
    if (subject->work.fd >= 0)
        add_sources(&m);
    else
        add_input(&m, "input");
    if (spec->kind == FF_KERNEL_ONCE)
        add_calls(&m, grid->n_chunks, threads);
    else
        add_grid(&m, grid);
    if (spec->kind == FF_KERNEL_TEAM)
        add_number(&m, "team", threads);
    struct identity_part *part = add_number(&m, "results", spec_hash(spec));
    if (part != NULL)
        part->kind = IDENTITY_DERIVED;
    if (!m.failed)
        return 0;
    identity_release(id);
    return -1;
}

uint64_t identity_hash(const struct identity *id)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < id->n; i++) {
        const struct identity_part *p = &id->part[i];
        if (p->kind == IDENTITY_SOURCE)
            continue;
        hash = hash_seeded(p->name, strlen(p->name), hash);
        hash = hash_seeded(&p->hash, sizeof p->hash, hash);
    }
    return hash;
}
