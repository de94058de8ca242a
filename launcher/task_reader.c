/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and their items in job files: see task_file.h. */
#include "task_reader.h"

#include <string.h>

bool task_reader_has_key(const char *key)
{
    return strcmp(key, "command") == 0 || strcmp(key, "inputs") == 0;
}

/* ---- lists of words ------------------------------------------------------- */

/* The present scalar. */
static char *take_value(struct job_reader *r, const char *of)
{
    if (r->event.kind != YAML_SCALAR) {
        job_reader_wrong(r, r->event.line, "a value in", of, "must be a word: "
                         "put \"{}\" and what has brackets in quotes");
        return NULL;
    }
    if (job_reader_is_null(&r->event)) {
        job_reader_wrong(r, r->event.line, "a value in", of, "is missing: "
                         "write '' for an empty one");
        return NULL;
    }
    return job_reader_text(r, "", 0);
}

static int add_value(struct job_reader *r, const char *of,
                     struct word_list *list)
{
    char *text = take_value(r, of);
    if (text == NULL)
        return -1;
    return word_list_add(list, text) == 0 ? 0 : job_reader_no_memory(r);
}

/* Up to the end of the list. */
static int read_values(struct job_reader *r, const char *of,
                       struct word_list *list)
{
    for (;;) {
        if (job_reader_next(r) != 0)
            return -1;
        if (r->event.kind == YAML_LIST_END)
            return 0;
        if (add_value(r, of, list) != 0)
            return -1;
    }
}

/* ---- command: -------------------------------------------------------------- */

static int read_command(struct job_reader *r, unsigned line)
{
    struct task_file *said = r->task;
    if (r->event.kind == YAML_LIST) {
        if (read_values(r, "command", &said->word) != 0)
            return -1;
        if (said->word.n > 0)
            return 0;
    } else if (r->event.kind == YAML_SCALAR && !job_reader_is_null(&r->event)) {
        said->text = job_reader_text(r, "", 0);
        return said->text != NULL ? 0 : -1;
    }
    return job_reader_wrong(r, line, "", "command", "has no value: write "
                            "'command: ./sim --seed {}', or a list of words");
}

/* ---- inputs: --------------------------------------------------------------- */

/* The source that is being read; NULL with an error. */
static struct task_source *this_source(struct job_reader *r)
{
    if (r->task->n_sources < WORK_MAX_SOURCES)
        return &r->task->source[r->task->n_sources];
    job_reader_wrong(r, r->event.line, "", "inputs", "has more than 32 "
                     "sources");
    return NULL;
}

static void end_source(struct task_file *said)
{
    const size_t i = said->n_sources++;
    struct task_source *s = &said->source[i];
    if (s->kind == TASK_FILE)
        return;
    s->value = (const char *const *)said->value[i].at;
    s->n = said->value[i].n;
}

/* KEY: VALUE of a source; the value is the present event. *given: the key that
 * says where its values are from. */
static int read_part(struct job_reader *r, struct task_source *s,
                     const char *key, unsigned line, const char **given)
{
    struct word_list *values = &r->task->value[r->task->n_sources];
    if (strcmp(key, "linked") == 0) {
        s->linked = job_reader_is_word(&r->event, "true");
        if (s->linked || job_reader_is_word(&r->event, "false"))
            return 0;
        return job_reader_wrong(r, line, "", key, "is true or false");
    }
    if (*given != NULL)
        return job_reader_wrong(r, line, "", key, "and another one: a source "
                                "has values, file or range");
    *given = key;
    if (strcmp(key, "values") == 0) {
        s->kind = TASK_VALUES;
        if (r->event.kind == YAML_LIST)
            return read_values(r, key, values);
        return job_reader_wrong(r, line, "", key, "is a list: [a, b, c]");
    }
    if (strcmp(key, "range") == 0) {
        s->kind = TASK_RANGES;
        return add_value(r, key, values);
    }
    s->kind = TASK_FILE;
    s->path = take_value(r, key);
    return s->path != NULL ? 0 : -1;
}

/* A mapping, up to its end. */
static int read_source(struct job_reader *r)
{
    static const char *const keys[] = {"values", "file", "range", "linked"};
    const unsigned begin = r->event.line;
    const char *given = NULL;
    struct task_source *s = this_source(r);
    if (s == NULL)
        return -1;
    for (;;) {
        if (job_reader_next(r) != 0)
            return -1;
        if (r->event.kind == YAML_MAPPING_END)
            break;
        const unsigned line = r->event.line;
        size_t i = 0;
        while (i < 4 && !(r->event.kind == YAML_SCALAR
                          && job_reader_is_word(&r->event, keys[i])))
            i++;
        if (i == 4)
            return job_reader_wrong(r, line, "unknown key", r->event.kind
                                    == YAML_SCALAR ? r->event.text : "",
                                    "of a source: it has values, file or "
                                    "range, and linked");
        if (job_reader_next(r) != 0
            || read_part(r, s, keys[i], line, &given) != 0)
            return -1;
    }
    if (given == NULL)
        return job_reader_wrong(r, begin, "a source in", "inputs", "has "
                                "nothing: it needs values, file or range");
    if (s->linked && r->task->n_sources == 0)
        return job_reader_wrong(r, begin, "", "linked", "goes with the source "
                                "before it, and there is none");
    end_source(r->task);
    return 0;
}

/* All values of one source, or sources. */
static int read_inputs(struct job_reader *r, unsigned line)
{
    struct task_file *said = r->task;
    if (r->event.kind != YAML_LIST)
        return job_reader_wrong(r, line, "", "inputs", "is a list: of values, "
                                "or of sources '- file: FILE'");
    for (;;) {
        if (job_reader_next(r) != 0)
            return -1;
        if (r->event.kind == YAML_LIST_END)
            break;
        const bool mapping = r->event.kind == YAML_MAPPING;
        if (mapping ? said->value[0].n > 0 && said->n_sources == 0
                    : said->n_sources > 0)
            return job_reader_wrong(r, r->event.line, "", "inputs", "has "
                                    "values and sources: write '- values: "
                                    "[a, b]'");
        if ((mapping ? read_source(r)
                     : add_value(r, "inputs", &said->value[0])) != 0)
            return -1;
    }
    if (said->n_sources == 0) {
        said->source[0].kind = TASK_VALUES;
        end_source(said);
    }
    return 0;
}

int task_reader_read(struct job_reader *r, const char *key, unsigned line)
{
    const bool command = strcmp(key, "command") == 0;
    unsigned *before = command ? &r->task->command_line : &r->task->inputs_line;
    if (*before != 0)
        return ff_error_set(r->err, FF_USAGE, "%s:%u: '%s' is there twice, "
                            "first in line %u", r->path, line, key, *before);
    *before = line;
    r->task->path = r->path;
    return command ? read_command(r, line) : read_inputs(r, line);
}
