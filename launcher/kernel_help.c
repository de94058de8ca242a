/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel declares, for people: see kernel_help.h. Only a worker opens
 * the kernel; what it tells is checked and printed without control characters.
 */
#include "kernel_help.h"
#include "fanfold.h"
#include "figure.h"
#include "op.h"
#include "paragraph.h"
#include "source.h"

#include <ctype.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* ---- asking -------------------------------------------------------------- */

static int died(const struct job *job, const struct worker_shm *w, int status,
                struct ff_error *err)
{
    *err = w->error;
    err->text[sizeof err->text - 1] = '\0';
    if (atomic_load(&w->state) == WORKER_REFUSED && err->text[0] != '\0') {
        err->status = FF_USAGE;
        return -1;
    }
    return ff_error_set(err, FF_USAGE, "cannot open kernel '%s': the worker "
                        "died while it opened it%s%s", job->kernel,
                        WIFSIGNALED(status) ? ", killed by " : "",
                        WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
                                            : "");
}

/* What the kernel prints while it is opened must not fill its pipe. */
static void wait_for_worker(const struct crew *crew)
{
    struct slot *s = &crew->slot[0];
    struct pollfd on[] = {{.fd = crew->event, .events = POLLIN},
                          {.fd = crew->socket, .events = POLLIN},
                          {.fd = s->out->fd, .events = POLLIN},
                          {.fd = s->err->fd, .events = POLLIN}};
    uint64_t count;
    poll(on, sizeof on / sizeof on[0], 50);
    if (read(crew->event, &count, sizeof count) < 0) {
        /* Nobody called; we look all the same. */
    }
    output_forward(s->out);
    output_forward(s->err);
}

/* What it printed while it was opened is in the pipes by now. */
static void take_output(const struct crew *crew)
{
    output_finish(crew->slot[0].out);
    output_finish(crew->slot[0].err);
}

/* The declarations of the kernel, which one worker opens. */
static int ask(const struct job *job, struct crew *crew, struct spec *spec,
               struct ff_error *err)
{
    struct message m;
    int rc;
    while ((rc = crew_spawn(crew, 0, DUTY_PLAIN, err)) > 0)
        poll(NULL, 0, 1);
    if (rc != 0)
        return -1;
    const struct worker_shm *w = crew_worker(crew, 0);
    for (;;) {
        if (atomic_load_explicit(&w->state, memory_order_acquire)
            == WORKER_OPENED) {
            *spec = w->spec;
            take_output(crew);
            break;
        }
        if ((rc = crew_receive(crew, &m)) < 0)
            return ff_error_set(err, FF_LOST, "cannot open kernel '%s': the "
                                "fork server ended", job->kernel);
        if (rc > 0 && m.kind == MESSAGE_EXITED) {
            take_output(crew);
            return died(job, w, m.status, err);
        }
        if (rc > 0 && m.kind == MESSAGE_UNSPAWNED)
            return ff_error_set(err, FF_LOST, "cannot start a worker: %s",
                                strerror(m.status));
        wait_for_worker(crew);
    }
    return spec_valid(spec) ? 0
           : ff_error_set(err, FF_USAGE, "what '%s' declares cannot be true",
                          job->kernel);
}

/* ---- telling ------------------------------------------------------------- */

/* One line of a table: name, what it is, more about it, its text. */
struct line {
    char name[SPEC_NAME], what[SPEC_NAME], more[SPEC_NAME + 8];
    char about[SPEC_ABOUT];
};

struct table {
    const char *heading;
    struct line *line;
    size_t n;
};

static void copy_plain(char *to, size_t size, const char *from, size_t n)
{
    size_t i = 0;
    for (; i + 1 < size && i < n && from[i] != '\0'; i++)
        to[i] = iscntrl((unsigned char)from[i]) ? '?' : from[i];
    to[i] = '\0';
}

static struct line *add_line(struct table *t, const char *name,
                             const char *about)
{
    struct line *l = &t->line[t->n++];
    *l = (struct line){0};
    copy_plain(l->name, sizeof l->name, name, SPEC_NAME);
    copy_plain(l->about, sizeof l->about, about, SPEC_ABOUT);
    return l;
}

static int wider(int width, const char *text)
{
    const int n = (int)strlen(text);
    return n > width ? n : width;
}

static void print_table(FILE *out, const struct table *t)
{
    int name = 0, what = 0, more = 0;
    for (size_t i = 0; i < t->n; i++) {
        name = wider(name, t->line[i].name);
        what = wider(what, t->line[i].what);
        more = wider(more, t->line[i].more);
    }
    if (t->n == 0)
        return;
    fprintf(out, "\n%s\n", t->heading);
    for (size_t i = 0; i < t->n; i++) {
        const struct line *l = &t->line[i];
        char row[4 * SPEC_NAME];
        int n = snprintf(row, sizeof row, "  %-*s  %-*s  %-*s", name, l->name,
                         what, l->what, more, l->more);
        while (l->about[0] == '\0' && n > 0 && row[n - 1] == ' ')
            n--;
        fprintf(out, "%.*s", n, row);
        const size_t at = (size_t)n + (l->about[0] != '\0');
        fputs(l->about[0] != '\0' ? " " : "", out);
        paragraph_print(out, l->about, at, at + 1 < 50 ? at + 1 : 6);
    }
}

static void fill_params(struct table *t, const struct spec *spec)
{
    t->heading = "Parameters, set by --arg NAME=VALUE (and their defaults):";
    for (uint32_t i = 0; i < spec->n_params; i++) {
        const struct spec_param *p = &spec->param[i];
        const bool text = p->kind == FF_DECL_TEXT;
        char value[SPEC_NAME];
        struct line *l = add_line(t, p->name, p->about);
        copy_plain(value, sizeof value, p->value, sizeof p->value);
        snprintf(l->what, sizeof l->what, "%s",
                 text ? "text" : p->kind == FF_DECL_INT ? "integer" : "number");
        snprintf(l->more, sizeof l->more, "%s%s%s", text ? "'" : "", value,
                 text ? "'" : "");
    }
}

static void fill_results(struct table *t, const struct spec *spec)
{
    t->heading = "Results:";
    for (uint32_t i = 0; i < spec->n_results; i++) {
        const struct spec_result *r = &spec->result[i];
        const struct op *op = op_find(r->op);
        struct line *l = add_line(t, r->name, r->about);
        const double *number = spec->number + r->first_number;
        const bool listed = r->form == FF_LIST && r->n_numbers > 0;
        snprintf(l->what, sizeof l->what, "%s", op != NULL ? op->name : "?");
        if (r->op == FF_OP_HISTOGRAM)
            snprintf(l->more, sizeof l->more, "%" PRIu64 " bins, %g to %g",
                     r->n, listed ? number[0] : r->lo,
                     listed ? number[r->n_numbers - 1] : r->hi);
        else if (r->op == FF_OP_OPERATION)
            snprintf(l->more, sizeof l->more, "%" PRIu32 " number%s", r->form,
                     r->form == 1 ? "" : "s");
        else
            snprintf(l->more, sizeof l->more, "%s",
                     op != NULL ? op_gives(op) : "?");
    }
}

static bool is_result(const struct spec *spec, const char *name)
{
    for (uint32_t i = 0; i < spec->n_results; i++)
        if (strcmp(spec->result[i].name, name) == 0)
            return true;
    return false;
}

/* Those of results can be folded as well; they are told as results. */
static void fill_values(struct table *t, const struct spec *spec)
{
    t->heading = "Values, for --fold:";
    for (uint32_t i = 0; i < spec->n_sources; i++)
        if (!is_result(spec, spec->source[i].name))
            snprintf(add_line(t, spec->source[i].name, spec->source[i].about)
                         ->what, SPEC_NAME, "%.3s", spec->source[i].type);
}

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {"?", "f64", "f32", "i64", "i32", "u8"};
    return type < sizeof names / sizeof names[0] ? names[type] : "?";
}

static void fill_outputs(struct table *t, const struct spec *spec)
{
    t->heading = "Outputs, in the order of the items:";
    for (uint32_t i = 0; i < spec->n_outputs && i < SPEC_MAX_OUTPUTS; i++)
        snprintf(add_line(t, spec->output[i].name, spec->output[i].about)
                     ->what, SPEC_NAME, "bytes");
}

static void fill_arrays(struct table *t, const struct spec *spec)
{
    t->heading = "Arrays, a row for each item:";
    for (uint32_t i = 0; i < spec->n_arrays && i < SPEC_MAX_ARRAYS; i++) {
        const struct spec_array *a = &spec->array[i];
        struct line *l = add_line(t, a->name, a->about);
        snprintf(l->what, sizeof l->what, "%s", type_name(a->type));
        snprintf(l->more, sizeof l->more, "%" PRIu64 " column%s", a->columns,
                 a->columns == 1 ? "" : "s");
    }
}

static void fill_shared(struct table *t, const struct spec *spec)
{
    t->heading = "Data that the workers share:";
    for (uint32_t i = 0; i < spec->n_shared && i < SPEC_MAX_SHARED; i++) {
        struct line *l = add_line(t, spec->shared[i].name, "");
        char bytes[FIGURE_TEXT];
        snprintf(l->what, sizeof l->what, "%s bytes",
                 figure_count(bytes, spec->shared[i].bytes));
    }
}

static void print_head(FILE *out, const struct job *job,
                       const struct spec *spec)
{
    static const char *const kinds[] = {
        "chunk by chunk, each by one thread",
        "chunk by chunk, each by all threads of a worker together (a team)",
        "once by each thread of each worker"};
    char about[sizeof spec->about + 1], items[FIGURE_TEXT];
    copy_plain(about, sizeof about, spec->about, sizeof spec->about);
    fprintf(out, "%s", job->kernel);
    if (about[0] != '\0')
        paragraph_print(out, about, (size_t)fprintf(out, ":")
                        + strlen(job->kernel), 2);
    else
        fputc('\n', out);
    fprintf(out, "\nItems:  %s\n", !spec->has_items
            ? "none of its own: give --range 0:N or -a FILE"
            : figure_count(items, spec->items));
    fprintf(out, "Called: %s\n",
            kinds[spec->kind < sizeof kinds / sizeof kinds[0] ? spec->kind
                                                              : 0]);
}

static void print_spec(FILE *out, const struct job *job,
                       const struct spec *spec)
{
    static void (*const fill[])(struct table *, const struct spec *) = {
        fill_params, fill_results, fill_values, fill_outputs, fill_arrays,
        fill_shared};
    struct line line[SPEC_MAX_PARAMS]; /* the most of anything */
    print_head(out, job, spec);
    for (size_t i = 0; i < sizeof fill / sizeof fill[0]; i++) {
        struct table t = {.line = line};
        /* (Which values a function of Python returns nobody knows.) */
        if (fill[i] != fill_values || !source_is_python(job->kernel))
            fill[i](&t, spec);
        print_table(out, &t);
    }
    fprintf(out, "\n'fanfold run --help' lists the options, 'man %s' "
            "explains.\n", source_is_python(job->kernel) ? "7 fanfold-python"
                                                         : "3 fanfold-kernel");
}

int kernel_help(const struct job *job, struct crew *crew,
                struct ff_error *err)
{
    static struct spec spec;
    if (ask(job, crew, &spec, err) != 0)
        return -1;
    print_spec(stdout, job, &spec);
    if (fflush(stdout) != 0 || ferror(stdout))
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write results");
    return 0;
}
