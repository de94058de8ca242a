/* SPDX-License-Identifier: Apache-2.0 */
/* What a command declares: see command_spec.h. The sources of its spec are the
 * fields of its extract, in the same order. */
#include "command_spec.h"
#include "folds.h"
#include "op.h"

#include <stdio.h>
#include <string.h>

/* ---- declaring ----------------------------------------------------------- */

static void add_outputs(struct spec *spec)
{
    static const char *const names[ROW_N_OUTPUTS] = {
        [ROW_STDOUT] = "stdout", [ROW_STDERR] = "stderr",
        [ROW_OUTPUT] = "items"};
    for (uint32_t i = 0; i < ROW_N_OUTPUTS; i++)
        strcpy(spec->output[spec->n_outputs++].name, names[i]);
}

/* The source of a field: the one that is there, or one more. */
static uint32_t source_of(struct spec *spec, const char *field[],
                          const char *text)
{
    char name[SPEC_NAME];
    uint32_t i = 0;
    while (i < spec->n_sources && strcmp(field[i], text) != 0)
        i++;
    if (i < spec->n_sources)
        return i;
    field[i] = text;
    field_name(text, name);
    return spec_add_source(spec, name, FF_OP_ARGMIN); /* as FF_VALUES */
}

int command_spec(struct spec *spec, const struct job_shm *job,
                 struct extract **x, struct ff_error *err)
{
    const char *field[SPEC_MAX_RESULTS];
    const char *text = job_fold_texts(job);
    spec->kind = SPEC_COMMAND;
    add_outputs(spec);
    for (uint32_t i = 0; i < job->n_folds; i++, text += strlen(text) + 1) {
        const char *of = field_of_fold(text, err);
        if (of == NULL)
            return -1;
        if (i == SPEC_MAX_RESULTS)
            return ff_error_set(err, FF_USAGE, "--fold is given more than %d "
                                "times", SPEC_MAX_RESULTS);
        if (folds_add_of(spec, text, NULL, source_of(spec, field, of), err)
            != 0)
            return -1;
    }
    *x = extract_new(field, spec->n_sources, err);
    return *x != NULL ? 0 : -1;
}

/* ---- items --------------------------------------------------------------- */

/* What the command did not print. */
static void say_missing(const struct field *f, bool found, char *why,
                        size_t size)
{
    const char *row = field_row_named(f->text);
    if (f->kind == FIELD_LAST)
        snprintf(why, size, "it printed no number");
    else if (f->kind == FIELD_COLUMN)
        snprintf(why, size, found ? "no number stands in column %d of the last "
                                    "line"
                                  : "the last line has no column %d",
                 f->column);
    else if (f->kind == FIELD_REGEX)
        snprintf(why, size, found ? "what matches last has no number in the "
                                    "group"
                                  : "nothing that it printed matches");
    else if (found)
        snprintf(why, size, "no number stands behind the last '%.64s'",
                 f->text);
    else
        snprintf(why, size, "it printed no '%.64s=NUMBER'%s%s%s", f->text,
                 row != NULL ? "; did you mean '" : "", row != NULL ? row : "",
                 row != NULL ? "'?" : "");
}

int command_check(const struct spec *spec, const struct extract *x,
                  struct ff_error *why)
{
    double value;
    for (uint32_t r = 0; r < spec->n_results; r++) {
        const struct spec_result *result = &spec->result[r];
        const struct field *f = extract_field(x, result->source);
        const enum extract_found found = extract_value(x, result->source,
                                                       &value);
        if (found == EXTRACT_NUMBER)
            continue;
        char text[200];
        say_missing(f, found != EXTRACT_NOTHING, text, sizeof text);
        return ff_error_set(why, FF_ITEMS_FAILED, "--fold %s=%s%s%.64s: %s",
                            result->name, op_find(result->op)->name,
                            f->n > 0 ? ":" : "", f->text, text);
    }
    return 0;
}

/* Was it run to its end? Else nothing of its row means anything. */
static bool has_run(const struct row *row)
{
    switch (row->end) {
    case ROW_NOT_FOUND:
    case ROW_NOT_RUN:
    case ROW_WRONG_ITEM:
    case ROW_CANCELLED:
        return false;
    default:
        return true;
    }
}

static void push(struct ff *ff, uint32_t source, double value, uint64_t item)
{
    struct ff_buffer *b = &ff->buffer[source];
    if (b->n == b->room)
        ff->calls->flush(ff, source);
    b->value[b->n++].f64 = value;
    b->value[b->n++].u64 = item;
}

void command_push(struct ff *ff, const struct extract *x,
                  const struct row *row)
{
    double value;
    for (uint32_t i = 0; i < extract_n(x); i++)
        if ((extract_field(x, i)->kind == FIELD_ROW ? has_run(row)
                                                    : row_is_well(row))
            && extract_value(x, i, &value) == EXTRACT_NUMBER)
            push(ff, i, value, row->item);
}
