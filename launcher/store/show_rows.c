/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a store as tables: see show_rows.h. A table is cut into columns by
 * tabs, so that cut(1) and awk(1) take it apart; no value has one, for what does
 * is printed with '?' in its place (complain.h). */
#include "show_rows.h"
#include "complain.h"
#include "stored_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* On one line, between tabs: the ends of others are shown as "\n". */
static void print_cell(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        *p = *p == '\t' ? ' ' : *p;
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        print_plain(stdout, line);
        if (text != NULL)
            fputs("\\n", stdout);
    }
}

static void print_value(const struct store_value *v)
{
    if (v->type == STORE_INT)
        printf("%" PRId64, v->i);
    else if (v->type == STORE_REAL)
        printf("%.3f", v->r);
    else if (v->type == STORE_NULL || v->n == 0)
        putchar('-');
    else {
        char *text = malloc(v->n + 1);
        if (text == NULL)
            return;
        stored_text(text, v->n + 1, v);
        print_cell(text);
        free(text);
    }
}

/* The time of day with its date. */
static void print_time(const struct store_value *v)
{
    const time_t at = (time_t)stored_real(v);
    struct tm local;
    char text[64];
    if (v->type != STORE_NULL && localtime_r(&at, &local) != NULL
        && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) > 0)
        fputs(text, stdout);
    else
        putchar('-');
}

struct shown {
    const char *name;
    int column;
    bool is_time;
};

struct table {
    const struct shown *column;
    size_t n;
    const struct stored_run *run; /* of a table of starts, or NULL */
};

/* The row of a start that was killed says that it is running. */
static bool was_killed(const struct table *t, const struct store_value *v)
{
    char status[16];
    if (t->run == NULL)
        return false;
    stored_text(status, sizeof status, &v[EPOCH_STATUS]);
    return strcmp(status, stored_status_word(STORED_RUNNING)) == 0
           && (t->run->status != STORED_RUNNING
               || stored_int(&v[EPOCH_NUMBER]) != t->run->epoch);
}

static int print_row(void *context, const struct store_value *v,
                     struct ff_error *err)
{
    const struct table *t = context;
    for (size_t i = 0; i < t->n; i++) {
        if (i > 0)
            putchar('\t');
        if (t->column[i].is_time)
            print_time(&v[t->column[i].column]);
        else if (t->column[i].column == EPOCH_STATUS && was_killed(t, v))
            fputs(stored_status_word(STORED_KILLED), stdout);
        else
            print_value(&v[t->column[i].column]);
    }
    putchar('\n');
    return ferror(stdout) ? ff_error_errno(err, FF_UNWRITTEN, "cannot write the "
                                           "table") : 0;
}

static int print_table(struct store *s, enum store_table table,
                       const char *where, const struct shown *column, size_t n,
                       const struct stored_run *run, struct ff_error *err)
{
    struct table t = {column, n, run};
    for (size_t i = 0; i < n; i++)
        printf("%s%s", i > 0 ? "\t" : "", column[i].name);
    putchar('\n');
    if (store_each(s, table, where, NULL, 0, print_row, &t, err) != 0)
        return -1;
    return fflush(stdout) == 0 ? 0 : ff_error_errno(err, FF_UNWRITTEN,
                                                    "cannot write the table");
}

#define PRINT(s, table, where, column, err) \
    print_table(s, table, where, column, sizeof column / sizeof column[0], \
                NULL, err)

static const struct shown item_columns[] = {
    {"item", ITEM_NUMBER, false}, {"end", ITEM_END, false},
    {"exit", ITEM_EXIT, false}, {"signal", ITEM_SIGNAL, false},
    {"attempts", ITEM_ATTEMPTS, false}, {"started", ITEM_STARTED, true},
    {"seconds", ITEM_WALL, false}, {"rss_kb", ITEM_MAX_RSS_KB, false},
    {"rank", ITEM_RANK, false}, {"node", ITEM_NODE, false},
    {"inputs", ITEM_INPUTS, false}, {"reason", ITEM_REASON, false}};

int show_items(struct store *s, struct ff_error *err)
{
    return PRINT(s, STORE_ITEMS, NULL, item_columns, err);
}

/* Of a run of commands, its items; also chunks that the engine gave up. */
int show_failures(struct store *s, struct ff_error *err)
{
    static const struct shown columns[] = {
        {"chunk", FAILURE_CHUNK, false}, {"begin", FAILURE_BEGIN, false},
        {"end", FAILURE_END, false}, {"item", FAILURE_ITEM, false},
        {"attempts", FAILURE_ATTEMPTS, false},
        {"reason", FAILURE_REASON, false}};
    const int64_t commands = store_count(s, STORE_ITEMS, NULL, NULL, 0, err);
    const int64_t chunks = store_count(s, STORE_FAILURES, NULL, NULL, 0, err);
    if (commands < 0 || chunks < 0)
        return -1;
    if (commands > 0
        && PRINT(s, STORE_ITEMS, STORE_ITEMS_FAILED, item_columns, err) != 0)
        return -1;
    return commands == 0 || chunks > 0
           ? PRINT(s, STORE_FAILURES, NULL, columns, err) : 0;
}

int show_attempts(struct store *s, struct ff_error *err)
{
    static const struct shown columns[] = {
        {"chunk", STRIKE_CHUNK, false}, {"crashes", STRIKE_OWN, false},
        {"suspected", STRIKE_OUTSIDE, false}, {"failed", STRIKE_FAILED, false}};
    const int64_t commands = store_count(s, STORE_ITEMS, NULL, NULL, 0, err);
    const int64_t chunks = store_count(s, STORE_STRIKES, NULL, NULL, 0, err);
    if (commands < 0 || chunks < 0)
        return -1;
    if (commands > 0
        && PRINT(s, STORE_ITEMS, "attempts > 1", item_columns, err) != 0)
        return -1;
    return commands == 0 || chunks > 0
           ? PRINT(s, STORE_STRIKES, NULL, columns, err) : 0;
}

int show_events(struct store *s, struct ff_error *err)
{
    static const struct shown columns[] = {
        {"time", EVENT_TIME, true}, {"start", EVENT_EPOCH, false},
        {"kind", EVENT_KIND, false}, {"text", EVENT_TEXT, false}};
    return PRINT(s, STORE_EVENTS, NULL, columns, err);
}

/* ---- plans ------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "-";
}

static void print_worker(const json_t *node, const json_t *worker)
{
    printf("%" PRIu64 "\t", stored_count(json_object_get(worker, "rank")));
    print_plain(stdout, text_of(node, "host"));
    printf("\t%s\t%" PRIu64 "\n",
           json_is_string(json_object_get(worker, "cpus"))
           ? text_of(worker, "cpus") : "any",
           stored_count(json_object_get(worker, "threads")));
}

/* The plan of a start, once more as its lines; the report has one as well. */
static void print_plan(const json_t *plan)
{
    size_t i, k;
    json_t *node, *worker;
    print_plain(stdout, text_of(plan, "why"));
    fputs("\nrank\thost\tcpus\tthreads\n", stdout);
    json_array_foreach(json_object_get(plan, "nodes"), i, node)
        json_array_foreach(json_object_get(node, "workers"), k, worker)
            print_worker(node, worker);
}

int show_starts(struct store *s, struct ff_error *err)
{
    static const struct shown columns[] = {
        {"start", EPOCH_NUMBER, false}, {"began", EPOCH_STARTED, true},
        {"ended", EPOCH_ENDED, true}, {"host", EPOCH_HOST, false},
        {"pid", EPOCH_PID, false}, {"nodes", EPOCH_NODES, false},
        {"workers", EPOCH_WORKERS, false}, {"threads", EPOCH_THREADS, false},
        {"status", EPOCH_STATUS, false}, {"exit", EPOCH_EXIT, false},
        {"why", EPOCH_WHY, false}, {"command", EPOCH_COMMAND, false}};
    struct stored_run run;
    int rc = stored_run_read(&run, s, err);
    if (rc == 0)
        rc = print_table(s, STORE_EPOCHS, NULL, columns,
                         sizeof columns / sizeof columns[0], &run, err);
    const json_t *plan = json_object_get(run.report, "plan");
    if (plan == NULL)
        plan = json_object_get(run.plan, "nodes") != NULL
               ? run.plan : json_object_get(run.plan, "plan");
    if (rc == 0 && plan != NULL)
        print_plan(plan);
    if (rc == 0 && fflush(stdout) != 0)
        rc = ff_error_errno(err, FF_UNWRITTEN, "cannot write the plan");
    stored_run_release(&run);
    return rc;
}
