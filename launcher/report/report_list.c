/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a result that is a list, for people: one a line, with what
 * tells it from the others (a label, the probability of a quantile, else its
 * number, from 0), its value, with --hex its bits, and its item.
 */
#include "report.h"
#include "figure.h"

#include <inttypes.h>
#include <string.h>

#define MAX_ROWS 40

struct table {
    const struct job *job;
    const struct outcome *outcome;
    const struct op *op;
    struct ff_shape shape;
    const struct value *list;
    int key_width, value_width, hex_width;
};

static struct value entry(const struct table *t, uint64_t i)
{
    struct value v;
    value_none(&v);
    t->op->entry(&t->shape, t->list->slice, i, &v);
    return v;
}

/* An estimate has the digits that say something, but with --hex all that give
 * its bits. */
static const char *value_text(char out[64], const struct table *t,
                              const struct value *v)
{
    if (v->type == VALUE_F64 && v->digits > 0 && !t->job->hex)
        snprintf(out, 64, "%.*g", v->digits, v->f64);
    else
        report_value(out, v);
    return out;
}

static const char *key_text(char out[FIGURE_TEXT], const struct value *v,
                            uint64_t i)
{
    if (v->label != NULL)
        snprintf(out, FIGURE_TEXT, "%s", v->label);
    else if (v->has_at)
        figure_double(out, v->at);
    else
        snprintf(out, FIGURE_TEXT, "%" PRIu64, i);
    return out;
}

static int longest(int a, const char *text)
{
    const int n = (int)strlen(text);
    return n > a ? n : a;
}

static void lay_out(struct table *t, uint64_t n)
{
    char text[64], key[FIGURE_TEXT];
    for (uint64_t i = 0; i < n; i++) {
        const struct value v = entry(t, i);
        t->key_width = longest(t->key_width, key_text(key, &v, i));
        t->value_width = longest(t->value_width, value_text(text, t, &v));
        if (t->job->hex)
            t->hex_width = longest(t->hex_width, report_hex(text, &v));
    }
}

static void print_row(FILE *out, const struct table *t, uint64_t i)
{
    char text[64], key[FIGURE_TEXT];
    const struct value v = entry(t, i);
    const bool more = t->hex_width > 0 || v.has_item;
    fprintf(out, "  %*s  %-*s", t->key_width, key_text(key, &v, i),
            more ? t->value_width : 0, value_text(text, t, &v));
    if (t->hex_width > 0)
        fprintf(out, "  %-*s", v.has_item ? t->hex_width : 0,
                report_hex(text, &v));
    if (v.has_item) {
        fputs("  ", out);
        report_item(out, t->job, t->outcome, v.item);
    }
    fputc('\n', out);
}

void report_list(FILE *out, const struct job *job, const struct outcome *o,
                 uint32_t result)
{
    struct table t = {.job = job, .outcome = o, .op = op_find(o->spec.result[result].op),
                      .shape = spec_shape(&o->spec, result),
                      .list = &o->value[result]};
    const uint64_t n = t.list->n < MAX_ROWS ? t.list->n : MAX_ROWS;
    if (t.op == NULL || t.op->entry == NULL || n == 0)
        return;
    fprintf(out, "\n%s\n", o->spec.result[result].name);
    lay_out(&t, n);
    for (uint64_t i = 0; i < n; i++)
        print_row(out, &t, i);
    if (t.list->n > n)
        fprintf(out, "  ... %" PRIu64 " more: --json or --csv has all\n",
                t.list->n - n);
}
