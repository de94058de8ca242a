/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the work file: see work_file.h. Sources are read one after the other
 * and written as they come, so nothing here grows with them.
 */
#include "work_file.h"
#include "choose.h"
#include "complain.h"
#include "split.h"
#include "work_names.h"
#include "work_source.h"
#include "work_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KILL_AFTER_NS UINT64_C(1000000000)
#define DRAIN_NS UINT64_C(1000000000)

/* The sources: -a first, then those of the task. */
struct making {
    const struct job *job;
    struct input *input; /* of a source that stays where it is */
    struct work_writer writer;
    struct work_head head;
    struct task_source source[WORK_MAX_SOURCES];
    size_t n_sources;
    struct splitter *splitter; /* or NULL */
    struct work_names names;
    struct ff_error *err;
};

/* ---- sources ------------------------------------------------------------- */

static void add_source(struct making *m, struct task_source source)
{
    if (m->n_sources < WORK_MAX_SOURCES)
        m->source[m->n_sources] = source;
    m->n_sources++;
}

/* As batch systems and cron have it, where it is nobody's list. */
static bool is_nothing(int fd)
{
    struct stat own, null;
    return fstat(fd, &own) == 0 && stat("/dev/null", &null) == 0
           && S_ISCHR(own.st_mode) && own.st_rdev == null.st_rdev;
}

static int no_sources(struct making *m)
{
    if (!task_is_command(&m->job->task))
        return ff_error_set(m->err, FF_USAGE, "there are no items that are "
                            "texts: give them by ::: VALUE... or -a FILE");
    if (isatty(STDIN_FILENO))
        return ff_error_set(m->err, FF_USAGE, "no items: give them behind the "
                            "command (::: VALUE...), by -a FILE, --range, or "
                            "on standard input, which is a terminal");
    if (is_nothing(STDIN_FILENO) && !m->job->quiet)
        fputs("fanfold: no items: there is neither ::: VALUE..., -a FILE nor "
              "--range, and standard input is /dev/null\n", stderr);
    add_source(m, (struct task_source){TASK_FILE, .path = "-"});
    return 0;
}

/* Standard input can be read once: for the second it would be empty. */
static int check_stdin(const struct making *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_sources; i++) {
        const char *path = m->source[i].path;
        n += path != NULL && (strcmp(path, "-") == 0
                              || strcmp(path, "/dev/stdin") == 0);
    }
    return n < 2 ? 0
           : ff_error_set(m->err, FF_USAGE, "standard input is given as %zu "
                          "sources, and can be read once: put it into a file",
                          n);
}

static int list_sources(struct making *m)
{
    const struct job *job = m->job;
    const struct task *t = &job->task;
    if (job->arg_file != NULL)
        add_source(m, (struct task_source){TASK_FILE, .path = job->arg_file});
    for (size_t i = 0; i < t->n_sources; i++)
        add_source(m, t->source[i]);
    if (m->n_sources > WORK_MAX_SOURCES)
        return ff_error_set(m->err, FF_USAGE, "more than %d sources of items",
                            WORK_MAX_SOURCES);
    return m->n_sources > 0 ? check_stdin(m) : no_sources(m);
}

/* A file of several sources, or one that is changed on its way. */
static int put_file(struct making *m, const struct work_reading *r,
                    const struct task_source *from, struct work_source *s)
{
    struct input input;
    if (input_open(&input, from->path, m->job->null_ended ? 0 : '\n', m->err)
        != 0)
        return -1;
    const int rc = work_source_file(r, &input, s, m->err);
    input_release(&input);
    return rc;
}

/* It stays where it is. */
static int keep_file(struct making *m, const struct task_source *from,
                     struct work_source *s)
{
    s->kind = m->job->task.pipe ? WORK_BLOCKS : WORK_INPUT;
    s->ends_with = m->job->null_ended ? 0 : '\n';
    if (m->input->name != NULL)
        return 0; /* as stream.h has it */
    return input_open(m->input, from->path, (int)s->ends_with, m->err);
}

static int put_texts(struct making *m, size_t i, struct text *header)
{
    const struct task *t = &m->job->task;
    const struct task_source *from = &m->source[i];
    struct work_source *s = &m->head.source[i];
    const struct work_reading r = {
        .writer = &m->writer, .csv = t->csv, .header = header,
        .comma = t->csv ? splitter_comma(m->splitter) : ','};
    return from->kind == TASK_VALUES ? work_source_values(&r, from, s, m->err)
           : from->kind == TASK_RANGES ? work_source_ranges(&r, from, s, m->err)
                                       : put_file(m, &r, from, s);
}

static int put_source(struct making *m, size_t i)
{
    const struct task *t = &m->job->task;
    const struct task_source *from = &m->source[i];
    struct work_source *s = &m->head.source[i];
    struct text header = TEXT_EMPTY;
    s->linked = i > 0 && from->linked;
    if (from->kind == TASK_FILE && m->n_sources == 1 && !t->csv && !t->header)
        return keep_file(m, from, s);
    int rc = put_texts(m, i, t->header ? &header : NULL);
    if (rc == 0 && t->header)
        rc = work_names_add(&m->names, s->kind == WORK_NUMBERS, &header,
                            m->splitter, &s->n_names, m->err);
    text_release(&header);
    return rc;
}

/* ---- the rest ------------------------------------------------------------ */

static uint64_t put_words(struct work_writer *w, char *const *word, size_t n)
{
    const uint64_t at = w->at;
    for (size_t i = 0; i < n; i++)
        work_writer_put_text(w, word[i]);
    return n > 0 ? at : 0;
}

static uint64_t put_option(struct work_writer *w, const char *text)
{
    return text != NULL ? work_writer_put_text(w, text) : 0;
}

static uint32_t flags_of(const struct job *job)
{
    const struct task *t = &job->task;
    const bool logs = t->joblog != NULL || t->results != NULL
                      || job->checkpoint_ns > 0 || job->store != NULL;
    return (task_is_command(t) ? (uint32_t)WORK_COMMAND : 0)
           | (t->shell ? (uint32_t)WORK_SHELL : 0)
           | (t->tag || t->tagstring != NULL ? (uint32_t)WORK_TAG : 0)
           | (t->shuffle ? (uint32_t)WORK_SHUFFLE : 0)
           | (logs ? (uint32_t)WORK_LOG : 0)
           | (task_wants_stdout(t) ? 0 : (uint32_t)WORK_NO_STDOUT);
}

static void set_policy(struct work_head *head, const struct job *job)
{
    const struct task *t = &job->task;
    head->flags = flags_of(job);
    head->stdin_from = t->pipe ? WORK_STDIN_BLOCK
                       : t->stdin_item ? WORK_STDIN_ITEM : WORK_STDIN_NONE;
    head->output = t->output;
    if (job->halt.when != HALT_NEVER)
        head->flags |= (job->halt.what != HALT_SUCCESS ? WORK_HALT_FAILED : 0)
                       | (job->halt.what != HALT_FAIL ? WORK_HALT_WELL : 0);
    head->retries = job->retries;
    /* (With --pipe that many records are a block.) */
    head->max_args = t->max_args > 0 && !t->pipe ? t->max_args : 1;
    head->seed = job->seed;
    head->timeout_ns = job->timeout_ns;
    head->kill_after_ns = KILL_AFTER_NS;
    head->drain_ns = DRAIN_NS;
    head->delay_ns = t->delay_ns;
    head->memory_bytes = t->memory_bytes;
    head->memfree_bytes = t->memfree_bytes;
    head->load = t->load;
    head->nice = t->nice;
}

/* ---- opening it ---------------------------------------------------------- */

/* The input as the launcher itself reads it. */
static int map_input(struct work_file *file, const struct input *input,
                     struct items_input *in, struct ff_error *err)
{
    *in = (struct items_input){.block_end = NULL};
    if (input->name == NULL || input->stream != NULL)
        return 0;
    if (file->work.head->source[0].kind == WORK_BLOCKS) {
        in->block_end = input->index.at;
        in->n_blocks = input->index.bytes / sizeof in->block_end[0];
        return 0;
    }
    const void *at = NULL;
    if (input->bytes > 0) {
        at = mmap(NULL, input->bytes, PROT_READ, MAP_SHARED, input->fd, 0);
        if (at == MAP_FAILED)
            return ff_error_errno(err, FF_LOST, "cannot map '%s'",
                                  input->name);
        file->input_at = at;
        file->input_bytes = input->bytes;
    }
    lines_set(&in->lines, at, input->bytes, input->index.at,
              input->index.bytes, input->ends_with);
    return 0;
}

static int open_work(struct work_file *file, struct ff_error *err)
{
    const void *at = mmap(NULL, file->bytes, PROT_READ, MAP_SHARED, file->fd,
                          0);
    if (at == MAP_FAILED)
        return ff_error_errno(err, FF_LOST, "cannot map the list of the work");
    file->at = at;
    return work_open(&file->work, at, file->bytes, err);
}

static int open_file(struct work_file *file, const struct input *input,
                     struct ff_error *err)
{
    struct items_input in;
    uint64_t n_inputs;
    return open_work(file, err) == 0
                   && map_input(file, input, &in, err) == 0
                   && items_open(&file->items, &file->work, &in, err) == 0
                   && items_count(&file->items, &file->n_items, &n_inputs, err)
                          == 0
               ? 0 : -1;
}

/* ---- all of it ------------------------------------------------------------ */

/* Other words in braces stay as they are, so this is no error. */
static void tell_misspelt(const struct making *m)
{
    const struct task *t = &m->job->task;
    struct span said;
    char text[300];
    if (m->names.n == 0 || m->job->quiet)
        return;
    for (size_t i = 0; i < t->n_words; i++) {
        const char *near = work_names_misspelt(&m->names, t->word[i], &said);
        if (near == NULL)
            continue;
        snprintf(text, sizeof text, "fanfold: '{%.*s}' is no column, and stays "
                 "as it is: did you mean '{%s}'?", (int)said.n, said.at,
                 near);
        print_plain(stderr, text);
        fputc('\n', stderr);
        return;
    }
}

static int put_all(struct making *m)
{
    const struct task *t = &m->job->task;
    struct work_writer *w = &m->writer;
    set_policy(&m->head, m->job);
    if (t->n_words > WORK_MAX_WORDS)
        return ff_error_set(m->err, FF_USAGE, "the command has more than %d "
                            "words", WORK_MAX_WORDS);
    m->head.words = put_words(w, t->word, t->n_words);
    m->head.n_words = (uint32_t)t->n_words;
    m->head.marker = put_option(w, t->marker);
    m->head.tag = put_option(w, t->tagstring);
    m->head.results = put_option(w, t->results);
    m->head.colsep = put_option(w, t->colsep);
    m->head.split = t->csv ? WORK_SPLIT_CSV
                    : t->colsep != NULL ? WORK_SPLIT_REGEX : WORK_SPLIT_NONE;
    if (m->head.split != WORK_SPLIT_NONE
        && (m->splitter = splitter_new(m->head.split, t->colsep, m->err))
               == NULL)
        return -1;
    m->head.n_sources = (uint32_t)m->n_sources;
    for (size_t i = 0; i < m->n_sources; i++)
        if (put_source(m, i) != 0)
            return -1;
    m->head.n_names = m->names.n;
    if (m->names.n > 0)
        m->head.names = work_writer_put(w, m->names.text.at, m->names.text.n);
    return 0;
}

/* --filter: the work so far is opened as it is, to look at all inputs. */
static int put_chosen(struct making *m)
{
    struct work_file whole = WORK_FILE_NONE;
    int rc = -1;
    whole.fd = work_writer_show(&m->writer, &m->head, m->err);
    whole.bytes = m->head.bytes;
    if (whole.fd >= 0 && open_file(&whole, m->input, m->err) == 0)
        rc = choose(m->job->task.filter, &whole.items, &m->writer, &m->head,
                    m->err);
    whole.fd = -1; /* the writer's */
    work_file_release(&whole);
    return rc;
}

static int make(struct making *m)
{
    if (list_sources(m) != 0
        || work_writer_begin(&m->writer, sizeof m->head, m->err) != 0)
        return -1;
    int fd = -1, rc = put_all(m);
    if (rc == 0)
        tell_misspelt(m);
    if (rc == 0 && m->job->task.filter != NULL)
        rc = put_chosen(m);
    if (rc == 0)
        fd = work_writer_end(&m->writer, &m->head, m->err);
    work_writer_release(&m->writer);
    splitter_free(m->splitter);
    text_release(&m->names.text);
    return fd;
}

/* --range of a C kernel picks items. */
static int check_range(const struct work_file *file, const struct job *job,
                       struct ff_error *err)
{
    if (!job->has_range || job->last <= file->n_items)
        return 0;
    return ff_error_set(err, FF_USAGE, "--range ends at %" PRIu64 ", but there "
                        "are %" PRIu64 " items", job->last, file->n_items);
}

int work_file_make(struct work_file *file, const struct job *job,
                   struct input *input, struct ff_error *err)
{
    struct making *m = calloc(1, sizeof *m);
    *file = WORK_FILE_NONE;
    if (input->name == NULL)
        *input = INPUT_NONE;
    if (m == NULL)
        return ff_error_errno(err, FF_LOST, "cannot make the list of the work");
    *m = (struct making){.job = job, .input = input, .err = err};
    file->fd = make(m);
    file->bytes = m->head.bytes;
    free(m);
    if (file->fd >= 0 && open_file(file, input, err) == 0
        && check_range(file, job, err) == 0)
        return 0;
    work_file_release(file);
    input_release(input);
    return -1;
}

int work_file_take(struct work_file *file, int fd, uint64_t bytes,
                   struct ff_error *err)
{
    *file = WORK_FILE_NONE;
    file->fd = fd;
    file->bytes = bytes;
    if (open_work(file, err) == 0)
        return 0;
    file->fd = -1; /* stays the caller's */
    work_file_release(file);
    return -1;
}

void work_file_release(struct work_file *file)
{
    items_release(&file->items);
    if (file->at != NULL)
        munmap((void *)(uintptr_t)file->at, file->bytes);
    if (file->input_at != NULL)
        munmap((void *)(uintptr_t)file->input_at, file->input_bytes);
    if (file->fd >= 0)
        close(file->fd);
    *file = WORK_FILE_NONE;
}
