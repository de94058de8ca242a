/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the report of a run that is over says of it, back into an outcome and a
 * plan: see past.h. The other direction is report_json.c. The row that the
 * report stands in has a checksum; all the same no number of it is believed to
 * be in range.
 */
#include "past.h"
#include "backtrace.h"
#include "op_operation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_S 9e9 /* 285 years */

static const json_t *get(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static uint64_t get_count(const json_t *object, const char *key)
{
    return stored_count(get(object, key));
}

static uint64_t get_ns(const json_t *object, const char *key)
{
    const double s = json_number_value(get(object, key));
    return s > 0 && s < MAX_S ? (uint64_t)llround(s * 1e9) : 0;
}

static const char *get_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(get(object, key));
    return text != NULL ? text : "";
}

static void copy_text(char *out, size_t size, const json_t *object,
                      const char *key)
{
    snprintf(out, size, "%s", get_text(object, key));
}

static int no_memory(struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "not enough memory for the report of "
                        "the run");
}

static int damaged(struct ff_error *err, const char *what)
{
    return ff_error_set(err, FF_DAMAGED, "the report of the run has no %s that "
                        "can be", what);
}

/* ---- who ran where --------------------------------------------------------- */

static uint32_t count_cpus(const char *list)
{
    uint32_t n = 0;
    for (const char *p = list; *p != '\0'; p += strcspn(p, ",") + 1) {
        char *end;
        const unsigned long lo = strtoul(p, &end, 10);
        const unsigned long hi = *end == '-' ? strtoul(end + 1, NULL, 10) : lo;
        n += hi >= lo && hi < 65536 ? (uint32_t)(hi - lo + 1) : 0;
        if (p[strcspn(p, ",")] == '\0')
            break;
    }
    return n < 65536 ? n : 0;
}

static void read_cpus(const char *list, uint32_t n, uint32_t *cpu)
{
    for (const char *p = list; n > 0; p += strcspn(p, ",") + 1) {
        char *end;
        const unsigned long lo = strtoul(p, &end, 10);
        const unsigned long hi = *end == '-' ? strtoul(end + 1, NULL, 10) : lo;
        for (unsigned long c = lo; c <= hi && hi < 65536 && n > 0; c++, n--)
            *cpu++ = (uint32_t)c;
    }
}

/* All threads of a worker have its CPUs together. */
static int take_place(struct plan *plan, const json_t *worker, uint32_t first,
                      uint32_t threads, uint32_t rank)
{
    const char *list = get_text(worker, "cpus");
    const uint32_t n = count_cpus(list);
    uint32_t *cpu = realloc(plan->cpu, (plan->n_cpus + n + 1) * sizeof *cpu);
    if (cpu == NULL)
        return -1;
    plan->cpu = cpu;
    read_cpus(list, n, cpu + plan->n_cpus);
    for (uint32_t t = 0; t < threads; t++)
        plan->place[first + t] = (struct place){.cpus = plan->n_cpus,
                                                .n_cpus = n, .share = 1,
                                                .rank = rank};
    plan->n_cpus += n;
    return 0;
}

static void take_worker_outcome(struct worker_outcome *w, const json_t *from)
{
    w->chunks = get_count(from, "chunks");
    w->busy_ns = get_ns(from, "busy_s");
    w->publish_ns = get_ns(from, "publish_s");
    w->cpu_ns = get_ns(from, "cpu_s");
    w->steals = get_count(from, "steals");
    w->max_rss_kb = get_count(from, "max_rss_kb");
    w->deaths = (uint32_t)get_count(from, "deaths");
}

static bool is_count(uint64_t n)
{
    return n >= 1 && n <= 1u << 20;
}

/* Workers of all nodes, and their threads. -1: that cannot be. */
static int count_workers(const json_t *nodes, uint32_t *n, uint32_t *places)
{
    size_t i, k;
    json_t *node, *worker;
    uint64_t all = 0, threads = 0;
    json_array_foreach(nodes, i, node)
        json_array_foreach(json_object_get(node, "workers"), k, worker) {
            if (!is_count(get_count(worker, "threads")))
                return -1;
            all++;
            threads += get_count(worker, "threads");
        }
    *n = (uint32_t)all;
    *places = (uint32_t)threads;
    return is_count(all) && is_count(threads) ? 0 : -1;
}

/* Each rank is there once: the caller has zeroed plan->worker. */
static int take_worker(struct past *p, const json_t *from, uint32_t node,
                       uint32_t *place, struct ff_error *err)
{
    struct plan *plan = &p->plan;
    const uint64_t rank = get_count(from, "rank");
    const uint32_t threads = (uint32_t)get_count(from, "threads");
    if (rank >= plan->n_workers || plan->worker[rank].threads != 0)
        return damaged(err, "rank of a worker");
    plan->worker[rank] = (struct plan_worker){node, threads, *place};
    plan->threads = threads > plan->threads ? threads : plan->threads;
    plan->nodes[node].bound |= json_is_string(get(from, "cpus"));
    take_worker_outcome(&p->outcome.worker[rank], from);
    if (take_place(plan, from, *place, threads, (uint32_t)rank) != 0)
        return no_memory(err);
    *place += threads;
    return 0;
}

static void take_node(struct plan_node *node, const json_t *from)
{
    const json_t *budget = get(from, "budget");
    copy_text(node->host, sizeof node->host, from, "host");
    node->budget = (uint32_t)get_count(budget, "cpus");
    node->n_cores = (uint32_t)get_count(budget, "of");
    copy_text(node->budget_why, sizeof node->budget_why, budget, "why");
    copy_text(node->why, sizeof node->why, from, "why");
    copy_text(node->how, sizeof node->how, from, "how");
    copy_text(node->warning, sizeof node->warning, from, "warning");
}

/* A run on one machine has a plan without nodes. */
static void forget_nodes(struct past *p)
{
    struct plan *plan = &p->plan;
    const struct plan_node *node = &plan->nodes[0];
    snprintf(p->machine.host, sizeof p->machine.host, "%s", node->host);
    snprintf(plan->host, sizeof plan->host, "%s", node->host);
    plan->bound = node->bound;
    free(plan->nodes);
    free(plan->worker);
    plan->nodes = NULL;
    plan->worker = NULL;
    plan->n_nodes = 0;
}

static int take_nodes(struct past *p, const json_t *nodes,
                      struct ff_error *err)
{
    struct plan *plan = &p->plan;
    uint32_t place = 0;
    size_t i, k;
    json_t *node, *worker;
    json_array_foreach(nodes, i, node) {
        struct plan_node *to = &plan->nodes[i];
        take_node(to, node);
        json_array_foreach(json_object_get(node, "workers"), k, worker) {
            if (take_worker(p, worker, (uint32_t)i, &place, err) != 0)
                return -1;
            to->n_workers++;
            to->threads = (uint32_t)get_count(worker, "threads");
        }
    }
    return 0;
}

static int take_plan(struct past *p, struct ff_error *err)
{
    const json_t *from = get(p->run.report, "plan"), *nodes = get(from, "nodes");
    struct plan *plan = &p->plan;
    uint32_t n_places;
    p->outcome.serial = json_is_true(get(from, "serial"));
    copy_text(plan->why, sizeof plan->why, from, "why");
    copy_text(plan->how, sizeof plan->how, from, "how");
    copy_text(plan->warning, sizeof plan->warning, from, "warning");
    if (count_workers(nodes, &plan->n_workers, &n_places) != 0)
        return damaged(err, "workers");
    plan->size = plan->n_workers;
    plan->n_nodes = (uint32_t)json_array_size(nodes);
    plan->place = calloc(n_places, sizeof plan->place[0]);
    plan->nodes = calloc(plan->n_nodes, sizeof plan->nodes[0]);
    plan->worker = calloc(plan->n_workers, sizeof plan->worker[0]);
    p->outcome.worker = calloc(plan->n_workers, sizeof p->outcome.worker[0]);
    if (plan->place == NULL || plan->nodes == NULL || plan->worker == NULL
        || p->outcome.worker == NULL)
        return no_memory(err);
    if (take_nodes(p, nodes, err) != 0)
        return -1;
    if (plan->n_nodes == 1)
        forget_nodes(p);
    return 0;
}

static int take_lost(struct outcome *o, const json_t *lost, uint32_t n_nodes,
                     struct ff_error *err)
{
    size_t i;
    json_t *node;
    const size_t n = json_array_size(lost);
    if (n == 0)
        return 0;
    o->lost = calloc(n, sizeof o->lost[0]);
    if (o->lost == NULL)
        return no_memory(err);
    o->nodes_lost = (uint32_t)n;
    o->n_nodes = n_nodes > n ? n_nodes : n_nodes + (uint32_t)n;
    json_array_foreach(lost, i, node) {
        copy_text(o->lost[i].host, sizeof o->lost[i].host, node, "host");
        copy_text(o->lost[i].why, sizeof o->lost[i].why, node, "why");
    }
    return 0;
}

/* ---- what failed ----------------------------------------------------------- */

/* Of one thread; NULL without memory. */
static struct backtrace *take_frames(const json_t *frames)
{
    size_t i;
    json_t *frame;
    struct backtrace *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    json_array_foreach(frames, i, frame) {
        if (i == BACKTRACE_FRAMES)
            break;
        struct frame *to = &b->frame[i];
        copy_text(to->function, sizeof to->function, frame, "function");
        copy_text(to->file, sizeof to->file, frame, "file");
        copy_text(to->object, sizeof to->object, frame, "object");
        to->line = (uint32_t)get_count(frame, "line");
        to->address = strtoull(get_text(frame, "address"), NULL, 16);
        b->n++;
    }
    return b;
}

static int take_stacks(struct failure *f, const json_t *stacks)
{
    struct backtrace **at = &f->backtrace;
    size_t i;
    json_t *stack;
    json_array_foreach(stacks, i, stack) {
        const char *of = get_text(stack, "of");
        if (i == STACKS_THREADS)
            break;
        *at = take_frames(get(stack, "frames"));
        if (*at == NULL)
            return -1;
        (*at)->thread = (uint32_t)get_count(stack, "thread");
        (*at)->whose = strcmp(of, "chunk") == 0 ? WHOSE_CHUNK
                       : strcmp(of, "other") == 0 ? WHOSE_OTHER : WHOSE_KERNEL;
        at = &(*at)->next;
    }
    return 0;
}

static int take_backtrace(struct failure *f, const json_t *from)
{
    const json_t *frames = get(from, "backtrace");
    if (json_is_array(frames)
        && (f->backtrace = take_frames(frames)) == NULL)
        return -1;
    if (f->backtrace == NULL && take_stacks(f, get(from, "stacks")) != 0)
        return -1;
    if (f->backtrace != NULL)
        f->backtrace->left_out = (uint32_t)get_count(from, "stacks_missing");
    return 0;
}

static int take_failure(struct failure *f, const json_t *from, bool command)
{
    const json_t *item = get(from, "item"), *within = get(from, "within");
    *f = (struct failure){.chunk = (uint32_t)get_count(from, "chunk"),
                          .begin = get_count(from, "begin"),
                          .end = get_count(from, "end"),
                          .has_item = item != NULL && !json_is_null(item),
                          .item = stored_count(item),
                          .attempts = (uint32_t)get_count(from, "attempts"),
                          .is_command = command, .exit = -1};
    const char *reason = get_text(from, "reason");
    if (failure_set_reason(f, reason, strlen(reason)) != 0)
        return -1;
    f->item_end = f->item + 1;
    if (json_array_size(within) == 2) {
        f->item = stored_count(json_array_get(within, 0));
        f->item_end = stored_count(json_array_get(within, 1));
    }
    if (json_is_integer(get(from, "exit")))
        f->exit = (int)json_integer_value(get(from, "exit"));
    f->signal = (int)get_count(from, "signal");
    if (command && (f->text = strdup(get_text(from, "text"))) == NULL)
        return -1;
    return take_backtrace(f, from);
}

static int take_items(struct past *p, struct ff_error *err)
{
    const json_t *items = get(p->run.report, "items");
    const json_t *failed = get(items, "failed");
    struct outcome *o = &p->outcome;
    o->items_done = get_count(items, "done");
    o->chunks_retried = get_count(items, "retried");
    o->chunks_verified = get_count(items, "verified");
    p->job.verify = o->chunks_verified > 0;
    o->halted = json_is_true(get(items, "halted"));
    o->hopeless = json_is_true(get(items, "given_up"));
    o->reached = o->halted && o->end == RUN_COMPLETE;
    o->items_before = get_count(items, "before");
    o->failures_more = get_count(items, "unlisted");
    const size_t n = json_array_size(failed);
    o->failure = calloc(n + 1, sizeof o->failure[0]);
    if (o->failure == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++, o->n_failures++)
        if (take_failure(&o->failure[i], json_array_get(failed, i),
                         o->is_command) != 0) {
            o->n_failures++;
            return no_memory(err);
        }
    return 0;
}

/* ---- what was handed over -------------------------------------------------- */

/* Rows without values: NaN where there is one. */
static bool has_nan(const struct spec *spec, const char *name)
{
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        if (strcmp(spec->array[i].name, name) == 0)
            return spec->array[i].type == FF_TYPE_F64
                   || spec->array[i].type == FF_TYPE_F32;
    return false;
}

static int take_outputs(struct outcome *o, const json_t *outputs,
                        struct ff_error *err)
{
    size_t i;
    json_t *from;
    o->delivered = calloc(json_array_size(outputs) + 1,
                          sizeof o->delivered[0]);
    if (o->delivered == NULL)
        return no_memory(err);
    json_array_foreach(outputs, i, from) {
        struct delivered *d = &o->delivered[o->n_delivered++];
        copy_text(d->name, sizeof d->name, from, "name");
        copy_text(d->file, sizeof d->file, from, "file");
        d->bytes = get_count(from, "bytes");
        d->bytes_left = get_count(from, "missing_bytes");
        d->unread = json_is_true(get(from, "unread"));
        d->is_kept = json_is_true(get(from, "kept"));
        d->is_array = get(from, "items") != NULL;
        d->items = get_count(from, "items");
        d->items_missing = get_count(from, "missing_items");
        d->has_nan = has_nan(&o->spec, d->name);
    }
    return 0;
}

/* ---- times ----------------------------------------------------------------- */

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void take_times(struct past *p)
{
    const json_t *time = get(p->run.report, "time");
    const double efficiency = json_number_value(get(p->run.report,
                                                    "efficiency"));
    struct outcome *o = &p->outcome;
    const struct worker_outcome sum = outcome_sum(o, &p->plan);
    const uint64_t busy = get_ns(time, "busy_s"), idle = get_ns(time, "idle_s");
    const uint64_t publish = get_ns(time, "dispatch_s");
    o->wall_ns = get_ns(time, "wall_s");
    o->startup_ns = get_ns(time, "startup_s");
    o->compile_ns = get_ns(time, "compile_s");
    o->compute_ns = get_ns(time, "compute_s");
    o->throttle.ns = get_ns(time, "throttled_s");
    /* Of workers that the report does not list any more. */
    o->gone.busy_ns = less(busy, sum.busy_ns);
    o->gone.publish_ns = less(publish, sum.publish_ns);
    o->gone.cpu_ns = less(get_ns(time, "cpu_s"), sum.cpu_ns);
    o->gone.wait_ns = get_ns(time, "wait_s");
    o->executors_ns = idle > 0 ? idle + busy + publish
                      : efficiency > 0 ? (uint64_t)llround((double)busy
                                                           / efficiency) : 0;
}

static void take_fingerprint(struct outcome *o, const json_t *from)
{
    struct fingerprint *f = &o->fingerprint;
    copy_text(f->object, sizeof f->object, from, "object");
    copy_text(f->libm, sizeof f->libm, from, "libm");
    copy_text(f->cpu, sizeof f->cpu, from, "cpu");
    copy_text(o->fingerprint_differs, sizeof o->fingerprint_differs, from,
              "differs");
}

static void take_end(struct past *p)
{
    const json_t *report = p->run.report;
    struct outcome *o = &p->outcome;
    const char *end = get_text(report, "status");
    o->end = strcmp(end, "complete") == 0 ? RUN_COMPLETE
             : strcmp(end, "failed") == 0 ? RUN_FAILED : RUN_INTERRUPTED;
    o->status = (int)json_integer_value(get(report, "exit"));
    copy_text(o->run_id, sizeof o->run_id, report, "run");
    o->spec_hash = strtoull(get_text(get(report, "job"), "spec"), NULL, 16);
    o->workers_died = (uint32_t)get_count(report, "workers_died");
    o->workers_recycled = (uint32_t)get_count(report, "workers_recycled");
    p->job.seed = p->seed;
    p->job.kernel = json_string_value(get(get(report, "job"), "kernel"));
    p->job.arg_file = json_string_value(get(get(report, "job"), "arg_file"));
}

/* ---- the kernel's own operations ------------------------------------------- */

/* A number as it stands beside its bits in `hex`, which a NaN has not. */
static double number_of(const json_t *value, const json_t *hex)
{
    const char *text = json_string_value(hex);
    if (text == NULL && json_is_string(value))
        text = json_string_value(value);
    return text != NULL ? strtod(text, NULL) : json_number_value(value);
}

/* Of entries: objects, or plain numbers with an array of bits beside them. */
static double entry_of(const json_t *result, size_t i)
{
    const json_t *entry = json_array_get(get(result, "values"), i);
    return json_is_object(entry)
           ? number_of(get(entry, "value"), get(entry, "hex"))
           : number_of(entry, json_array_get(get(result, "hex"), i));
}

static int take_operation(struct past *p, uint32_t r, struct ff_error *err)
{
    const struct partial_result *result = &p->gather.layout.result[r];
    const json_t *from = get(get(p->run.report, "results"), result->name);
    const size_t n = json_array_size(get(from, "values"));
    const bool single = json_is_number(get(from, "value"))
                        || json_is_string(get(from, "value"));
    int64_t *slice = calloc(result->words + 1, sizeof *slice);
    if (slice == NULL)
        return no_memory(err);
    const size_t n_numbers = single ? 1 : n;
    for (size_t i = 0; i < n_numbers && i + 1 < result->words; i++) {
        const double x = single ? number_of(get(from, "value"),
                                            get(from, "hex"))
                                : entry_of(from, i);
        memcpy(&slice[1 + i], &x, sizeof x);
    }
    slice[0] = n_numbers > 0 ? OPERATION_NUMBERS : OPERATION_EMPTY;
    const bool set = gather_set_operation(&p->gather, r, slice);
    free(slice);
    return set ? 0 : damaged(err, "result of an operation");
}

static int take_operations(struct past *p, struct ff_error *err)
{
    const struct partial_layout *layout = &p->gather.layout;
    for (uint32_t r = 0; r < layout->n_results; r++)
        if (layout->result[r].op->code == FF_OP_OPERATION
            && take_operation(p, r, err) != 0)
            return -1;
    return 0;
}

/* ---- items that are texts --------------------------------------------------- */

/* Adds what the objects below this one say of their items. */
static int remember(struct remembered *r, const json_t *json)
{
    const json_t *item = get(json, "item"), *input = get(json, "input");
    const char *key;
    json_t *below;
    size_t i;
    int rc = 0;
    if (json_is_integer(item) && json_is_string(input)) {
        struct remembered_item *at = realloc(r->item, (r->n_items + 1)
                                                          * sizeof *at);
        if (at == NULL)
            return -1;
        r->item = at;
        at[r->n_items++] = (struct remembered_item){stored_count(item),
                                                    json_string_value(input)};
    }
    json_object_foreach((json_t *)json, key, below)
        rc = rc == 0 && (json_is_object(below) || json_is_array(below))
             ? remember(r, below) : rc;
    json_array_foreach(json, i, below)
        rc = rc == 0 ? remember(r, below) : rc;
    return rc;
}

static int compare_items(const void *a, const void *b)
{
    const struct remembered_item *x = a, *y = b;
    return (x->item > y->item) - (x->item < y->item);
}

static int remember_all(struct past *p, struct ff_error *err)
{
    struct remembered *r = &p->remembered;
    r->advice = get_text(p->run.report, "advice");
    if (remember(r, get(p->run.report, "results")) != 0
        || remember(r, get(p->run.report, "items")) != 0)
        return no_memory(err);
    if (r->n_items > 1)
        qsort(r->item, r->n_items, sizeof r->item[0], compare_items);
    return 0;
}

int past_take_report(struct past *p, struct ff_error *err)
{
    const json_t *report = p->run.report;
    take_end(p);
    if (take_plan(p, err) != 0
        || take_lost(&p->outcome, get(report, "nodes_lost"), p->plan.n_nodes,
                     err) != 0
        || take_items(p, err) != 0
        || take_outputs(&p->outcome, get(report, "outputs"), err) != 0
        || take_operations(p, err) != 0)
        return -1;
    take_times(p);
    take_fingerprint(&p->outcome, get(report, "fingerprint"));
    return remember_all(p, err);
}
