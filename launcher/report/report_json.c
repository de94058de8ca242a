/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for programs: see report.h; the keys are described in
 * fanfold-run(1). Doubles have 17 significant digits, so they read back the
 * same bits; what JSON has no number for (NaN, infinities, integers beyond 64
 * bits) is a string. jansson needs UTF-8: other text has '?' for the bytes
 * that are not ASCII.
 */
#include "advice.h"
#include "backtrace.h"
#include "figure.h"
#include "histogram.h"
#include "interpreter.h"
#include "json_file.h"
#include "report.h"
#include "report_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define MAP_COLUMNS 100 /* steps of time */

/* ---- values -------------------------------------------------------------- */

/* These return a new reference, or NULL without memory. */

static json_t *text(const char *s)
{
    return json_text(s);
}

static json_t *count(uint64_t n)
{
    char digits[24];
    if (n <= INT64_MAX)
        return json_integer((json_int_t)n);
    snprintf(digits, sizeof digits, "%" PRIu64, n);
    return json_string(digits);
}

static json_t *real(double x)
{
    char name[FIGURE_TEXT];
    return isfinite(x) ? json_real(x) : json_string(figure_double(name, x));
}

/* Of something measured: null when it was not. */
static json_t *ratio(double x)
{
    return isnan(x) ? json_null() : json_real(x);
}

static json_t *seconds(uint64_t ns)
{
    return json_real((double)ns * 1e-9);
}

static json_t *integer(const char *decimal)
{
    char *end;
    errno = 0;
    const long long n = strtoll(decimal, &end, 10);
    return errno == 0 && *end == '\0' ? json_integer(n) : json_string(decimal);
}

static json_t *hash_text(uint64_t hash)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%016" PRIx64, hash);
    return json_string(digits);
}

/* ---- job ----------------------------------------------------------------- */

static json_t *job_args(const struct job *job)
{
    json_t *args = json_array();
    for (size_t i = 0; i < job->n_args; i++)
        json_array_append_new(args, text(job->arg[i]));
    return args;
}

static json_t *job_folds(const struct job *job)
{
    json_t *folds = json_array();
    for (size_t i = 0; i < job->n_folds; i++)
        json_array_append_new(folds, text(job->fold[i]));
    return folds;
}

static json_t *job_command(const struct job *job)
{
    json_t *words = json_array();
    for (size_t i = 0; i < job->task.n_words; i++)
        json_array_append_new(words, text(job->task.word[i]));
    return words;
}

static json_t *job_python(const struct interpreter *python)
{
    return json_pack("{s:s, s:o, s:o}", "version", python->version,
                     "program", text(python->program),
                     "library", text(python->library));
}

static json_t *job_object(const struct job *job, const struct outcome *o)
{
    json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "kernel", text(job->kernel), "args", job_args(job),
                     "folds", job_folds(job),
                     "first", count(o->grid.first),
                     "last", count(o->grid.last),
                     "items", count(o->grid.last - o->grid.first),
                     "chunks", count(o->grid.n_chunks),
                     "chunk_items", count(o->grid.chunk_items),
                     "seed", count(job->seed),
                     "spec", hash_text(o->spec_hash));
    if (job->arg_file != NULL)
        json_object_set_new(object, "arg_file", text(job->arg_file));
    if (task_is_command(&job->task))
        json_object_set_new(object, "command", job_command(job));
    if (o->python != NULL)
        json_object_set_new(object, "python", job_python(o->python));
    return object;
}

/* ---- what came of it ----------------------------------------------------- */

/* An item; in runs over a file also its line, from 1 on, or its input. */
static void set_item(json_t *object, const struct job *job,
                     const struct outcome *o, uint64_t item)
{
    struct text input = TEXT_EMPTY;
    json_object_set_new(object, "item", count(item));
    if (report_input(o, item, &input) == 0)
        json_object_set_new(object, "input",
                            text(input.at != NULL ? input.at : ""));
    else if (job->arg_file != NULL && o->items == NULL)
        json_object_set_new(object, "line", count(item + 1));
    text_release(&input);
}

/* "edges" are exact, one more than "counts". */
static json_t *histogram_object(const struct value *v, struct ff_shape shape)
{
    const int64_t *lane = v->slice;
    json_t *edges = json_array(), *counts = json_array();
    for (uint64_t i = 0; i <= shape.n; i++)
        json_array_append_new(edges, real(histogram_edge(&shape, i)));
    for (uint64_t i = 0; i < shape.n; i++)
        json_array_append_new(counts, count((uint64_t)lane[HISTOGRAM_BINS
                                                           + i]));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
                     "op", "histogram", "type", "u64",
                     "edges", edges, "counts", counts,
                     "underflow", count((uint64_t)lane[HISTOGRAM_BELOW]),
                     "overflow", count((uint64_t)lane[HISTOGRAM_ABOVE]),
                     "nan", count((uint64_t)lane[HISTOGRAM_NAN]));
}

/* What the operator gives, or null: the value of an entry too. */
static json_t *number(const struct value *v)
{
    return v->type == VALUE_NONE   ? json_null()
           : v->type == VALUE_F64  ? real(v->f64)
           : v->type == VALUE_BOOL ? json_boolean(v->decimal[0] == 't')
                                   : integer(v->decimal);
}

static void set_hex(json_t *object, const struct value *v)
{
    char hex[64];
    if (v->type != VALUE_F64 || !isfinite(v->f64))
        return;
    snprintf(hex, sizeof hex, "%a", v->f64);
    json_object_set_new(object, "hex", json_string(hex));
}

static json_t *entry_object(const struct job *job, const struct outcome *o,
                            const struct value *v)
{
    json_t *object = json_object();
    if (v->label != NULL)
        json_object_set_new(object, "label", text(v->label));
    if (v->has_at)
        json_object_set_new(object, "at", json_real(v->at));
    json_object_set_new(object, "value", number(v));
    set_hex(object, v);
    if (v->has_item)
        set_item(object, job, o, v->item);
    return object;
}

/* "values": objects with what an entry has; of a vector plain numbers, and
 * "hex" beside them. */
static json_t *list_object(const struct job *job, const struct outcome *o,
                           uint32_t i, const struct op *op)
{
    const struct value *list = &o->value[i];
    const struct ff_shape shape = spec_shape(&o->spec, i);
    json_t *values = json_array(), *hex = json_array();
    for (uint64_t k = 0; k < list->n; k++) {
        struct value v;
        value_none(&v);
        op->entry(&shape, list->slice, k, &v);
        if (v.label != NULL || v.has_at || v.has_item) {
            json_array_append_new(values, entry_object(job, o, &v));
            continue;
        }
        char bits[64];
        json_array_append_new(values, number(&v));
        if (v.type == VALUE_F64)
            json_array_append_new(hex, json_string(report_hex(bits, &v)));
    }
    json_t *object = json_pack("{s:s, s:s, s:o}", "op", op->name, "type",
                               op_gives(op), "values", values);
    if (list->decimal[0] != '\0')
        json_object_set_new(object, "count", integer(list->decimal));
    if (json_array_size(hex) > 0)
        json_object_set(object, "hex", hex);
    json_decref(hex);
    return object;
}

static json_t *value_object(const struct job *job, const struct outcome *o,
                            uint32_t i)
{
    const struct value *v = &o->value[i];
    const struct op *op = op_find(o->spec.result[i].op);
    json_t *object;
    if (v->type == VALUE_HISTOGRAM)
        object = histogram_object(v, spec_shape(&o->spec, i));
    else if (v->type == VALUE_LIST && op != NULL && op->entry != NULL)
        object = list_object(job, o, i, op);
    else
        object = json_pack("{s:o, s:o, s:o}",
                           "op", text(op != NULL ? op->name : "?"),
                           "type", text(op != NULL ? op_gives(op) : "?"),
                           "value", number(v));
    set_hex(object, v);
    if (v->has_item)
        set_item(object, job, o, v->item);
    if (v->note != NULL)
        json_object_set_new(object, "note", text(v->note));
    return object;
}

json_t *report_json_results(const struct job *job, const struct outcome *o)
{
    json_t *results = json_object();
    for (uint32_t i = 0; i < o->spec.n_results; i++)
        json_object_set_new(results, o->spec.result[i].name,
                            value_object(job, o, i));
    return results;
}

static json_t *known_text(const char *s)
{
    return *s != '\0' ? text(s) : json_null();
}

/* "backtrace", innermost first; null what is not known. */
static json_t *frames_array(const struct backtrace *b)
{
    json_t *frames = json_array();
    char address[24];
    for (uint32_t i = 0; i < b->n; i++) {
        const struct frame *f = &b->frame[i];
        snprintf(address, sizeof address, "0x%" PRIx64, f->address);
        json_array_append_new(
            frames, json_pack("{s:o, s:o, s:o, s:o, s:s}",
                              "function", known_text(f->function),
                              "file", known_text(f->file),
                              "line", f->line > 0 ? count(f->line)
                                                  : json_null(),
                              "object", known_text(f->object),
                              "address", address));
    }
    return frames;
}

/* "stacks": all threads of a worker that took too long. */
static json_t *stacks_array(const struct backtrace *b)
{
    json_t *stacks = json_array();
    for (; b != NULL; b = b->next)
        json_array_append_new(
            stacks, json_pack("{s:o, s:s, s:o}", "thread", count(b->thread),
                              "of", b->whose == WHOSE_CHUNK ? "chunk"
                              : b->whose == WHOSE_OTHER ? "other" : "kernel",
                              "frames", frames_array(b)));
    return stacks;
}

static void set_backtrace(json_t *object, const struct backtrace *b)
{
    if (b != NULL && b->whose == WHOSE_CRASH)
        json_object_set_new(object, "backtrace", frames_array(b));
    else if (b != NULL)
        json_object_set_new(object, "stacks", stacks_array(b));
    if (b != NULL && b->left_out > 0)
        json_object_set_new(object, "stacks_missing", count(b->left_out));
}

static json_t *delivered_object(const struct delivered *d)
{
    json_t *o = d->is_array
                ? json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", text(d->name),
                            "file", text(d->file), "bytes", count(d->bytes),
                            "items", count(d->items), "missing_items",
                            count(d->items_missing))
                : json_pack("{s:o, s:o, s:o, s:o, s:b}", "name", text(d->name),
                            "file", text(d->file), "bytes", count(d->bytes),
                            "missing_bytes", count(d->bytes_left), "unread",
                            (int)d->unread);
    if (d->is_kept)
        json_object_set_new(o, "kept", json_true());
    return o;
}

static json_t *outputs_array(const struct outcome *o)
{
    json_t *outputs = json_array();
    for (size_t i = 0; i < o->n_delivered; i++)
        json_array_append_new(outputs, delivered_object(&o->delivered[i]));
    return outputs;
}

/* Where the item is not known, "within" is how far diagnosis got. */
static json_t *failure_object(const struct job *job, const struct outcome *o,
                              const struct failure *f)
{
    const uint64_t n = f->end - f->begin;
    const bool narrowed = f->item_end > f->item && f->item_end - f->item < n;
    json_t *item = f->has_item ? count(f->item)
                   : n == 1    ? count(f->begin) : json_null();
    json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
                               "chunk", count(f->chunk),
                               "begin", count(f->begin),
                               "end", count(f->end),
                               "item", item,
                               "attempts", count(f->attempts),
                               "reason", text(f->reason));
    if (f->has_item || n == 1)
        set_item(object, job, o, f->has_item ? f->item : f->begin);
    if (f->is_command) {
        json_object_set_new(object, "text",
                            text(f->text != NULL ? f->text : ""));
        json_object_set_new(object, "exit", f->exit < 0 ? json_null()
                                            : json_integer(f->exit));
        json_object_set_new(object, "signal", json_integer(f->signal));
    }
    set_backtrace(object, f->backtrace);
    if (!f->has_item && narrowed)
        json_object_set_new(object, "within",
                            json_pack("[o, o]", count(f->item),
                                      count(f->item_end)));
    return object;
}

static json_t *items_object(const struct job *job, const struct outcome *o)
{
    json_t *failed = json_array();
    for (size_t i = 0; i < o->n_failures; i++)
        json_array_append_new(failed, failure_object(job, o, &o->failure[i]));
    json_t *items = json_pack("{s:o, s:o, s:o, s:b, s:b, s:o}",
                              "done", count(o->items_done), "failed", failed,
                              "retried", count(o->chunks_retried),
                              "halted", (int)o->halted,
                              "given_up", (int)o->hopeless,
                              "verified", count(o->chunks_verified));
    json_object_set_new(items, "before", count(o->items_before));
    if (o->is_command) {
        json_object_set_new(items, "unlisted", count(o->failures_more));
    }
    return items;
}

/* --schedule-map: who ran what, and when. */
static json_t *map_row(const struct map *map, const struct plan *plan,
                       const struct outcome *o, uint32_t i)
{
    double share[MAP_COLUMNS];
    json_t *chunks = json_array(), *busy = json_array();
    for (size_t k = 0; k < map->row[i].ran.n; k++)
        json_array_append_new(chunks, json_pack("[o, o]",
            count(map->row[i].ran.range[k].lo),
            count(map->row[i].ran.range[k].hi)));
    map_busy_shares(map, i, map->start_ns + o->compute_ns, share, MAP_COLUMNS);
    for (size_t k = 0; k < MAP_COLUMNS; k++)
        json_array_append_new(busy, json_real(share[k] > 1 ? 1 : share[k]));
    if (map_is_of_nodes(map))
        return json_pack("{s:o, s:o, s:o}", "node", text(map->row[i].node),
                         "chunks", chunks, "busy", busy);
    return json_pack("{s:o, s:o, s:o, s:o}",
                     "worker", count(i / plan->threads),
                     "thread", count(i % plan->threads),
                     "chunks", chunks, "busy", busy);
}

static json_t *map_object(const struct plan *plan, const struct outcome *o)
{
    json_t *rows = json_array();
    if (o->map == NULL) {
        json_decref(rows);
        return json_null();
    }
    for (uint32_t i = 0; i < o->map->n_executors; i++)
        json_array_append_new(rows, map_row(o->map, plan, o, i));
    return json_pack("{s:o, s:o}", "step_s",
                     seconds(o->compute_ns / MAP_COLUMNS),
                     "executors", rows);
}

static json_t *time_object(const struct plan *plan, const struct outcome *o)
{
    const struct worker_outcome sum = outcome_sum(o, plan);
    const uint64_t idle_ns = outcome_idle_ns(o, plan);
    const struct {
        const char *name;
        bool measured;
        uint64_t ns;
    } row[] = {
        {"wall_s", true, o->wall_ns},
        {"startup_s", !o->serial, o->startup_ns},
        {"compile_s", !o->serial, o->compile_ns},
        {"compute_s", !o->serial, o->compute_ns},
        {"cpu_s", sum.cpu_ns > 0, sum.cpu_ns},
        {"busy_s", outcome_measured(o), sum.busy_ns},
        {"dispatch_s", sum.cpu_ns > 0, sum.publish_ns},
        {"idle_s", outcome_measured(o), idle_ns},
        {"wait_s", sum.wait_ns > 0, sum.wait_ns},
        {"throttled_s", !o->serial, o->throttle.ns}};
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        json_object_set_new(object, row[i].name,
                            row[i].measured ? seconds(row[i].ns)
                                            : json_null());
    return object;
}

/* The chunk that took longest, as far as one was seen. */
static json_t *longest_object(const struct outcome *o)
{
    uint64_t begin, end;
    if (o->longest_ns == 0)
        return json_null();
    grid_chunk(&o->grid, o->longest_chunk, &begin, &end);
    return json_pack("{s:o, s:o, s:o, s:o}",
                     "chunk", count(o->longest_chunk), "begin", count(begin),
                     "end", count(end), "s", seconds(o->longest_ns));
}

static json_t *advice_text(const struct job *job,
                           const struct machine *machine,
                           const struct plan *plan, const struct outcome *o)
{
    char advice[ADVICE_TEXT];
    advice_of(advice, job, machine, plan, o);
    return known_text(advice);
}

static json_t *fingerprint_object(const struct outcome *o)
{
    const struct fingerprint *f = &o->fingerprint;
    return json_pack("{s:o, s:o, s:o, s:o}",
                     "object", known_text(f->object),
                     "libm", known_text(f->libm), "cpu", known_text(f->cpu),
                     "differs", known_text(o->fingerprint_differs));
}

static const char *end_text(enum run_end end)
{
    return end == RUN_COMPLETE ? "complete"
           : end == RUN_FAILED ? "failed" : "interrupted";
}

static json_t *run_object(const struct job *job, const struct machine *machine,
                          const struct plan *plan, const struct outcome *o)
{
    return json_pack("{s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
                     "s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o}",
                     "fanfold", PACKAGE_VERSION, "run", text(o->run_id),
                     "status", end_text(o->end), "exit", o->status,
                     "job", job_object(job, o),
                     "plan", report_plan(machine, plan, o),
                     "fingerprint", fingerprint_object(o),
                     "results", report_json_results(job, o),
                     "outputs", outputs_array(o),
                     "items", items_object(job, o),
                     "workers_died", count(o->workers_died),
                     "workers_recycled", count(o->workers_recycled),
                     "nodes_lost", report_lost(o),
                     "time", time_object(plan, o),
                     "efficiency", ratio(outcome_efficiency(o, plan)),
                     "imbalance", ratio(outcome_imbalance(o, plan)),
                     "advice", advice_text(job, machine, plan, o),
                     "metrics", "chunks_done", count(o->chunks_done),
                     "longest_chunk", longest_object(o),
                     "map", map_object(plan, o));
}

int report_json(const char *path, const struct job *job,
                const struct machine *machine, const struct plan *plan,
                const struct outcome *outcome, struct ff_error *err)
{
    json_t *object = run_object(job, machine, plan, outcome);
    const int rc = json_file_write(path, object, err);
    json_decref(object);
    return rc;
}

static char *text_of(json_t *object)
{
    char *made = object == NULL ? NULL
                 : json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17)
                                          | JSON_PRESERVE_ORDER);
    json_decref(object);
    return made;
}

char *report_json_text(const struct job *job, const struct machine *machine,
                       const struct plan *plan, const struct outcome *outcome)
{
    return text_of(run_object(job, machine, plan, outcome));
}

char *report_plan_text(const struct machine *machine, const struct plan *plan,
                       const struct outcome *outcome)
{
    return text_of(report_plan(machine, plan, outcome));
}
