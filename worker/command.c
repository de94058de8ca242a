/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a command for each item: see command.h. What is kept from item to
 * item stands in struct command, so that an item costs what its process costs.
 */
#include "command.h"
#include "attempt.h"
#include "command_env.h"
#include "command_output.h"
#include "command_spec.h"
#include "cpulist.h"
#include "executor.h"
#include "extract.h"
#include "gate.h"
#include "items.h"
#include "memory_limit.h"
#include "nodefile.h"
#include "owned.h"
#include "row.h"
#include "template.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct command {
    const struct job_shm *job;
    const struct spec *spec;
    uint32_t rank;             /* on this node */
    struct work work;
    struct items items;
    struct node_input source;
    uint64_t n_items;          /* that the source has, as far as is known */
    int block_file;            /* --pipe: the input; -1: none */

    struct template *words, *tag_words; /* tag_words NULL: no --tag */
    struct template *results;           /* NULL: no files of such names */
    struct template_place place;
    char host[256], core[256];
    struct expansion expansion;
    struct expansion placeless; /* for a log */
    struct text line, columns, tag, path; /* of a row */
    struct text input;         /* --stdin */

    struct gate gate;
    struct memory_limit memory;
    struct command_env env;
    struct spawn spawn;
    struct attempt attempt;
    struct feed feed;
    struct extract *extract;
    struct command_output output;
    int null;

    struct executor *executor; /* while an item runs */
    struct item item;
    struct row row;
    struct ff_error why;       /* of row.reason */
};

bool command_is_job(const struct job_shm *job)
{
    struct ff_error err;
    struct work work;
    void *at;
    if (job->work.fd < 0
        || node_file_map(&at, job, &job->work, NODE_FILE_READ, &err) != 0)
        return false;
    const bool is = work_open(&work, at, job->work.bytes, &err) == 0
                    && (work.head->flags & WORK_COMMAND) != 0;
    munmap(at, job->work.bytes);
    return is;
}

/* ---- while one runs ------------------------------------------------------ */

static enum phase phase(const struct command *c)
{
    return atomic_load_explicit(&c->job->phase, memory_order_acquire);
}

static void on_output(void *arg, int stream, const char *data, size_t n)
{
    output_take(&((struct command *)arg)->output, stream, data, n);
}

static void on_started(void *arg)
{
    struct command *c = arg;
    gate_started(&c->gate, c->executor->node);
}

static void on_lasts(void *arg)
{
    executor_settle(((struct command *)arg)->executor);
}

/* The launcher takes nothing: a time-out is one all the same. */
static void on_meanwhile(void *arg)
{
    attempt_tick(&((struct command *)arg)->attempt);
}

static enum attempt_wish on_wish(void *arg)
{
    struct command *c = arg;
    const enum phase now = phase(c);
    gate_runs(&c->gate, c->executor->node);
    if (now == PHASE_RUN && memory_limit_is_exceeded(&c->memory))
        return WISH_MEMORY;
    return now == PHASE_QUIT ? WISH_KILL : now == PHASE_TERM ? WISH_END
           : WISH_NONE;
}

/* ---- texts --------------------------------------------------------------- */

/* What stands in front of its lines. */
static struct span tag_of(struct command *c)
{
    struct ff_error err;
    text_clear(&c->tag);
    if (c->tag_words == NULL
        || template_join(c->tag_words, &c->item, &c->place, &c->tag, &err) != 0
        || text_append(&c->tag, "\t", 1) != 0)
        return (struct span){"", 0};
    return (struct span){c->tag.at, c->tag.n};
}

/* What --results becomes. */
static int set_results(struct command *c)
{
    text_clear(&c->path);
    if (c->results == NULL)
        return 0;
    if (template_join_path(c->results, &c->item, &c->place, &c->path, &c->why)
        != 0)
        return -1;
    c->row.results = (struct span){c->path.at, c->path.n};
    return 0;
}

/* --pipe: the item's piece of the input, read once more for the log. */
static int add_line(struct command *c, char *const *argv)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const uint64_t at = c->item.block / page * page;
    const size_t n = c->item.block - at + c->item.block_bytes;
    struct span block = {"", 0};
    void *map = MAP_FAILED;
    if (c->block_file >= 0 && c->item.block_bytes > 0) {
        map = mmap(NULL, n, PROT_READ, MAP_SHARED, c->block_file, (off_t)at);
        if (map == MAP_FAILED)
            return -1;
        block = (struct span){(char *)map + (c->item.block - at),
                              c->item.block_bytes};
    }
    const int rc = template_line(&c->work, &c->item, argv, block, &c->line);
    if (map != MAP_FAILED)
        munmap(map, n);
    return rc;
}

/* What a log has: --resume finds it again when the item runs elsewhere. */
static char *const *logged_argv(struct command *c)
{
    const struct template_place anywhere = {.total = c->place.total,
                                            .anywhere = true};
    struct ff_error err;
    if ((c->work.head->flags & WORK_LOG) != 0 && template_uses_place(c->words)
        && template_expand(c->words, &c->item, &anywhere, &c->placeless, &err)
               == 0)
        return c->placeless.argv;
    return c->expansion.argv;
}

/* What the row tells of the item's words: when it is wanted, or it failed. */
static void describe(struct command *c)
{
    const bool log = (c->work.head->flags & WORK_LOG) != 0;
    struct row *row = &c->row;
    text_clear(&c->line);
    text_clear(&c->columns);
    if (row->end == ROW_WRONG_ITEM || (!log && row_is_well(row)))
        return;
    if (add_line(c, logged_argv(c)) == 0)
        row->command = (struct span){c->line.at, c->line.n};
    if (c->work.head->stdin_from == WORK_STDIN_BLOCK)
        return; /* it has no words */
    for (uint32_t i = 0; i < c->item.n_inputs * c->item.n_columns; i++)
        if (text_append_span(&c->columns, c->item.column[i]) != 0
            || text_append(&c->columns, "", 1) != 0)
            return;
    row->inputs = (struct span){c->columns.at, c->columns.n};
}

/* ---- an item ------------------------------------------------------------- */

static int open_feed(struct command *c)
{
    c->feed = FEED_NONE;
    c->spawn.in = c->null;
    switch ((enum work_input)c->work.head->stdin_from) {
    case WORK_STDIN_NONE:
        return 0;
    case WORK_STDIN_ITEM:
        text_clear(&c->input);
        if (template_stdin(&c->item, &c->input) != 0
            || feed_text(&c->feed, c->input.at, c->input.n, &c->why) != 0)
            return -1;
        break;
    case WORK_STDIN_BLOCK:
        if (feed_file(&c->feed, c->block_file, c->item.block,
                      c->item.block_bytes, &c->why) != 0)
            return -1;
        break;
    }
    c->spawn.in = c->feed.reader;
    return 0;
}

/* Are there more attempts for one that ended so? */
static bool may_repeat(const struct command *c)
{
    return c->row.attempts <= c->work.head->retries;
}

static bool is_for_good(const struct row *row)
{
    return row_is_well(row) || row->end == ROW_NOT_FOUND
           || row->end == ROW_NOT_RUN || row->end == ROW_CANCELLED;
}

/* Its block was not all it should have had. */
static void check_feed(struct command *c)
{
    if (c->feed.failed == 0 || !row_is_well(&c->row))
        return;
    c->row.end = ROW_NOT_RUN;
    errno = c->feed.failed;
    ff_error_errno(&c->why, FF_ITEMS_FAILED, "its part of the input cannot be "
                   "read to the end");
}

static void attempt(struct command *c, struct span tag)
{
    struct row *row = &c->row;
    c->why = (struct ff_error){0};
    command_env_set(&c->env, row->item, row->attempts);
    output_begin(&c->output, may_repeat(c), tag);
    if (open_feed(c) != 0) {
        row->end = ROW_NOT_RUN;
        row->exit = 126;
    } else {
        attempt_run(&c->attempt, &c->spawn, &c->feed, row, &c->why);
        check_feed(c);
    }
    memory_limit_judge(&c->memory, row, &c->why);
    extract_end(c->extract, row);
    if (row_is_well(row) && command_check(c->spec, c->extract, &c->why) != 0)
        row->end = ROW_NO_NUMBER;
}

static void run_attempts(struct command *c)
{
    struct row *row = &c->row;
    const struct span tag = row->tag;
    for (;; row->attempts++) {
        if (gate_wait(&c->gate, c->executor->node, &c->executor->ff) != 0) {
            row->attempts -= row->attempts > 1;
            row->end = ROW_CANCELLED;
            return;
        }
        attempt(c, tag);
        const bool last = is_for_good(row) || !may_repeat(c);
        if (!last && phase(c) != PHASE_RUN)
            row->end = ROW_CANCELLED;
        output_end(&c->output, last || row->end == ROW_CANCELLED, row);
        if (last || row->end == ROW_CANCELLED)
            break;
    }
    if (row_is_well(row) && c->output.err.status != 0) {
        c->why = c->output.err;
        row->end = ROW_NOT_RUN;
    }
}

/* Of an input that grows we look at as much as we need. */
static int more_items(struct command *c, uint64_t i)
{
    uint64_t inputs;
    if (i < c->n_items)
        return 0;
    if (node_input_refresh(&c->source, c->job, &c->why) != 0)
        return -1;
    items_set_input(&c->items, &c->source.items);
    return items_count(&c->items, &c->n_items, &inputs, &c->why);
}

/* Of an input that grew the last chunk may have fewer items than the grid
 * says, of which nobody knew where it ends. */
static bool is_there(struct command *c, uint64_t i)
{
    return more_items(c, i) != 0 || i < c->n_items;
}

static void prepare_item(struct command *c, uint64_t i)
{
    struct row *row = &c->row;
    *row = (struct row){
        .item = i, .attempts = 1, .exit = -1, .end = ROW_CANCELLED,
        .rank = job_rank(c->job, c->rank), .node = c->job->node,
        .tag = {"", 0}, .command = {"", 0}, .reason = {"", 0},
        .results = {"", 0}, .inputs = {"", 0}};
    c->why = (struct ff_error){0};
    if (more_items(c, i) != 0
        || items_get(&c->items, i, &c->item, &c->why) != 0
        || template_expand(c->words, &c->item, &c->place, &c->expansion,
                           &c->why) != 0
        || set_results(c) != 0)
        row->end = ROW_WRONG_ITEM;
    else
        row->tag = tag_of(c);
    c->spawn.argv = c->expansion.argv;
}

/* Does --halt count it? */
static bool is_counted(const struct command *c)
{
    const uint32_t flag = row_is_well(&c->row) ? WORK_HALT_WELL
                                               : WORK_HALT_FAILED;
    return (c->work.head->flags & flag) != 0;
}

static void run_item(struct command *c, uint64_t i)
{
    prepare_item(c, i);
    if (c->row.end != ROW_WRONG_ITEM)
        run_attempts(c);
    if (c->row.end == ROW_CANCELLED) {
        executor_cancel(c->executor);
        return;
    }
    describe(c);
    c->row.reason = span_of(c->why.text);
    if (output_row(&c->output, &c->row) != 0)
        c->executor->ff.calls->fail(&c->executor->ff, i, "no memory for what "
                                    "is told of it");
    command_push(&c->executor->ff, c->extract, &c->row);
    c->executor->tells = c->executor->tells || is_counted(c);
}

/* The kernel. */
static void run(struct ff *ff, uint64_t begin, uint64_t end)
{
    struct executor *e = (struct executor *)ff;
    struct command *c = e->command;
    c->executor = e;
    c->output.ff = ff;
    e->record.meanwhile = on_meanwhile;
    e->record.meanwhile_arg = c;
    for (uint64_t i = begin; i < end && !e->failed && is_there(c, i); i++)
        run_item(c, i);
}

/* After the last one. (What processes hold ends with ours.) */
static void teardown(struct ff *ff)
{
    struct executor *e = (struct executor *)ff;
    memory_limit_close(&e->command->memory);
}

/* ---- opening ------------------------------------------------------------- */

/* --pipe: blocks go from the file into pipes. */
static int open_blocks(struct command *c, struct ff_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", c->job->launcher,
             c->job->input.fd);
    c->block_file = open(path, O_RDONLY | O_CLOEXEC);
    return c->block_file >= 0 ? 0
           : ff_error_errno(err, FF_LOST, "cannot open the input");
}

static int open_items(struct command *c, struct ff_error *err)
{
    void *at = NULL;
    uint64_t inputs;
    if (node_file_map(&at, c->job, &c->job->work, NODE_FILE_READ, err) != 0
        || work_open(&c->work, at, c->job->work.bytes, err) != 0)
        return -1;
    const bool blocks = c->work.head->stdin_from == WORK_STDIN_BLOCK;
    if (node_input_open(&c->source, c->job, blocks, err) != 0
        || items_open(&c->items, &c->work, &c->source.items, err) != 0
        || items_count(&c->items, &c->n_items, &inputs, err) != 0)
        return -1;
    return blocks ? open_blocks(c, err) : 0;
}

static int open_template(struct command *c, struct ff_error *err)
{
    c->words = template_of_work(&c->items, err);
    if (c->words == NULL)
        return -1;
    if ((c->work.head->flags & WORK_TAG) != 0
        && (c->tag_words = template_of_tag(&c->items, err)) == NULL)
        return -1;
    if (c->work.head->results == 0)
        return 0;
    c->results = template_of_results(&c->items, err);
    if (c->results == NULL)
        return -1;
    if (!template_uses_input(c->results) && !template_uses_place(c->results)) {
        template_free(c->results); /* a name for all of them */
        c->results = NULL;
    }
    return 0;
}

/* Where this worker runs, as {core} has it: the cores of all of its places. */
static void open_place(struct command *c)
{
    const struct place *place = &c->job->place[c->rank * c->job->threads];
    uint32_t core[LEDGER_MAX_CPUS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->job->threads && n < LEDGER_MAX_CPUS; i++)
        core[n++] = place[i].core;
    cpu_list_text(core, n, c->core, sizeof c->core);
    if (gethostname(c->host, sizeof c->host - 1) != 0)
        c->host[0] = '\0';
    c->place = (struct template_place){
        .slot = c->rank + 1, .rank = job_rank(c->job, c->rank),
        .host = c->host, .core = c->core};
    if ((c->work.head->flags & WORK_GROWS) == 0)
        c->place.total = c->n_items;
}

static void open_limit(struct command *c)
{
    char name[64];
    snprintf(name, sizeof name, "fanfold-%d-%" PRIu32, c->job->launcher,
             c->rank);
    memory_limit_open(&c->memory, c->work.head->memory_bytes, name, &c->spawn);
}

static int open_output(struct command *c, struct ff_error *err)
{
    const struct work_head *head = c->work.head;
    if (attempt_init(&c->attempt, err) != 0)
        return -1;
    c->attempt.timeout_ns = head->timeout_ns;
    c->attempt.kill_after_ns = head->kill_after_ns;
    c->attempt.drain_ns = head->drain_ns;
    c->attempt.pipes = head->output != WORK_UNGROUPED;
    c->attempt.calls = (struct attempt_calls){
        on_started, on_output, on_lasts, on_wish, c};
    output_init(&c->output, (enum work_output)head->output,
                (head->flags & WORK_NO_STDOUT) != 0,
                extract_reads(c->extract) ? c->extract : NULL, &c->attempt);
    c->spawn = (struct spawn){
        .out = STDOUT_FILENO, .err = STDERR_FILENO, .nice = head->nice,
        .cgroup = -1, .envp = c->env.envp};
    open_limit(c);
    c->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return c->null >= 0 ? 0 : ff_error_errno(err, FF_LOST, "cannot open "
                                             "'/dev/null'");
}

int command_open(struct kernel *kernel, const struct job_shm *job,
                 uint32_t rank, struct spec *spec, struct ff_error *err)
{
    struct command *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ff_error_errno(err, FF_LOST, "cannot open the command");
    c->job = job;
    c->rank = rank;
    c->spec = spec;
    c->item = ITEM_EMPTY;
    c->block_file = -1;
    kernel->run = run;
    kernel->teardown = teardown;
    kernel->command = c;
    if (open_items(c, err) != 0)
        return -1;
    open_place(c);
    return open_template(c, err) != 0
           || gate_init(&c->gate, c->work.head, job, err) != 0
           || command_spec(spec, job, &c->extract, err) != 0
           || command_env_init(&c->env, rank + 1, err) != 0
           || open_output(c, err) != 0 ? -1 : 0;
}
