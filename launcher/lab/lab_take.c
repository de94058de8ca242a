/* SPDX-License-Identifier: Apache-2.0 */
/* Out of a command, into a table: see lab_take.h. */
#include "lab_take.h"
#include "figure.h"
#include "lab_words.h"
#include "number.h"

#include <errno.h>
#include <jansson.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LABEL 200
#define MAX_SHOWN 300 /* bytes of a line */
#define MAX_DEPTH 12  /* of a path into JSON */

__attribute__((format(printf, 3, 4)))
static int wrong(const struct lab_run *run, struct ff_error *err,
                 const char *format, ...)
{
    char text[500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return ff_error_set(err, FF_USAGE, "%s:%u: %s", run->lab->path,
                        run->step->line, text);
}

static int no_row(const struct lab_run *run, struct ff_error *err)
{
    if (run->m->n_rows == LAB_MAX_ROWS)
        return wrong(run, err, "table '%.60s' has more than %d rows",
                     run->m->table->name, LAB_MAX_ROWS);
    return ff_error_errno(err, FF_LOST, "cannot keep a row");
}

/* ---- rows that a program prints ------------------------------------------ */

/* The next column that is not computed; n_columns: there is none. */
static size_t next_given(const struct lab_table *table, size_t k)
{
    while (k < table->n_columns && table->column[k].form != LAB_GIVEN)
        k++;
    return k;
}

/* "row", LABEL, VALUE, ...: the parts are separated by tabs. */
static int take_row(struct lab_run *run, char *line, bool again,
                    struct ff_error *err)
{
    const struct lab_table *table = run->m->table;
    char *value = strchr(line, '\t');
    if (value != NULL)
        *value++ = '\0';
    if (*line == '\0' || strlen(line) > MAX_LABEL)
        return wrong(run, err, "a row is printed that has no label, or one "
                     "of more than %d bytes: '%.60s'", MAX_LABEL, line);
    struct lab_row *row = lab_measured_row(run->m, line);
    if (row == NULL)
        return no_row(run, err);
    for (size_t k = 0; value != NULL; k++) {
        char *rest = strchr(value, '\t');
        if (rest != NULL)
            *rest++ = '\0';
        k = next_given(table, k);
        if (k >= table->n_columns)
            return wrong(run, err, "row '%.60s' is printed with more values "
                         "than table '%.60s' has columns", line, table->name);
        if (strcmp(value, "-") != 0
            && lab_measured_set(run->m, row, k, value, again) != 0)
            return wrong(run, err, "row '%.60s' is printed with '%.60s' for "
                         "column '%.60s', which is no number", line, value,
                         table->column[k].name);
        value = rest;
    }
    return 0;
}

static int take_rows(struct lab_run *run, const struct text *out, bool again,
                     struct ff_error *err)
{
    char *copy = strdup(out->at != NULL ? out->at : ""), *rest = copy;
    bool any = run->step->n_show > 0; /* or it is there for those lines */
    int rc = copy != NULL ? 0 : ff_error_errno(err, FF_LOST, "cannot read "
                                               "what was printed");
    while (rc == 0 && rest != NULL && *rest != '\0') {
        char *line = strsep(&rest, "\n");
        if (strncmp(line, "row\t", 4) != 0)
            continue;
        any = true;
        rc = take_row(run, line + 4, again, err);
    }
    free(copy);
    return rc == 0 && !any
           ? wrong(run, err, "the command prints no row, which is a line that "
                   "begins with 'row' and a tab") : rc;
}

/* ---- what a step takes --------------------------------------------------- */

/* What stands in the JSON under a path; NULL: nothing. */
static const json_t *find_in(const json_t *json, const char *path)
{
    char key[128];
    for (int depth = 0; json != NULL && depth < MAX_DEPTH; depth++) {
        const size_t n = strcspn(path, ".");
        uint64_t i;
        if (n >= sizeof key)
            return NULL;
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        json = !json_is_array(json) ? json_object_get(json, key)
               : number_u64(key, &i) == 0 ? json_array_get(json, (size_t)i)
                                          : NULL;
        if (path[n] == '\0')
            return json;
        path += n + 1;
    }
    return NULL;
}

/* 1: neither a number nor a text. */
static int set_from(struct lab_run *run, struct lab_row *row, size_t column,
                    const json_t *json, bool again)
{
    char text[FIGURE_TEXT];
    if (json_is_string(json))
        return lab_measured_set(run->m, row, column, json_string_value(json),
                                again);
    if (json_is_integer(json)) {
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT,
                 json_integer_value(json));
        return lab_measured_set(run->m, row, column, text, again);
    }
    if (json_is_real(json))
        return lab_measured_set(run->m, row, column,
                                figure_double(text, json_real_value(json)),
                                again);
    if (json_is_array(json)) /* how many are in it */
        return lab_measured_put(run->m, row, column,
                                (double)json_array_size(json), again);
    if (json_is_boolean(json))
        return lab_measured_put(run->m, row, column, json_is_true(json),
                                again);
    return json_is_null(json) ? 0 : 1;
}

static int take_json(struct lab_run *run, struct lab_row *row,
                     const json_t *all, const struct lab_take *take,
                     bool again, struct ff_error *err)
{
    const json_t *json = find_in(all, take->path);
    if (json == NULL)
        return wrong(run, err, "take: there is no '%.100s' in the JSON of the "
                     "run", take->path);
    if (set_from(run, row, take->column, json, again) != 0)
        return wrong(run, err, "take: '%.100s' is nothing for column '%.60s'",
                     take->path, run->m->table->column[take->column].name);
    return 0;
}

static int take_values(struct lab_run *run, struct lab_row *row,
                       const struct lab_process *p, const json_t *all,
                       bool again, struct ff_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < run->step->n_takes && rc == 0; i++) {
        const struct lab_take *take = &run->step->take[i];
        if (strcmp(take->path, "wall") == 0)
            rc = lab_measured_put(run->m, row, take->column, p->wall_s, again);
        else if (strcmp(take->path, "cpu") == 0)
            rc = lab_measured_put(run->m, row, take->column, p->cpu_s, again);
        else if (strcmp(take->path, "maxrss") == 0)
            rc = lab_measured_put(run->m, row, take->column, p->maxrss_kib,
                                  again);
        else if (strcmp(take->path, "exit") == 0)
            rc = lab_measured_put(run->m, row, take->column, p->status, again);
        else
            rc = take_json(run, row, all, take, again, err);
    }
    return rc;
}

static int take_into_row(struct lab_run *run, const struct lab_process *p,
                         bool again, struct ff_error *err)
{
    struct text label = TEXT_EMPTY;
    json_error_t why;
    json_t *all = NULL;
    struct lab_row *row = NULL;
    int rc = -1;
    if (lab_words_fill(run->step->row, run->step, run->value,
                       run->site->cores, &label) == 0)
        row = lab_measured_row(run->m, label.at);
    if (row == NULL)
        no_row(run, err);
    else if (run->json[0] != '\0'
             && (all = json_load_file(run->json, 0, &why)) == NULL)
        wrong(run, err, "the run has written no JSON: %s", why.text);
    else
        rc = take_values(run, row, p, all, again, err);
    json_decref(all);
    text_release(&label);
    return rc;
}

/* ---- lines that are shown ------------------------------------------------ */

/* In UTF-8 no character is cut. */
static size_t shown_length(const char *line)
{
    size_t n = strlen(line);
    if (n <= MAX_SHOWN)
        return n;
    n = MAX_SHOWN;
    while (n > 0 && (line[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static int show_lines(struct lab_run *run, const struct text *text,
                      const regex_t *re)
{
    char *copy = text->n > 0 ? strdup(text->at) : NULL, *rest = copy;
    int rc = text->n > 0 && copy == NULL ? -1 : 0;
    while (rc == 0 && rest != NULL && *rest != '\0') {
        char *line = strsep(&rest, "\n");
        if (regexec(re, line, 0, NULL, 0) != 0)
            continue;
        line[shown_length(line)] = '\0';
        rc = lab_notes_add(&run->m->shown, line);
    }
    free(copy);
    return rc;
}

static int show(struct lab_run *run, const struct lab_process *p,
                struct ff_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < run->step->n_show && rc == 0; i++) {
        regex_t re;
        if (regcomp(&re, run->step->show[i], REG_EXTENDED | REG_NOSUB) != 0)
            return wrong(run, err, "show: no memory");
        rc = show_lines(run, &p->out, &re);
        if (rc == 0)
            rc = show_lines(run, &p->err, &re);
        regfree(&re);
    }
    return rc == 0 ? 0 : ff_error_errno(err, FF_LOST, "cannot keep a line");
}

int lab_take(struct lab_run *run, const struct lab_process *p, bool again,
             struct ff_error *err)
{
    const int rc = run->step->row != NULL
                   ? take_into_row(run, p, again, err)
                   : take_rows(run, &p->out, again, err);
    return rc == 0 ? show(run, p, err) : -1;
}
