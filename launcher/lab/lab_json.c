/* SPDX-License-Identifier: Apache-2.0 */
/* What a lab found, as JSON: see lab_report.h. A NULL on the way is lack of
 * memory, which json_file_write() tells. */
#include "json_file.h"
#include "lab_report.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "?"
#endif

/* Sets, and says whether it could. */
static bool set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static json_t *number(double x)
{
    return isnan(x) ? json_string("nan")
           : isinf(x) ? json_string(x > 0 ? "inf" : "-inf") : json_real(x);
}

/* A paragraph, without the newline that YAML ends it with. */
static json_t *paragraph(const char *text)
{
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    return json_stringn(text, n);
}

/* One entry each, also of a single one: readers have one kind of value. */
static json_t *list_next(const struct lab *lab)
{
    json_t *list = json_array();
    for (size_t i = 0; i < lab->n_next; i++)
        json_array_append_new(list, paragraph(lab->next[i]));
    return list;
}

static json_t *list_notes(const struct lab_notes *notes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < notes->n; i++)
        json_array_append_new(list, json_text(notes->at[i]));
    return list;
}

static json_t *list_columns(const struct lab_table *t)
{
    json_t *list = json_array();
    for (size_t k = 0; k < t->n_columns; k++) {
        json_t *c = json_object();
        set(c, "name", json_text(t->column[k].name));
        set(c, "unit", json_text(t->column[k].unit));
        set(c, "text", json_boolean(t->column[k].text));
        json_array_append_new(list, c);
    }
    return list;
}

static json_t *list_rows(const struct lab_measured *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_rows; i++) {
        json_t *row = json_object();
        set(row, "row", json_text(m->row[i].label));
        for (size_t k = 0; k < m->table->n_columns; k++) {
            const struct lab_cell *cell = &m->row[i].cell[k];
            const struct lab_column *c = &m->table->column[k];
            set(row, c->name, !cell->set ? json_null()
                              : c->text ? json_text(cell->text)
                                        : number(cell->number));
        }
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *list_tables(const struct lab_found_out *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->lab->n_tables; i++) {
        const struct lab_measured *m = &f->table[i];
        json_t *t = json_object();
        set(t, "table", json_text(m->table->name));
        set(t, "title", paragraph(m->table->title));
        set(t, "columns", list_columns(m->table));
        set(t, "rows", list_rows(m));
        set(t, "shown", list_notes(&m->shown));
        set(t, "skipped", list_notes(&m->skipped));
        json_array_append_new(list, t);
    }
    return list;
}

static json_t *describe_expected(const struct lab_claim *claim)
{
    json_t *e = json_object();
    if (claim->kind != LAB_CLAIM_FIGURE)
        set(e, "values", json_string(claim->kind == LAB_CLAIM_SAME
                                     ? "same" : "different"));
    if (claim->has_least)
        set(e, "at_least", number(claim->least));
    if (claim->has_most)
        set(e, "at_most", number(claim->most));
    return e;
}

static json_t *list_claims(const struct lab_found_out *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->lab->n_claims; i++) {
        const struct lab_claim *claim = &f->lab->claim[i];
        const struct lab_verdict *v = &f->verdict[i];
        json_t *c = json_object();
        set(c, "say", paragraph(claim->say));
        set(c, "measured", !v->measured ? json_null()
                           : claim->kind == LAB_CLAIM_FIGURE
                           ? number(v->figure)
                           : json_string(v->n_different == 1 ? "same"
                                                             : "different"));
        set(c, "expected", describe_expected(claim));
        set(c, "visible", json_boolean(v->visible));
        if (!v->measured)
            set(c, "reason", json_text(v->why));
        json_array_append_new(list, c);
    }
    return list;
}

static json_t *list_predictions(const struct lab_found_out *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->lab->n_claims; i++) {
        const struct lab_verdict *v = &f->verdict[i];
        if (!f->prediction[i].given)
            continue;
        json_t *p = json_object();
        set(p, "ask", paragraph(f->lab->claim[i].ask));
        set(p, "said", number(f->prediction[i].figure));
        set(p, "measured", v->measured ? number(v->figure) : json_null());
        json_array_append_new(list, p);
    }
    return list;
}

static json_t *describe_machine(const struct lab_site *site)
{
    json_t *m = json_object();
    set(m, "host", json_text(site->machine.host));
    set(m, "cpus", json_integer(site->cores));
    set(m, "cores", json_integer(site->machine.n_cores_machine));
    set(m, "why", json_text(site->machine.why));
    set(m, "python", site->python[0] != '\0' ? json_text(site->python)
                                             : json_null());
    return m;
}

int lab_report_json(const char *path, const struct lab_found_out *f,
                    struct ff_error *err)
{
    json_t *o = json_object();
    const bool whole = o != NULL
        && set(o, "fanfold", json_string(PACKAGE_VERSION))
        && set(o, "lab", json_text(f->lab->name))
        && set(o, "about", json_text(f->lab->about))
        && set(o, "question", paragraph(f->lab->question))
        && set(o, "machine", describe_machine(f->site))
        && set(o, "tables", list_tables(f))
        && set(o, "claims", list_claims(f))
        && set(o, "predictions", list_predictions(f))
        && set(o, "why", paragraph(f->lab->why))
        && set(o, "next", list_next(f->lab));
    const int rc = json_file_write(path, whole ? o : NULL, err);
    json_decref(o);
    return rc;
}
