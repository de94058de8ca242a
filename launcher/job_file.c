/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job files: see job_file.h. The table of options is the schema. What is read
 * here is who says what where; whether a value is a right one is asked of the
 * table when it is set.
 */
#include "job_file.h"
#include "job_reader.h"
#include "task_reader.h"
#include "text_file.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 2000

/* ---- values -------------------------------------------------------------- */

/* A key and the row that it is of. */
struct entry {
    const char *key;
    unsigned line;
    const struct option_row *row; /* NULL: the operand */
};

static int add(struct job_reader *r, const struct entry *entry, const char *text,
               unsigned line)
{
    /* Each is compared with all before it. */
    if (r->list->n - r->first == MAX_VALUES)
        return ff_error_set(r->err, FF_USAGE, "%s:%u: more than %d values in "
                            "one job file", r->path, line, MAX_VALUES);
    return option_list_add(r->list, (struct option_setting){
        .row = entry->row, .text = text, .source = OPTION_FILE,
        .file = r->path, .line = line}, r->err);
}

static int no_value(const struct job_reader *r, const struct entry *entry)
{
    const char *what = entry->row == NULL ? r->o->operands : entry->row->value;
    return ff_error_set(r->err, FF_USAGE, "%s:%u: '%s' has no value: write "
                        "'%s: %s'", r->path, entry->line, entry->key,
                        entry->key, what != NULL ? what : "true");
}

/* true and false are for options without a value. */
static int add_flag(struct job_reader *r, const struct entry *entry)
{
    const struct yaml_event *e = &r->event;
    if (job_reader_is_word(e, "true") || job_reader_is_word(e, "false"))
        return add(r, entry, job_reader_is_word(e, "true") ? "1" : "0", e->line);
    char shown[OPTION_SHOWN];
    return ff_error_set(r->err, FF_USAGE, "%s:%u: '%s' is true or false, not "
                        "'%s'", r->path, e->line, entry->key,
                        option_shown(e->text, shown));
}

/* The operand is a path. */
static int add_operand(struct job_reader *r, const struct entry *entry)
{
    const char *slash = strrchr(r->path, '/');
    const bool relative = r->event.n > 0 && r->event.text[0] != '/';
    const size_t n = relative && slash ? (size_t)(slash - r->path) + 1 : 0;
    const char *text = job_reader_text(r, r->path, n);
    return text == NULL ? -1 : add(r, entry, text, r->event.line);
}

static int add_scalar(struct job_reader *r, const struct entry *entry)
{
    const struct option_row *row = entry->row;
    if (job_reader_is_null(&r->event))
        return no_value(r, entry);
    if (row == NULL)
        return add_operand(r, entry);
    if (option_is_flag(row))
        return add_flag(r, entry);
    if (row->bare != NULL && job_reader_is_word(&r->event, "true"))
        return add(r, entry, row->bare, r->event.line);
    const char *text = job_reader_text(r, "", 0);
    return text == NULL ? -1 : add(r, entry, text, r->event.line);
}

static bool is_repeated(const struct entry *entry)
{
    return entry->row != NULL && entry->row->repeat != OPTION_ONCE;
}

/* The values of a list, up to its end. */
static int add_list(struct job_reader *r, const struct entry *entry)
{
    if (!is_repeated(entry))
        return job_reader_wrong(r, r->event.line, "", entry->key,
                                "takes one value, not a list");
    for (;;) {
        if (job_reader_next(r) != 0)
            return -1;
        if (r->event.kind == YAML_LIST_END)
            return 0;
        if (r->event.kind != YAML_SCALAR)
            return job_reader_wrong(r, r->event.line, "", entry->key,
                                    "is a list of plain values: nothing "
                                    "inside it can be a list or a mapping");
        if (add_scalar(r, entry) != 0)
            return -1;
    }
}

/* The present scalar is a name; its value follows. */
static int add_named(struct job_reader *r, const struct entry *entry)
{
    const unsigned line = r->event.line;
    const char *name = job_reader_text(r, "", 0);
    if (name == NULL || job_reader_next(r) != 0)
        return -1;
    if (r->event.kind != YAML_SCALAR)
        return job_reader_wrong(r, r->event.line, "", name,
                                "takes one value, not a list or a mapping");
    if (job_reader_is_null(&r->event))
        return job_reader_wrong(r, line, "", name,
                                "has no value: write '' for an empty one");
    const char *prefix = text_pool_keep(r->pool, name, strlen(name), "=", 1);
    if (prefix == NULL)
        return job_reader_no_memory(r);
    for (size_t i = r->first; i < r->list->n; i++)
        if (r->list->at[i].row == entry->row
            && strncmp(r->list->at[i].text, prefix, strlen(prefix)) == 0)
            return job_reader_wrong(r, line, "", name, "is given twice");
    const char *text = job_reader_text(r, prefix, strlen(prefix));
    return text == NULL ? -1 : add(r, entry, text, line);
}

/* NAME: VALUE pairs, up to the end of the mapping. */
static int add_mapping(struct job_reader *r, const struct entry *entry)
{
    if (!is_repeated(entry))
        return job_reader_wrong(r, r->event.line, "", entry->key,
                                "takes one value, not a mapping");
    if (entry->row->repeat != OPTION_NAMED)
        return job_reader_wrong(r, r->event.line, "", entry->key,
                                "takes a list, not a mapping");
    for (;;) {
        if (job_reader_next(r) != 0)
            return -1;
        if (r->event.kind == YAML_MAPPING_END)
            return 0;
        if (r->event.kind != YAML_SCALAR)
            return job_reader_wrong(r, r->event.line, "the names in",
                                    entry->key, "must be plain words");
        if (add_named(r, entry) != 0)
            return -1;
    }
}

/* ---- keys ---------------------------------------------------------------- */

static int unknown_key(const struct job_reader *r)
{
    const struct yaml_event *e = &r->event;
    char name[64], shown[OPTION_SHOWN];
    const char *near = options_nearest_key(r->o, e->text, e->n, name);
    if (near != NULL)
        return ff_error_set(r->err, FF_USAGE, "%s:%u: unknown key '%s': did "
                            "you mean '%s'?", r->path, e->line,
                            option_shown(e->text, shown), near);
    return ff_error_set(r->err, FF_USAGE, "%s:%u: unknown key '%s': the keys "
                        "are the options of '%s --help'", r->path, e->line,
                        option_shown(e->text, shown), r->o->command);
}

static int read_key(struct job_reader *r, struct entry *entry)
{
    if (r->event.kind != YAML_SCALAR)
        return ff_error_set(r->err, FF_USAGE, "%s:%u: a key must be the name "
                            "of an option", r->path, r->event.line);
    entry->line = r->event.line;
    entry->key = job_reader_text(r, "", 0);
    return entry->key != NULL ? 0 : -1;
}

static int find_entry(struct job_reader *r, struct entry *entry)
{
    const char *operand = r->o->operand_key;
    entry->row = options_find_key(r->o, entry->key);
    if (entry->row == NULL
        && (operand == NULL || strcmp(entry->key, operand) != 0))
        return unknown_key(r);
    for (size_t i = r->first; i < r->list->n; i++)
        if (r->list->at[i].row == entry->row)
            return ff_error_set(r->err, FF_USAGE, "%s:%u: '%s' is there twice, "
                                "first in line %u", r->path, entry->line,
                                entry->key, r->list->at[i].line);
    return 0;
}

/* A kernel and a command: the line of the later one is wrong. */
static int check_subject(const struct job_reader *r,
                         const struct entry *entry)
{
    if (r->task->command_line == 0)
        return 0;
    for (size_t i = r->first; i < r->list->n; i++)
        if (r->list->at[i].row == NULL)
            return job_reader_wrong(r, entry->line, "", entry->key, "and "
                                    "another one: a job file has a kernel or "
                                    "a command");
    return 0;
}

static int read_entry(struct job_reader *r)
{
    struct entry entry = {.key = NULL};
    if (read_key(r, &entry) != 0)
        return -1;
    if (task_reader_has_key(entry.key)) {
        if (job_reader_next(r) != 0
            || task_reader_read(r, entry.key, entry.line) != 0)
            return -1;
        return check_subject(r, &entry);
    }
    if (find_entry(r, &entry) != 0 || job_reader_next(r) != 0)
        return -1;
    const int rc = r->event.kind == YAML_SCALAR ? add_scalar(r, &entry)
                   : r->event.kind == YAML_LIST ? add_list(r, &entry)
                                                : add_mapping(r, &entry);
    return rc == 0 ? check_subject(r, &entry) : -1;
}

/* The one document, a mapping. */
static int read_document(struct job_reader *r)
{
    if (job_reader_next(r) != 0)
        return -1;
    if (r->event.kind != YAML_MAPPING)
        return ff_error_set(r->err, FF_USAGE, "%s:%u: a job file is a list of "
                            "lines 'key: value', for example 'kernel: pi.c'",
                            r->path, r->event.line);
    for (;;) {
        if (job_reader_next(r) != 0)
            return -1;
        if (r->event.kind == YAML_MAPPING_END)
            return 0;
        if (read_entry(r) != 0)
            return -1;
    }
}

static int read_stream(struct job_reader *r)
{
    unsigned documents = 0;
    for (;;) {
        if (job_reader_next(r) != 0)
            return -1;
        if (r->event.kind == YAML_END && documents == 0)
            return ff_error_set(r->err, FF_USAGE, "%s:1: the job file is "
                                "empty: it needs at least 'kernel: FILE' or "
                                "'command: WORDS'", r->path);
        if (r->event.kind == YAML_END)
            return 0;
        if (r->event.kind != YAML_DOCUMENT)
            continue;
        if (documents++ > 0)
            return ff_error_set(r->err, FF_USAGE, "%s:%u: a second document "
                                "begins here: a job file has one", r->path,
                                r->event.line);
        if (read_document(r) != 0)
            return -1;
    }
}

/* ---- the file ------------------------------------------------------------- */

int job_file_parse(const char *path, const char *text, size_t n,
                   const struct options *o, struct option_list *list,
                   struct task_file *task, struct text_pool *pool,
                   struct ff_error *err)
{
    struct job_reader r = {.o = o, .list = list, .first = list->n, .task = task,
                           .pool = pool, .err = err};
    if (text_file_check(path, text, n, err) != 0)
        return -1;
    r.path = text_pool_keep(pool, path, strlen(path), "", 0);
    if (r.path == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read '%s'", path);
    r.yaml = yaml_create(r.path, text, n, err);
    if (r.yaml == NULL)
        return -1;
    const int rc = read_stream(&r);
    yaml_destroy(r.yaml);
    return rc;
}

bool job_file_is(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL
           && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

int job_file_read(const char *path, const struct options *o,
                  struct option_list *list, struct task_file *task,
                  struct text_pool *pool, struct ff_error *err)
{
    size_t n;
    char *text = text_file_read(path, "job file", &n, err);
    if (text == NULL)
        return -1;
    const int rc = job_file_parse(path, text, n, o, list, task, pool, err);
    free(text);
    return rc;
}
