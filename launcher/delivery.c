/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs and arrays to where they go: see delivery.h. */
#include "delivery.h"
#include "nearest.h"
#include "row.h"
#include "same_file.h"
#include "source.h"
#include "trust.h"

#include <ctype.h>
#include <errno.h>
#include <fanfold.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_BYTES (6u << 20)   /* what waits there, before a file */
#define BLOCKED_BYTES (4u << 20)  /* what waits for a reader */
#define TURN_BYTES (4u << 20)     /* written at a time */

/* ---- which goes where ---------------------------------------------------- */

/* One --output: NAME=FILE or FILE. */
struct given {
    const char *text, *path;
    size_t name_bytes; /* 0: without a name */
};

static struct given split(const char *text)
{
    const char *p = text;
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    if (*p != '=' || p == text)
        return (struct given){text, text, 0};
    return (struct given){text, p + 1, (size_t)(p - text)};
}

/* Number n of all names: outputs, then arrays. */
static const char *name_of(const struct spec *spec, uint32_t n)
{
    return n < spec->n_outputs ? spec->output[n].name
                               : spec->array[n - spec->n_outputs].name;
}

static int no_such(const struct spec *spec, const struct given *g,
                   struct ff_error *err)
{
    const char *names[SPEC_MAX_OUTPUTS + SPEC_MAX_ARRAYS];
    const uint32_t n = spec->n_outputs + spec->n_arrays;
    for (uint32_t i = 0; i < n; i++)
        names[i] = name_of(spec, i);
    const char *near = nearest(g->text, g->name_bytes, names, n);
    if (near != NULL)
        return ff_error_set(err, FF_USAGE, "--output %s: the kernel has no "
                            "output or array '%.*s'; did you mean '%s'?",
                            g->text, (int)g->name_bytes, g->text, near);
    return ff_error_set(err, FF_USAGE, "--output %s: the kernel has no output "
                        "or array '%.*s' (for a file of that name write "
                        "'./%s')", g->text, (int)g->name_bytes, g->text,
                        g->text);
}

/* Which of all names the option is for. */
static int find(const struct spec *spec, const struct given *g, uint32_t *n,
                struct ff_error *err)
{
    const uint32_t n_names = spec->n_outputs + spec->n_arrays;
    if (n_names == 0)
        return ff_error_set(err, FF_USAGE, "--output %s: the kernel has no "
                            "output and no array", g->text);
    *n = 0;
    if (g->name_bytes == 0)
        return 0;
    for (*n = 0; *n < n_names; ++*n)
        if (strlen(name_of(spec, *n)) == g->name_bytes
            && memcmp(name_of(spec, *n), g->text, g->name_bytes) == 0)
            return 0;
    return no_such(spec, g, err);
}

/* path[]: one a name, NULL where no option names it. */
static int read_options(const struct job *job, const struct spec *spec,
                        const char **path, struct ff_error *err)
{
    for (size_t i = 0; i < job->n_outputs; i++) {
        const struct given g = split(job->output[i]);
        uint32_t n = 0;
        if (find(spec, &g, &n, err) != 0)
            return -1;
        if (*g.path == '\0')
            return ff_error_set(err, FF_USAGE, "--output %s: the name of the "
                                "file is missing", g.text);
        if (path[n] != NULL)
            return ff_error_set(err, FF_USAGE, "--output %s: '%s' goes to '%s' "
                                "already", g.text, name_of(spec, n), path[n]);
        for (uint32_t k = 0; k < spec->n_outputs + spec->n_arrays; k++)
            if (path[k] != NULL && strcmp(path[k], g.path) == 0
                && strcmp(g.path, "/dev/null") != 0)
                return ff_error_set(err, FF_USAGE, "--output %s: '%s' goes "
                                    "there already", g.text,
                                    name_of(spec, k));
        path[n] = g.path;
    }
    return 0;
}

/* ---- one file, one use --------------------------------------------------- */

/* A file that is written or read, and what for. */
struct use {
    char what[SPEC_NAME + 16], path[PATH_MAX];
};

#define N_READ 3 /* at most, the first uses */
#define MAX_USES (SPEC_MAX_OUTPUTS + SPEC_MAX_ARRAYS + N_READ + 2)

/* By whatever name: opened once more, a file would be written from its
 * beginning twice. */
static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0
           || strcmp(path, "/dev/fd/1") == 0
           || strcmp(path, "/proc/self/fd/1") == 0;
}

static uint32_t add_use(struct use *use, uint32_t n, const char *what,
                        const char *path)
{
    if (path == NULL || is_stdout(path))
        return n;
    snprintf(use[n].what, sizeof use[n].what, "%s", what);
    snprintf(use[n].path, sizeof use[n].path, "%s", path);
    return n + 1;
}

static const char *array_path(const struct spec_array *array, const char *path,
                              char usual[SPEC_NAME + 8])
{
    snprintf(usual, SPEC_NAME + 8, "%s.npy", array->name);
    return path != NULL ? path : usual;
}

/* What is read. */
static uint32_t all_read(struct use *use, const struct job *job)
{
    const bool is_stdin = job->arg_file != NULL
                          && strcmp(job->arg_file, "-") == 0;
    uint32_t n = add_use(use, 0, "-a", is_stdin ? "/dev/stdin"
                                                : job->arg_file);
    n = add_use(use, n, "the kernel", job->kernel);
    return add_use(use, n, "the job file", job->file);
}

/* What is written, behind the n that are read. */
static uint32_t all_written(struct use *use, uint32_t n, const struct job *job,
                            const struct spec *spec, const char *const *path)
{
    char usual[SPEC_NAME + 8], what[SPEC_NAME + 16];
    for (uint32_t i = 0; i < spec->n_outputs + spec->n_arrays; i++) {
        const bool is_array = i >= spec->n_outputs;
        snprintf(what, sizeof what, "%s '%s'", is_array ? "array" : "output",
                 name_of(spec, i));
        n = add_use(use, n, what, !is_array ? path[i]
                    : array_path(&spec->array[i - spec->n_outputs], path[i],
                                 usual));
    }
    n = add_use(use, n, "--json", job->json);
    return add_use(use, n, "--csv", job->csv);
}

static int check_pair(const struct use *a, bool is_read, const struct use *b,
                      struct ff_error *err)
{
    if (!same_file(a->path, b->path))
        return 0;
    if (is_read)
        return ff_error_set(err, FF_USAGE, "'%s' is read (%s) and would be "
                            "overwritten (%s): give another file", b->path,
                            a->what, b->what);
    return ff_error_set(err, FF_USAGE, "%s and %s are one file, '%s': give "
                        "another one", a->what, b->what, b->path);
}

/* Of two the second would be all that is left. */
static int check_uses(const struct job *job, const struct spec *spec,
                      const char *const *path, struct ff_error *err)
{
    if (spec->n_outputs + spec->n_arrays == 0 && job->json == NULL
        && job->csv == NULL)
        return 0;
    struct use *use = calloc(MAX_USES, sizeof *use);
    int rc = 0;
    if (use == NULL)
        return ff_error_errno(err, FF_LOST, "cannot open outputs");
    const uint32_t n_read = all_read(use, job);
    const uint32_t n = all_written(use, n_read, job, spec, path);
    for (uint32_t i = 0; i < n && rc == 0; i++)
        for (uint32_t k = i < n_read ? n_read : i + 1; k < n && rc == 0; k++)
            rc = check_pair(&use[i], i < n_read, &use[k], err);
    free(use);
    return rc;
}

/* ---- opening ------------------------------------------------------------- */

static int open_sink(struct delivery *d, uint32_t i, const char *path,
                     struct ff_error *err)
{
    const char *name = d->spec->output[i].name;
    if (path == NULL && i > 0)
        return ff_error_set(err, FF_USAGE, "output '%s' needs a file: give "
                            "--output %s=FILE", name, name);
    if (path != NULL && !is_stdout(path))
        return delivery_open_sink(d, i, "output ", path, -1, err);
    if (job_owns_stdout(d->job)) {
        const char *option = d->job->json != NULL && is_stdout(d->job->json)
                             ? "--json" : "--csv";
        return ff_error_set(err, FF_USAGE, "%s - and output '%s' both go "
                            "to standard output: give --output %s=FILE or "
                            "%s FILE", option, name, name, option);
    }
    if (d->to_stdout)
        return ff_error_set(err, FF_USAGE, "output '%s' and another both go to "
                            "standard output: give --output %s=FILE", name,
                            name);
    d->to_stdout = true;
    d->as_printed = source_is_python(d->job->kernel)
                    && strcmp(name, "values") == 0;
    return delivery_open_sink(d, i, "output ", NULL, STDOUT_FILENO, err);
}

/* What kernels print, with --keep-order. */
static int open_printed(struct delivery *d, struct ff_error *err)
{
    const bool taken = (d->to_stdout && !d->as_printed)
                       || job_owns_stdout(d->job);
    const int fd = taken ? STDERR_FILENO : STDOUT_FILENO;
    if (delivery_open_sink(d, d->n_sinks, "printed", NULL, fd, err) != 0)
        return -1;
    d->n_sinks++;
    return 0;
}

static int open_array(struct delivery *d, uint32_t i, const char *path,
                      struct ff_error *err)
{
    const struct spec_array *a = &d->spec->array[i];
    char usual[SPEC_NAME + 8];
    const char *to = array_path(a, path, usual);
    if (path != NULL && is_stdout(path))
        return ff_error_set(err, FF_USAGE, "--output %s=-: an array cannot go "
                            "to standard output", a->name);
    if (trust_output(to, "--output", err) != 0)
        return -1; /* which could not be replaced in the end */
    return delivery_open_array(d, i, to, err);
}

static int open_all(struct delivery *d, const char *const *path,
                    struct ff_error *err)
{
    const struct spec *spec = d->spec;
    d->array = calloc(spec->n_arrays + 1, sizeof d->array[0]);
    if (d->array == NULL)
        return ff_error_errno(err, FF_LOST, "cannot open outputs");
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        d->array[i].fd = -1;
    /* Arrays first: they leave nothing behind when something else is wrong. */
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        if (open_array(d, i, path[spec->n_outputs + i], err) != 0)
            return -1;
    for (; d->n_sinks < spec->n_outputs; d->n_sinks++)
        if (open_sink(d, d->n_sinks, path[d->n_sinks], err) != 0)
            return -1;
    return d->job->keep_order ? open_printed(d, err) : 0;
}

int delivery_open(struct delivery *d, const struct job *job,
                  const struct spec *spec, const struct grid *grid,
                  uint32_t n_sources, struct store *kept,
                  struct ff_error *err)
{
    const char *path[SPEC_MAX_OUTPUTS + SPEC_MAX_ARRAYS] = {NULL};
    *d = (struct delivery){.job = job, .spec = spec, .grid = *grid,
                           .ordered.hold.file = -1, .kept = kept};
    if (read_options(job, spec, path, err) != 0
        || check_uses(job, spec, path, err) != 0)
        return -1;
    if (open_all(d, path, err) != 0) {
        for (uint32_t i = 0; i < d->n_sinks; i++)
            sink_cancel(&d->sink[i]);
        return -1;
    }
    for (uint32_t i = 0; i < d->n_sinks; i++)
        if (sink_empty(&d->sink[i], err) != 0)
            return -1;
    if (d->n_sinks == 0)
        return 0;
    if (ordered_init(&d->ordered, d->n_sinks, n_sources, grid->n_chunks,
                     MEMORY_BYTES, err) != 0)
        return -1;
    return delivery_load(d, err);
}

int delivery_open_command(struct delivery *d, const struct job *job,
                          const struct spec *spec, const struct grid *grid,
                          uint32_t n_sources, struct store *kept,
                          struct ff_error *err)
{
    *d = (struct delivery){.job = job, .spec = spec, .grid = *grid,
                           .ordered.hold.file = -1, .kept = kept};
    if (job->n_outputs > 0)
        return ff_error_set(err, FF_USAGE, "--output %s: what a command prints "
                            "goes to standard output, or with --results to "
                            "files", job->output[0]);
    if (spec->n_outputs != ROW_N_OUTPUTS || spec->n_arrays > 0)
        return ff_error_set(err, FF_LOST, "a worker declares what no command "
                            "has");
    if (ordered_init(&d->ordered, spec->n_outputs, n_sources, grid->n_chunks,
                     MEMORY_BYTES, err) != 0)
        return -1;
    return delivery_load(d, err);
}

/* ---- on a node of a cluster ---------------------------------------------- */

static int open_local_arrays(struct delivery *d, struct ff_error *err)
{
    const struct spec *spec = d->spec;
    d->array = calloc(spec->n_arrays + 1, sizeof d->array[0]);
    d->rows = calloc(spec->n_arrays + 1, sizeof d->rows[0]);
    if (d->array == NULL || d->rows == NULL)
        return ff_error_errno(err, FF_LOST, "cannot open outputs");
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        d->array[i].fd = -1;
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        if (array_file_open_local(&d->array[i], &spec->array[i],
                                  d->grid.last - d->grid.first, err) != 0)
            return -1;
    return 0;
}

int delivery_open_node(struct delivery *d, const struct job *job,
                       const struct spec *spec, const struct grid *grid,
                       uint32_t n_sources, struct ff_error *err)
{
    *d = (struct delivery){.job = job, .spec = spec, .grid = *grid,
                           .ordered.hold.file = -1};
    if (open_local_arrays(d, err) != 0)
        return -1;
    d->n_sinks = spec->n_outputs
                 + (job->keep_order && !task_is_command(&job->task));
    for (uint32_t i = 0; i < d->n_sinks; i++)
        d->sink[i].fd = -1;
    if (d->n_sinks == 0)
        return 0;
    return ordered_init(&d->ordered, d->n_sinks, n_sources, grid->n_chunks,
                        MEMORY_BYTES, err);
}

bool delivery_is_drained(const struct delivery *d, const struct cover *fresh)
{
    for (uint32_t i = 0; i < d->spec->n_arrays; i++)
        if (!array_rows_are_sent(&d->rows[i], fresh))
            return false;
    return d->ordered.waiting == 0;
}

int delivery_take(struct delivery *d, const struct cover *fresh,
                  void **message, size_t *n, struct ff_error *err)
{
    int rc = d->n_sinks > 0 ? ordered_hand_on(&d->ordered, message, n, err)
                            : 0;
    for (uint32_t i = 0; rc == 0 && i < d->spec->n_arrays; i++)
        rc = array_rows_take(&d->rows[i], &d->array[i], i, &d->grid, fresh,
                             message, n, err);
    return rc;
}

void delivery_release(struct delivery *d)
{
    if (d->spec == NULL)
        return;
    for (uint32_t i = 0; i < d->n_sinks; i++)
        sink_close(&d->sink[i], NULL);
    for (uint32_t i = 0; d->array != NULL && i < d->spec->n_arrays; i++)
        array_file_release(&d->array[i]);
    free(d->array);
    for (uint32_t i = 0; d->rows != NULL && i < d->spec->n_arrays; i++)
        array_rows_release(&d->rows[i]);
    free(d->rows);
    if (d->ordered.n_outputs > 0)
        ordered_release(&d->ordered);
    *d = (struct delivery){.spec = NULL};
}

/* ---- writing ------------------------------------------------------------- */

static int write_sink(struct delivery *d, uint32_t i, uint32_t frontier,
                      struct ff_error *err)
{
    const uint64_t begin = d->sink[i].bytes;
    const char *data;
    size_t n;
    int rc = sink_has_reader(&d->sink[i], err);
    d->blocked[i] = rc == 0;
    if (rc <= 0)
        return rc;
    while ((rc = ordered_next(&d->ordered, i, frontier, &data, &n, err)) > 0) {
        const long done = sink_write(&d->sink[i], data, n, err);
        if (done < 0)
            return -1;
        if (done == 0) {
            d->blocked[i] = true;
            return 0;
        }
        ordered_written(&d->ordered, i, (size_t)done);
        if (d->sink[i].bytes - begin > TURN_BYTES) {
            d->more = true;
            return 0;
        }
    }
    return rc;
}

int delivery_write(struct delivery *d, uint32_t frontier, struct ff_error *err)
{
    d->more = false;
    for (uint32_t i = 0; i < d->n_sinks; i++)
        if (write_sink(d, i, frontier, err) != 0)
            return -1;
    return 0;
}

bool delivery_is_blocked(const struct delivery *d)
{
    for (uint32_t i = 0; i < d->n_sinks; i++)
        if (d->blocked[i])
            return true;
    return false;
}

bool delivery_is_full(const struct delivery *d)
{
    return delivery_is_blocked(d) && d->ordered.hold.bytes > BLOCKED_BYTES;
}
