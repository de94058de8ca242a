/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command would be run as, item by item: see dry_run_command.h. Only one
 * item is in memory at a time, and each is printed as soon as it is made.
 */
#include "dry_run_command.h"
#include "complain.h"
#include "quote.h"
#include "stream_view.h"
#include "subject.h"

#include <ctype.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

struct printer {
    FILE *out;
    const struct job *job;
    struct template_place place;
    struct subject subject;
    struct stream_view view; /* of an input that grows */
    struct template *template;
    struct item item;
    struct expansion expansion;
    struct text line;
    uint64_t n_failed;
    struct ff_error *err;
};

static int no_memory(struct printer *p)
{
    return ff_error_set(p->err, FF_LOST, "no memory for a command");
}

/* ---- around the command ---------------------------------------------------- */

/* Can a shell assign to all variables? Others are left to env(1). */
static bool are_variables(const struct job *job)
{
    for (size_t i = 0; i < job->n_env; i++) {
        const char *name = job->env[i];
        for (const char *c = name; *c != '=' && *c != '\0'; c++)
            if (!isalpha((unsigned char)*c) && *c != '_'
                && (c == name || !isdigit((unsigned char)*c)))
                return false;
    }
    return true;
}

/* VAR=VALUE, for a shell or for env. (Without a value it is the one that it has
 * here.) */
static int put_variables(struct printer *p)
{
    const bool env = !are_variables(p->job);
    if (env && text_append_string(&p->line, "env ") != 0)
        return -1;
    for (size_t i = 0; i < p->job->n_env; i++) {
        const char *text = p->job->env[i], *equals = strchr(text, '=');
        const size_t name = equals == NULL ? 0 : (size_t)(equals - text) + 1;
        if (name == 0)
            continue;
        if ((env ? quote_word((struct span){text, name}, &p->line)
                 : text_append(&p->line, text, name)) != 0
            || quote_word(span_of(text + name), &p->line) != 0
            || text_append(&p->line, " ", 1) != 0)
            return -1;
    }
    return 0;
}

/* cd DIR &&, within parentheses: the next line is for the same shell. */
static int put_directory(struct printer *p)
{
    const char *dir = p->job->wdir;
    return text_append_string(&p->line, *dir == '-' ? "(cd ./" : "(cd ") != 0
                   || quote_word(span_of(dir), &p->line) != 0
                   || text_append_string(&p->line, " && ") != 0
               ? -1 : 0;
}

/* The block of --pipe. That of standard input cannot be had again. */
static int put_block(struct printer *p)
{
    char range[100];
    const char *name = p->subject.input.name;
    snprintf(range, sizeof range, "tail -c +%" PRIu64 " %s",
             p->item.block + 1, name[0] == '-' ? "-- " : "");
    if (text_append_string(&p->line, range) != 0
        || quote_word(span_of(name), &p->line) != 0)
        return -1;
    snprintf(range, sizeof range, " | head -c %" PRIu64 " | ",
             p->item.block_bytes);
    return text_append_string(&p->line, range);
}

static bool is_block_of_file(const struct printer *p)
{
    return p->job->task.pipe && p->subject.input.name != NULL
           && strcmp(p->subject.input.name, "-") != 0;
}

/* What comes behind: of which bytes of standard input it is. */
static int put_place(struct printer *p)
{
    char range[100];
    if (!p->job->task.pipe || is_block_of_file(p))
        return 0;
    snprintf(range, sizeof range, " # bytes %" PRIu64 "-%" PRIu64
             " of standard input", p->item.block + 1,
             p->item.block + p->item.block_bytes);
    return text_append_string(&p->line, range);
}

static int put_line(struct printer *p)
{
    const bool moves = p->job->wdir != NULL;
    text_clear(&p->line);
    if ((is_block_of_file(p) && put_block(p) != 0)
        || (moves && put_directory(p) != 0)
        || (p->job->task.stdin_item
            && template_print(&p->item, &p->line) != 0)
        || (p->job->n_env > 0 && put_variables(p) != 0)
        || template_quote(p->expansion.argv, &p->line) != 0
        || (moves && text_append_string(&p->line, ")") != 0)
        || put_place(p) != 0)
        return no_memory(p);
    return text_append(&p->line, "\n", 1) == 0 ? 0 : no_memory(p);
}

/* ---- items ----------------------------------------------------------------- */

/* It would fail in a run; the others would not. */
static int tell_failed(struct printer *p, uint64_t i)
{
    if (p->err->status != FF_ITEMS_FAILED)
        return -1;
    struct ff_error told;
    ff_error_set(&told, FF_ITEMS_FAILED, "item %" PRIu64 ": %s", i,
                 p->err->text);
    complain(&told);
    p->n_failed++;
    *p->err = (struct ff_error){0};
    return 0;
}

static int print_item(struct printer *p, uint64_t i)
{
    if (items_get(&p->subject.work.items, i, &p->item, p->err) != 0
        || template_expand(p->template, &p->item, &p->place, &p->expansion,
                           p->err) != 0)
        return tell_failed(p, i);
    if (put_line(p) != 0)
        return -1;
    if (fwrite(p->line.at, 1, p->line.n, p->out) != p->line.n)
        return ff_error_errno(p->err, FF_UNWRITTEN, "cannot write results");
    return 0;
}

/* Waits until more of the input is there. */
static int read_more(struct printer *p)
{
    struct stream *stream = &p->subject.stream;
    struct pollfd in = {.fd = stream->from, .events = POLLIN};
    struct items_input now;
    if (fflush(p->out) != 0)
        return ff_error_errno(p->err, FF_UNWRITTEN, "cannot write results");
    poll(&in, 1, -1);
    if (stream_read(stream, p->err) < 0
        || stream_view_refresh(&p->view, stream, &now, p->err) != 0)
        return -1;
    items_set_input(&p->subject.work.items, &now);
    p->subject.work.n_items =
        stream_n_items(stream, p->subject.work.work.head->max_args);
    return 0;
}

static int print_items(struct printer *p)
{
    const struct work_file *work = &p->subject.work;
    const bool grows = p->subject.input.stream != NULL && !p->job->task.pipe;
    p->place.total = grows ? 0 : work->n_items;
    for (uint64_t i = 0;; i++) {
        while (i == work->n_items && grows && !p->subject.stream.ended)
            if (read_more(p) != 0)
                return -1;
        if (i == work->n_items)
            break;
        if (print_item(p, i) != 0)
            return -1;
    }
    if (p->n_failed > 0)
        return ff_error_set(p->err, FF_ITEMS_FAILED, "%" PRIu64 " of %" PRIu64
                            " items cannot be run", p->n_failed, work->n_items);
    return 0;
}

int dry_run_commands(FILE *out, const struct job *job,
                     const struct template_place *place, struct ff_error *err)
{
    struct printer *p = calloc(1, sizeof *p);
    int rc = -1;
    if (p == NULL)
        return ff_error_errno(err, FF_LOST, "cannot print the commands");
    *p = (struct printer){.out = out, .job = job, .place = *place,
                          .subject = SUBJECT_NONE, .err = err};
    if (subject_open(&p->subject, job, !job->task.pipe, err) != 0)
        goto done;
    p->template = template_of_work(&p->subject.work.items, err);
    if (p->template != NULL)
        rc = print_items(p);
    template_free(p->template);
    text_release(&p->line);
    expansion_release(&p->expansion);
    item_release(&p->item);
done:
    stream_view_release(&p->view);
    subject_release(&p->subject);
    free(p);
    return rc;
}
