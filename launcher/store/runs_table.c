/* SPDX-License-Identifier: Apache-2.0 */
/* The list of runs: see runs_table.h. One store is open at a time. */
#include "runs_table.h"
#include "complain.h"
#include "figure.h"
#include "json_file.h"
#include "store.h"
#include "terminal.h"
#include "utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RUN, STARTED, AGO, ITEMS, STATUS, COMMAND, COLUMNS };

#define CELL 360
#define LEAST_COMMAND 8 /* columns */

static const char *const head[COLUMNS] = {"run", "started", "ago", "items",
                                          "status", "command"};

/* ---- rows -------------------------------------------------------------------- */

void runs_row_read(struct runs_row *row, const struct runs_dir_entry *entry)
{
    *row = (struct runs_row){.entry = entry};
    struct store *s = store_open(entry->path, STORE_READ, &row->err);
    row->readable = s != NULL
                    && stored_run_read(&row->run, s, &row->err) == 0;
    if (s != NULL)
        store_close(s, NULL);
}

void runs_row_release(struct runs_row *row)
{
    stored_run_release(&row->run);
}

/* ---- cells ------------------------------------------------------------------- */

static double began(const struct runs_row *row)
{
    return row->readable && row->run.starts > 0
           ? row->run.began : (double)row->entry->modified_ns * 1e-9;
}

static void when_text(char out[CELL], double seconds)
{
    const time_t at = (time_t)seconds;
    struct tm local;
    if (localtime_r(&at, &local) == NULL
        || strftime(out, CELL, "%Y-%m-%d %H:%M:%S", &local) == 0)
        snprintf(out, CELL, "?");
}

/* One number and its unit. */
static void ago_text(char out[CELL], double seconds, double now)
{
    static const struct {
        double s;
        const char *unit;
    } unit[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    const double age = now > seconds ? now - seconds : 0;
    for (size_t i = 0; i < 4; i++)
        if (age >= unit[i].s || i == 3) {
            snprintf(out, CELL, "%.0f %s", floor(age / unit[i].s),
                     unit[i].unit);
            return;
        }
}

static void items_text(char out[CELL], const struct runs_row *row)
{
    char done[FIGURE_TEXT], all[FIGURE_TEXT];
    if (!row->readable)
        snprintf(out, CELL, "?");
    else
        snprintf(out, CELL, "%s/%s", figure_count(done, row->run.done),
                 row->run.has_items ? figure_count(all, row->run.items) : "?");
}

static void status_text(char out[CELL], const struct runs_row *row)
{
    char text[320];
    const int status = row->err.status;
    snprintf(out, CELL, "%s",
             row->readable ? stored_status_text(&row->run, text)
             : status == FF_HELD ? "running (cannot be read now)"
             : status == FF_DAMAGED ? "damaged" : "unreadable");
}

/* ---- widths ------------------------------------------------------------------ */

/* Columns of a text on a terminal, each character taken to have one. */
static int columns_of(const char *text)
{
    int n = 0;
    for (size_t left = strlen(text); left > 0; n++) {
        uint32_t code;
        size_t length = utf8_first(text, left, &code);
        length = length > 0 ? length : 1;
        text += length;
        left -= length;
    }
    return n;
}

/* Cuts it to so many columns, between characters. */
static void cut(char *text, int columns)
{
    const char *mark = terminal_utf8() ? "…" : "~";
    char *at = text;
    if (columns < 1 || columns_of(text) <= columns)
        return;
    for (int n = 1; n < columns; n++) {
        uint32_t code;
        const size_t length = utf8_first(at, strlen(at), &code);
        at += length > 0 ? length : 1;
    }
    strcpy(at, strlen(at) >= strlen(mark) ? mark : "~");
}

/* Bytes that drive a terminal, or are no characters of its, become '?'. */
static char *plain(const char *text)
{
    char *out = NULL;
    size_t n;
    FILE *to = open_memstream(&out, &n);
    if (to == NULL)
        return NULL;
    print_plain(to, text);
    if (fclose(to) == 0)
        return out;
    free(out);
    return NULL;
}

/* ---- the table ----------------------------------------------------------------- */

struct line {
    char cell[COLUMNS - 1][CELL];
    char *command; /* or NULL */
};

static void make_line(struct line *line, const struct runs_row *row, double now)
{
    snprintf(line->cell[0], CELL, "%s", row->entry->id);
    when_text(line->cell[1], began(row));
    ago_text(line->cell[2], began(row), now);
    items_text(line->cell[3], row);
    status_text(line->cell[4], row);
    line->command = plain(row->readable && row->run.command != NULL
                          ? row->run.command : "?");
}

static void print_cell(FILE *out, const char *text, int width)
{
    print_plain(out, text);
    if (width >= 0)
        fprintf(out, "%*s", width - columns_of(text) + 2, "");
}

/* How wide, and what of it fits. */
struct layout {
    int width[COLUMNS - 1];
    bool hidden[COLUMNS];
    int columns; /* of the terminal; 0: it is none */
};

static int used(const struct layout *l)
{
    int n = 0;
    for (int c = 0; c < COLUMNS - 1; c++)
        n += l->hidden[c] ? 0 : l->width[c] + 2;
    return n;
}

/* A command of which nothing would be seen is not shown; then it is said less
 * about each run, until its lines fit. */
static void narrow(struct layout *l)
{
    static const int order[] = {COMMAND, STARTED, AGO, ITEMS};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const int least = used(l) + (l->hidden[COMMAND] ? -2 : LEAST_COMMAND);
        if (l->columns <= 0 || least <= l->columns)
            return;
        l->hidden[order[i]] = true;
    }
}

static void print_line(FILE *out, const struct line *line,
                       const struct layout *l)
{
    const bool whole = !l->hidden[COMMAND];
    for (int c = 0; c < COMMAND; c++)
        if (!l->hidden[c])
            print_cell(out, line->cell[c],
                       whole || c < STATUS ? l->width[c] : -1);
    if (line->command != NULL && l->columns > 0)
        cut(line->command, l->columns - used(l));
    if (whole)
        fputs(line->command != NULL ? line->command : "?", out);
    fputc('\n', out);
}

/* The same moment for all of them. */
static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print_lines(FILE *out, struct line *line, size_t n)
{
    struct layout l = {.columns = 0};
    int rows;
    terminal_size(fileno(out), &l.columns, &rows);
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < COLUMNS - 1; c++) {
            const int wide = columns_of(line[i].cell[c]);
            l.width[c] = wide > l.width[c] ? wide : l.width[c];
        }
    narrow(&l);
    for (size_t i = 0; i < n; i++)
        print_line(out, &line[i], &l);
}

void runs_table(FILE *out, const struct runs_dir_entry *entry, size_t n)
{
    struct line *line = calloc(n + 1, sizeof *line);
    const double now = now_s();
    if (n == 0)
        fputs("fanfold: no run is kept\n", stderr);
    if (n == 0 || line == NULL) {
        free(line);
        return;
    }
    for (int c = 0; c < COLUMNS - 1; c++)
        snprintf(line[0].cell[c], CELL, "%s", head[c]);
    line[0].command = strdup(head[COLUMNS - 1]);
    for (size_t i = 0; i < n; i++) {
        struct runs_row row;
        runs_row_read(&row, &entry[i]);
        make_line(&line[i + 1], &row, now);
        if (!row.readable)
            complain(&row.err);
        runs_row_release(&row);
    }
    print_lines(out, line, n + 1);
    for (size_t i = 0; i <= n; i++)
        free(line[i].command);
    free(line);
}

/* ---- JSON ---------------------------------------------------------------------- */

static json_t *number(bool known, uint64_t n)
{
    return known ? json_integer((json_int_t)n) : json_null();
}

static json_t *row_object(const struct runs_row *row)
{
    const struct stored_run *run = &row->run;
    const bool known = row->readable, any = known && run->starts > 0;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "run", json_text(row->entry->id), "file", json_text(row->entry->path),
        "bytes", number(true, row->entry->bytes),
        "status", known ? json_string(stored_status_word(run->status))
                        : json_string(row->err.status == FF_HELD ? "running"
                                                                 : "unreadable"),
        "exit", known && run->exit >= 0 ? json_integer(run->exit) : json_null(),
        "why", !known ? json_text(row->err.text)
               : run->why[0] != '\0' ? json_text(run->why) : json_null(),
        "started", any ? json_real(run->began) : json_null(),
        "ended", any && !isnan(run->ended) ? json_real(run->ended)
                                           : json_null(),
        "starts", number(known, run->starts),
        "host", any ? json_text(run->host) : json_null(),
        "pid", number(any, (uint64_t)run->pid),
        "items", number(known && run->has_items, run->items),
        "done", number(known, run->done),
        "command", known && run->command != NULL ? json_text(run->command)
                                                 : json_null());
}

int runs_json(const struct runs_dir_entry *entry, size_t n,
              struct ff_error *err)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) {
        struct runs_row row;
        runs_row_read(&row, &entry[i]);
        json_array_append_new(array, row_object(&row));
        runs_row_release(&row);
    }
    const int rc = json_file_write("-", array, err);
    json_decref(array);
    return rc;
}
