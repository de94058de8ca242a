/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of a store: see fsck.h. Results are folded again from the partials
 * (past.h) and made JSON again (report_json.c); bit for bit the same means the same
 * JSON, in which doubles have 17 digits and their bits. The kernel's own
 * operations cannot be folded without the kernel, nor can their numbers be
 * compared with anything but themselves.
 */
#include "fsck.h"
#include "complain.h"
#include "cover.h"
#include "figure.h"
#include "past.h"
#include "report.h"
#include "report_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct checks {
    FILE *out;
    struct past *past;
    struct ff_error first;  /* what is wrong */
    const char *at;         /* which check this is */
};

static void tell(struct checks *c, const char *word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(struct checks *c, const char *word, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(c->out, "%-8s %s: ", word, c->at);
    print_plain(c->out, text);
    fputc('\n', c->out);
    if (strcmp(word, "wrong") == 0 && c->first.status == 0)
        ff_error_set(&c->first, FF_DAMAGED, "%s: %s", c->at, text);
}

/* ---- rows ---------------------------------------------------------------------- */

static void tell_finding(void *context, const char *finding)
{
    tell(context, "wrong", "%s", finding);
}

static void check_rows(struct checks *c, struct store *s)
{
    struct ff_error err = {0};
    uint64_t n = 0;
    char text[FIGURE_TEXT];
    c->at = "rows";
    if (store_check(s, tell_finding, c, &err) != 0) {
        if (c->first.status == 0)
            tell(c, "wrong", "%s", err.text);
        return;
    }
    for (int t = 0; t < STORE_N_TABLES; t++) {
        const int64_t rows = store_count(s, (enum store_table)t, NULL, NULL, 0,
                                         NULL);
        n += rows > 0 ? (uint64_t)rows : 0;
    }
    tell(c, "ok", "%s, each with the checksum that it was written with",
         figure_count(text, n));
}

/* ---- covers -------------------------------------------------------------------- */

/* past_read has folded the partials by the commit rule. */
static void check_covers(struct checks *c, struct store *s)
{
    const struct gather *g = &c->past->gather;
    char partials[FIGURE_TEXT], done[FIGURE_TEXT], all[FIGURE_TEXT];
    uint64_t items = 0;
    c->at = "covers";
    if (!c->past->opened) {
        tell(c, "ok", "none, the run ended before its kernel was open");
        return;
    }
    tell(c, "ok", "%s partial%s, disjoint and inside the grid: %s of %s chunks",
         figure_count(partials, c->past->n_partials),
         c->past->n_partials == 1 ? "" : "s",
         figure_count(done, g->accepted.n_chunks),
         figure_count(all, g->grid.n_chunks));
    for (size_t i = 0; i < g->accepted.n; i++)
        items += grid_items(&g->grid, g->accepted.range[i].lo,
                            g->accepted.range[i].hi);
    c->at = "items";
    /* A command that failed is in a chunk that counts. */
    const int64_t failed = store_count(s, STORE_ITEMS, STORE_ITEMS_FAILED, NULL,
                                       0, NULL);
    const bool same = c->past->outcome.is_command
                      ? c->past->run.done <= items : c->past->run.done == items;
    if (c->past->run.status == STORED_COMPLETE && !c->past->outcome.reached
        && g->accepted.n_chunks != g->grid.n_chunks)
        tell(c, "wrong", "the run is complete, but not all chunks are covered");
    else if (!same)
        tell(c, "wrong", "%" PRIu64 " are said to be done, the covers have %"
             PRIu64, c->past->run.done, items);
    else
        tell(c, "ok", "%s done, as the covers have it%s",
             figure_count(done, c->past->run.done),
             failed > 0 ? " (some of their commands failed)" : "");
}

/* ---- results ------------------------------------------------------------------- */

static bool is_own(const struct past *p, uint32_t r)
{
    return p->gather.layout.result[r].op->code == FF_OP_OPERATION;
}

static void check_result(struct checks *c, const json_t *was, const json_t *is,
                         uint32_t r)
{
    const char *name = c->past->outcome.spec.result[r].name;
    const json_t *a = json_object_get(was, name), *b = json_object_get(is, name);
    char value[64];
    c->at = "result";
    if (is_own(c->past, r)) {
        tell(c, "skipped", "'%s' is the kernel's own operation, which only the "
             "kernel can fold", name);
        return;
    }
    if (a != NULL && b != NULL && json_equal(a, b)) {
        tell(c, "ok", "'%s' folded again has the same bits", name);
        return;
    }
    tell(c, "wrong", "'%s' folded again is %s, the report says otherwise", name,
         report_value(value, &c->past->outcome.value[r]));
}

static void check_results(struct checks *c)
{
    const json_t *was = json_object_get(c->past->run.report, "results");
    const uint32_t n = c->past->outcome.spec.n_results;
    c->at = "result";
    if (!c->past->opened || n == 0)
        return;
    if (was == NULL) {
        tell(c, "ok", "none is reported yet, %" PRIu32 " can be folded", n);
        return;
    }
    json_t *is = report_json_results(&c->past->job, &c->past->outcome);
    /* Written and read again, as the other one was. */
    char *text = json_dumps(is, JSON_REAL_PRECISION(17));
    json_t *read = text != NULL ? json_loads(text, 0, NULL) : NULL;
    if (read == NULL && c->first.status == 0)
        ff_error_set(&c->first, FF_LOST, "not enough memory for the results");
    for (uint32_t r = 0; read != NULL && r < n; r++)
        check_result(c, was, read, r);
    free(text);
    json_decref(read);
    json_decref(is);
}

/* ---- rows of items --------------------------------------------------------------- */

struct item_rows {
    struct checks *checks;
    uint64_t n, wrong;
};

/* In a chunk of the grid, which is the one that the row names, and covered. */
static int check_item(void *context, const struct store_value *v,
                      struct ff_error *err)
{
    struct item_rows *rows = context;
    struct checks *c = rows->checks;
    const struct grid *grid = &c->past->gather.grid;
    const uint64_t item = (uint64_t)stored_int(&v[ITEM_NUMBER]);
    const uint64_t chunk = (uint64_t)stored_int(&v[ITEM_CHUNK]);
    (void)err;
    rows->n++;
    const bool inside = item >= grid->first && item < grid->last;
    const bool right = inside && grid_chunk_of(grid, item) == chunk;
    if (right && cover_contains(&c->past->gather.accepted,
                                (struct range){(uint32_t)chunk,
                                               (uint32_t)chunk + 1}))
        return 0;
    if (rows->wrong++ < 5)
        tell(c, "wrong", "item %" PRIu64 " of chunk %" PRIu64 " %s", item, chunk,
             !inside ? "is not in the run" : !right ? "is not in that chunk"
             : "has a row, but the chunk is not covered");
    return 0;
}

static void check_items(struct checks *c, struct store *s)
{
    struct item_rows rows = {.checks = c};
    struct ff_error err = {0};
    char text[FIGURE_TEXT];
    c->at = "rows of items";
    if (!c->past->opened || !c->past->outcome.is_command)
        return;
    if (store_each(s, STORE_ITEMS, NULL, NULL, 0, check_item, &rows, &err) != 0)
        tell(c, "wrong", "%s", err.text);
    else if (rows.wrong > 0)
        tell(c, "wrong", "%" PRIu64 " in all do not fit", rows.wrong);
    else
        tell(c, "ok", "%s, each of a chunk that is covered",
             figure_count(text, rows.n));
}

/* ---- all of it ------------------------------------------------------------------- */

/* What cannot be read at all ends the checks. */
static void check_past(struct checks *c, struct store *s)
{
    struct ff_error err = {0};
    c->at = "run";
    if (past_read(c->past, s, &err) != 0) {
        if (err.status == FF_DAMAGED)
            tell(c, "wrong", "%s", err.text);
        else if (c->first.status == 0)
            c->first = err;
        return;
    }
    check_covers(c, s);
    check_results(c);
    check_items(c, s);
}

int fsck(struct store *s, FILE *out, struct ff_error *err)
{
    struct checks c = {.out = out, .past = malloc(sizeof *c.past)};
    if (c.past == NULL)
        return ff_error_errno(err, FF_LOST, "cannot check '%s'", store_path(s));
    check_rows(&c, s);
    check_past(&c, s);
    past_release(c.past);
    free(c.past);
    if (c.first.status == 0)
        return 0;
    return c.first.status == FF_DAMAGED
           ? ff_error_set(err, FF_DAMAGED, "the store '%s' is damaged: see what is "
                          "wrong above", store_path(s))
           : ff_error_set(err, c.first.status, "%s", c.first.text);
}
