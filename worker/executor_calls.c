/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel can call: see executor_calls.h. Each finds its executor by the
 * kernel's view of it, struct ff, which is its first member. */
#include "executor_calls.h"
#include "concat.h"
#include "decimal.h"
#include "fpenv.h"
#include "hash.h"
#include "item_calls.h"
#include "log.h"
#include "rng.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 0)))
static void fail(struct executor *e, uint64_t item, const char *format,
                 va_list args)
{
    if (e->failed)
        return;
    e->failed = true;
    e->fail_item = item;
    vsnprintf(e->fail_text, sizeof e->fail_text, format, args);
}

__attribute__((format(printf, 3, 4)))
static void call_fail(struct ff *ff, uint64_t item, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail((struct executor *)ff, item, format, args);
    va_end(args);
}

void executor_fail_wrong_item(struct executor *e, uint32_t source,
                              uint64_t item)
{
    const struct partial_layout *layout = e->stage.layout;
    call_fail(&e->ff, item,
              "result '%s' was given item %" PRIu64 ", which is not in this "
              "chunk [%" PRIu64 ", %" PRIu64 ")",
              layout->source_name[source], item,
              e->stage.begin, e->stage.end);
}

static void call_flush(struct ff *ff, uint32_t source)
{
    struct executor *e = (struct executor *)ff;
    uint64_t item;
    const struct fpenv kernel = fpenv_enter();
    if (e->concat != NULL && stage_empties(&e->stage, source))
        concat_take(e->concat, source, &e->stage, &e->outlet);
    if (stage_flush(&e->stage, source, &item) != 0)
        executor_fail_wrong_item(e, source, item);
    fpenv_leave(kernel);
}

/* One after the other, as the kernel's inlined calls do. */
static void append_each(struct ff *ff, uint32_t source,
                        const union ff_value *value, size_t n)
{
    struct ff_buffer *b = &ff->buffer[source];
    for (size_t i = 0; i < n; i++) {
        if (b->n == b->room)
            call_flush(ff, source);
        b->value[b->n++] = value[i];
    }
}

static void call_array(struct ff *ff, uint32_t source,
                       const union ff_value *value, size_t n)
{
    struct executor *e = (struct executor *)ff;
    if (e->concat != NULL) {
        append_each(ff, source, value, n);
        return;
    }
    const struct fpenv kernel = fpenv_enter();
    stage_fold_array(&e->stage, source, value, n);
    fpenv_leave(kernel);
}

static void call_vector(struct ff *ff, uint32_t source, const void *x)
{
    struct executor *e = (struct executor *)ff;
    const struct fpenv kernel = fpenv_enter();
    stage_fold_vector(&e->stage, source, x);
    fpenv_leave(kernel);
}

static int64_t *call_state(struct ff *ff, uint32_t source)
{
    return stage_state(&((struct executor *)ff)->stage, source);
}

static void call_random(const struct ff *ff, uint64_t item, uint64_t block,
                        uint32_t out[4])
{
    rng_block(ff->seed, item, block, out);
}

__attribute__((format(printf, 2, 3)))
static void call_log(const struct ff *ff, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!((const struct executor *)ff)->job->quiet)
        log_line(ff, format, args);
    va_end(args);
}

static void call_emit(struct ff *ff, uint32_t output, const void *data,
                      size_t n)
{
    struct executor *e = (struct executor *)ff;
    if (outlet_emit(&e->outlet, output, data, n) != 0)
        call_fail(ff, e->stage.begin, "cannot get %zu bytes for what is "
                  "emitted", n);
}

static void *call_row(struct ff *ff, uint32_t array, uint64_t item)
{
    struct executor *e = (struct executor *)ff;
    void *row = rows_at(e->outlet.rows_of_chunk, array, item);
    if (row != NULL)
        return row;
    call_fail(ff, item, "the row of item %" PRIu64 " was asked for, which is "
              "not in this chunk [%" PRIu64 ", %" PRIu64 ")", item,
              e->stage.begin, e->stage.end);
    return e->outlet.rows.array[array].scrap;
}

static const char *call_text(struct ff *ff, uint64_t item, size_t *n)
{
    struct executor *e = (struct executor *)ff;
    return item_call_text(ff, &e->item_text, e->texts, item, n);
}

static const char *call_column(struct ff *ff, uint64_t item, uint32_t column,
                               size_t *n)
{
    struct executor *e = (struct executor *)ff;
    return item_call_column(ff, &e->item_text, e->texts, item, column, n);
}

static uint32_t call_column_number(const struct ff *ff, const char *name)
{
    return item_texts_column(((const struct executor *)ff)->texts, name);
}

const struct ff_calls executor_calls = {
    .flush = call_flush, .fail = call_fail, .random = call_random,
    .log = call_log, .number = decimal_parse,
    .emit = call_emit, .row = call_row, .vector = call_vector,
    .array = call_array, .state = call_state, .hash = hash_bytes,
    .text = call_text, .column = call_column,
    .column_number = call_column_number};
