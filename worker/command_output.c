/* SPDX-License-Identifier: Apache-2.0 */
/* What commands print, on its way: see command_output.h. */
#include "command_output.h"
#include "executor.h"

#include <stdlib.h>
#include <unistd.h>

static void tick(void *arg)
{
    attempt_tick(arg);
}

void output_init(struct command_output *o, enum work_output mode,
                 bool no_stdout, struct extract *extract,
                 struct attempt *attempt)
{
    *o = (struct command_output){.mode = mode, .no_stdout = no_stdout,
                                 .extract = extract, .attempt = attempt};
    for (int i = 0; i < 2; i++)
        o->lines[i] = (struct line_writer){
            .fd = STDOUT_FILENO + i, .tick = tick, .arg = attempt};
}

void output_release(struct command_output *o)
{
    for (int i = 0; i < 2; i++) {
        held_release(&o->held[i]);
        line_writer_release(&o->lines[i]);
    }
}

void output_begin(struct command_output *o, bool hold, struct span tag)
{
    o->holds = hold && o->mode == WORK_GROUPED;
    o->err = (struct ff_error){0};
    o->n[0] = o->n[1] = 0;
    o->lines[0].tag = o->lines[1].tag = tag;
    if (o->extract != NULL)
        extract_begin(o->extract);
}

/* Before the first bytes of a running chunk go to the launcher, what was run
 * before it is published: it must not wait for the end of this one. */
static void emit(struct ff *ff, uint32_t output, const char *data, size_t n)
{
    const struct ff_bytes *b = &ff->bytes[output];
    if (n > b->room - b->n)
        executor_settle((struct executor *)ff);
    ff->calls->emit(ff, output, data, n);
}

void output_take(struct command_output *o, int stream, const char *data,
                 size_t n)
{
    if (stream == ROW_STDOUT && o->extract != NULL)
        extract_feed(o->extract, data, n);
    if (stream == ROW_STDOUT && o->no_stdout)
        return;
    o->n[stream] += n;
    if (o->mode == WORK_BY_LINES)
        line_writer_add(&o->lines[stream], data, n);
    else if (o->holds)
        held_add(&o->held[stream], data, n, &o->err);
    else
        emit(o->ff, (uint32_t)stream, data, n);
}

struct target {
    struct ff *ff;
    uint32_t output;
    uint64_t n; /* bytes that went */
};

static void emit_held(void *arg, const char *data, size_t n)
{
    struct target *t = arg;
    emit(t->ff, t->output, data, n);
    t->n += n;
}

/* The row tells of what went, and of nothing else. */
static void end_held(struct command_output *o, bool counts)
{
    for (int i = 0; i < 2; i++) {
        struct target t = {o->ff, (uint32_t)i, 0};
        if (counts && o->err.status == 0)
            held_take(&o->held[i], emit_held, &t, &o->err);
        o->n[i] = t.n;
        held_drop(&o->held[i]);
    }
}

void output_end(struct command_output *o, bool counts, struct row *row)
{
    for (int i = 0; i < 2 && o->mode == WORK_BY_LINES; i++)
        line_writer_end(&o->lines[i]);
    if (o->holds)
        end_held(o, counts);
    row->n_stdout = o->mode == WORK_GROUPED ? o->n[ROW_STDOUT] : 0;
    row->n_stderr = o->mode == WORK_GROUPED ? o->n[ROW_STDERR] : 0;
}

int output_row(struct command_output *o, const struct row *row)
{
    const size_t n = row_bytes(row);
    char *bytes = n <= sizeof o->small ? o->small : malloc(n);
    if (bytes == NULL)
        return -1;
    row_encode(row, bytes);
    emit(o->ff, ROW_OUTPUT, bytes, n);
    if (bytes != o->small)
        free(bytes);
    return 0;
}
